// What a host must be able to do, on a stage with the official client at the other end.
'use strict';

const fs = require('node:fs');
const { GREETING, PARTING, freePort, startAnother, startServices } = require('./service');
const { OfficialHost } = require('./hosts');
const { sha256 } = require('./pattern');
const { need, until } = require('./stage');

const MIB = 1 << 20;
const SMALL = 256 * 1024;
const AT_ONCE = 50;
/** More than a session has channels for. */
const MANY_ENDINGS = 1100;
const SLOW_VISITORS = 8;
/** What one of them may cost the host: a window each way, and the sockets' buffers. */
const SLOW_VISITOR_MIB = 8;
/** The longest for a whole body, on a busy machine. */
const BODY_PATIENCE = 240_000;
/** A service that was away is asked again after 6.4 s at the earliest. */
const RETRY_PATIENCE = 30_000;
/** A dead link is noticed by its pings: one a minute, answered within ten seconds. */
const PING_PATIENCE = 120_000;

/** Each version of the host with the clients that can talk to it: who, its version, end-to-end encryption. */
const CLIENTS = {
    1: [['v1', 1, false]],
    2: [['v2', 2, false], ['v2-e2ee', 2, true], ['v1-on-v2', 1, false]],
};

function same(told, bytes) {
    need(told.status === undefined || told.status === 200, `status ${told.status}`);
    need(told.bytes === bytes, `${told.bytes} bytes of ${bytes}`);
    need(told.sha256 === sha256(bytes), 'the bytes are not the same');
}

function speed(bytes, milliseconds) {
    return `${bytes / MIB} MiB in ${(milliseconds / 1000).toFixed(1)} s, ${Math.round(bytes / MIB / (milliseconds / 1000))} MiB/s`;
}

// With a client

async function body(client, { web }, bytes) {
    const told = await client.ask('fetch', { port: web, path: `/bytes/${bytes}` }, BODY_PATIENCE);
    same(told, bytes);
    return speed(bytes, told.ms);
}

async function upload(client, { web }, bytes) {
    const told = await client.ask('upload', { port: web, path: '/sum', bytes }, BODY_PATIENCE);
    same(told, bytes);
    return speed(bytes, told.ms);
}

async function manyAtOnce(client, { web }) {
    const { all } = await client.ask('fetchMany', { port: web, path: `/bytes/${SMALL}`, count: AT_ONCE }, BODY_PATIENCE);
    all.forEach((told) => same(told, SMALL));
    return `${all.length} connections`;
}

async function speaksFirst(client, { first }) {
    const told = await client.ask('talk', { port: first, until: GREETING, send: 'hello there', then: 'hello there' });
    need(told.heard === `${GREETING}hello there`, `heard ${JSON.stringify(told.heard)}`);
    return 'greeting and echo';
}

/** The service ends first, with an answer and without: their client learns of that by the close alone. */
async function endings(client, { ends }) {
    const answered = await client.ask('untilEnd', { port: ends, send: 'answer\n', count: 1 });
    need(answered.heard.length === 1 && answered.heard[0] === PARTING, `heard ${JSON.stringify(answered.heard)}`);
    const dropped = await client.ask('untilEnd', { port: ends, send: 'drop\n', count: 1 });
    need(dropped.heard.length === 1 && dropped.heard[0] === '', `heard ${JSON.stringify(dropped.heard)}`);
    return `after ${answered.ms.toFixed(0)} ms and ${dropped.ms.toFixed(0)} ms`;
}

async function refused(client, { nobody }) {
    const told = await client.tryAsk('talk', { port: nobody, then: '\n' });
    need(told.error !== undefined || (told.ended && told.heard === ''), `heard ${JSON.stringify(told.heard)}`);
    return told.error === undefined ? 'ended without a byte' : `refused with ${told.reason}: ${told.error}`;
}

// With the host

async function portsComeAndGo(stage, host, version, ports) {
    const added = await startAnother();
    await stage.cli('port', 'create', host.name, '-p', String(added), '--protocol', 'http');
    await host.portsChanged();
    await stage.withClient(host.name, version, false, async (client) => {
        await client.ask('wait', { port: added });
        await body(client, { web: added }, SMALL);
    });
    await stage.cli('port', 'delete', host.name, '-p', String(added));
    await host.portsChanged();
    if (version === 2) {
        await until('the relay hears of the port that went', async () => !(await stage.seen(host.name)).forwarded.includes(added));
    }
    await stage.withClient(host.name, version, false, async (client) => {
        await client.ask('wait', { port: ports.web });
        await body(client, ports, SMALL);
        const told = await client.tryAsk('talk', { port: added, then: '\n' });
        need(told.error !== undefined, 'the port that went is still served');
    });
    return 'while hosting';
}

async function publicUrl(stage, host, version, ports) {
    await stage.cli('access', 'create', host.name, '--anonymous');
    const url = await stage.portUrl(host.name, ports.web);
    const app = await stage.visit(`${url}bytes/${SMALL}`);
    need(app.status === 200 && app.body.length >= SMALL / 2, `status ${app.status}: ${app.body.slice(0, 100)}`);
    need((await stage.visit(`${url}none`)).body === 'not here', "the app's own 404 does not get through");
    const browser = await stage.visit(url, { accept: 'text/html' });
    need(browser.status === 200 && browser.body.includes('developer tunnel'), 'a browser is not warned');
    const probe = await stage.visit(url, { accept: 'text/html', 'x-tunnel-skip-antiphishing-page': 'true' });
    need(probe.status === 404 && probe.body === 'not here', `who skips the warning gets ${probe.status}`);
    const nobody = await stage.visit(await stage.portUrl(host.name, ports.nobody));
    need(nobody.status === 502, `status ${nobody.status} for a port where nobody listens`);
    await stage.tell('fault', { where: 'ingress', status: 429 });
    need((await stage.visit(url)).status === 429, 'no 429');
    await stage.tell('heal');
    await stage.cli('access', 'reset', host.name);
    const stranger = await stage.visit(url);
    need(stranger.status === 302, `a stranger gets ${stranger.status}`);
    const token = `tunnel ${stage.token(host.name, 'connect')}`;
    need((await stage.visit(`${url}none`, { 'x-tunnel-authorization': token })).status === 404, 'a guest with a token is not let in');
    return url;
}

/** What is to happen to the host while it is there; resolves once it serves again. */
async function comesBack(stage, host, version, ports, happen, patience) {
    const before = await stage.count(host.name, 'hosts');
    const began = performance.now();
    await happen();
    await until('the host is back', async () => await stage.count(host.name, 'hosts') > before, patience);
    const took = performance.now() - began;
    await stage.withClient(host.name, version, false, async (client) => {
        await client.ask('wait', { port: ports.web });
        await body(client, ports, SMALL);
    });
    return `back after ${(took / 1000).toFixed(1)} s`;
}

async function droppedSocket(stage, host, version, ports) {
    const minted = stage.minted(host.name);
    const after = await comesBack(stage, host, version, ports, () => stage.tell(`drop/${host.name}`));
    need(stage.minted(host.name) === minted, 'it minted a token for that');
    return after;
}

async function serviceAway(stage, host, version, ports) {
    try {
        return await comesBack(stage, host, version, ports, async () => {
            await stage.tell('fault', { where: 'upgrade', status: 503, times: 1 });
            await stage.tell(`drop/${host.name}`);
        }, RETRY_PATIENCE);
    } finally {
        await stage.tell('heal');
    }
}

async function revokedForGood(stage, host) {
    await stage.cli('--standin', 'revoke');
    await stage.tell(`drop/${host.name}`);
    await host.untilSignIn();
    return 'gives up';
}

async function revoked(stage, host, version, ports) {
    const minted = stage.minted(host.name);
    const after = await comesBack(stage, host, version, ports, async () => {
        await stage.cli('--standin', 'revoke');
        await stage.tell(`drop/${host.name}`);
    });
    need(stage.minted(host.name) > minted, 'it minted no token');
    return `${after}, with a new token`;
}

async function signedOut(stage, host) {
    await stage.cli('--standin', 'set', 'signedIn', 'false');
    try {
        await revokedForGood(stage, host);
    } finally {
        await stage.cli('--standin', 'set', 'signedIn', 'true');
    }
    return 'asks to sign in';
}

/** Too many requests is a state of its own, and it passes. */
function quota(stage, host, version, ports) {
    return comesBack(stage, host, version, ports, async () => {
        await stage.tell('fault', { where: 'upgrade', status: 429, tunnel: host.name });
        await stage.tell(`drop/${host.name}`);
        try {
            await host.untilState('quota');
        } finally {
            await stage.tell('heal');
        }
    }, RETRY_PATIENCE);
}

/** A tunnel that somebody has deleted will not come back. */
async function gone(stage, host) {
    await stage.cli('delete', host.name, '-f');
    await stage.tell(`drop/${host.name}.usw2`);
    const told = await host.untilState('failed');
    return `fails: ${told.reason}`;
}

async function displaced(stage, host) {
    const other = new OfficialHost(stage, host.name);
    try {
        await other.start();
        await host.untilDisplaced();
        const hosts = await stage.count(host.name, 'hosts');
        await host.stop();
        need(await stage.count(host.name, 'hosts') === hosts, 'it took the tunnel back');
        need(await stage.count(host.name, 'endpointDeletes') === 0, "it deleted the other host's endpoint");
        need((await stage.seen(host.name)).hostConnections === 1, 'the other host has gone too');
    } finally {
        await other.end();
    }
    return 'by another host, and lets it be';
}

async function cleanStop(stage, host, version, { web }) {
    await host.stop();
    need(!host.code, `the host ended with ${host.code}`);
    need(await stage.count(host.name, 'endpointDeletes') === 1, 'the endpoint is still there');
    await until('the relay has no host', async () => (await stage.seen(host.name)).hostConnections === 0);
    await stage.cli('access', 'create', host.name, '--anonymous');
    const visit = await stage.visit(await stage.portUrl(host.name, web));
    need(visit.status === 404 && visit.headers['x-served-by']?.startsWith('tunnels-'), `status ${visit.status} without a host`);
    return 'endpoint deleted';
}

/** The relay has lost the host, who has noticed nothing: only a probe of the public URL can tell. */
function zombie(stage, host, version, ports) {
    return comesBack(stage, host, version, ports, () => stage.tell(`forget/${host.name}`), PING_PATIENCE);
}

/** Nothing comes and nothing goes; a private tunnel's public URL says nothing of that. */
function blackHole(stage, host, version, ports) {
    return comesBack(stage, host, version, ports, () => stage.tell(`black-hole/${host.name}`), PING_PATIENCE);
}

function residentMib(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Visitors who ask for much and read nothing of it cost little, and nobody else notices them. */
async function slowVisitors(stage, host, version, ports) {
    return stage.withClient(host.name, version, false, async (client) => {
        await client.ask('wait', { port: ports.web });
        await body(client, ports, 4 * MIB);
        const before = residentMib(host.pid);
        for (let count = 0; count < SLOW_VISITORS; count++) {
            need((await client.ask('stall', { port: ports.web, path: `/bytes/${256 * MIB}` })).status === 200, 'no answer');
        }
        await body(client, ports, 4 * MIB);
        const grown = residentMib(host.pid) - before;
        need(grown < SLOW_VISITORS * SLOW_VISITOR_MIB, `${SLOW_VISITORS} of them took ${grown.toFixed(0)} MiB`);
        return `${SLOW_VISITORS} of them took ${Math.max(grown, 0).toFixed(0)} MiB`;
    });
}

function descriptors(pid) {
    return fs.readdirSync(`/proc/${pid}/fd`).length;
}

/** More connections than there may be at once, which the service ends and the visitors do not. */
async function endingsLeaveNothing(stage, host, version, ports) {
    const told = [];
    for (const [who, clientVersion, e2ee] of CLIENTS[version]) {
        await stage.withClient(host.name, clientVersion, e2ee, async (client) => {
            await client.ask('wait', { port: ports.ends });
            const before = descriptors(host.pid);
            for (let done = 0; done < MANY_ENDINGS; done += AT_ONCE) {
                await client.ask('untilEnd', { port: ports.ends, send: 'drop\n', count: AT_ONCE }, BODY_PATIENCE);
            }
            await until('their descriptors are given back', async () => descriptors(host.pid) <= before + AT_ONCE / 10);
            await body(client, ports, SMALL);
        });
        told.push(who);
    }
    return `${MANY_ENDINGS} each: ${told.join(', ')}`;
}

// All of it, as groups: each has a tunnel and a host of its own

function versionGroup(version, sizes) {
    const steps = CLIENTS[version].map(([who, clientVersion, e2ee]) => ({
        with: { clientVersion, e2ee },
        checks: [
            [`${who}-first`, speaksFirst],
            [`${who}-end`, endings],
            [`${who}-many`, manyAtOnce],
            [`${who}-upload`, (client, ports) => upload(client, ports, sizes.upload)],
            [`${who}-refused`, refused],
            [`${who}-body`, (client, ports) => body(client, ports, sizes.body[who])],
        ],
    }));
    steps.push({
        checks: [
            [`v${version}-ports`, portsComeAndGo],
            [`v${version}-url`, publicUrl],
            [`v${version}-drop`, droppedSocket],
            [`v${version}-503`, serviceAway],
            [`v${version}-stop`, cleanStop],
        ],
    });
    return { name: `v${version}`, version, steps };
}

function singleGroup(name, act, more = {}) {
    return { name, version: 2, steps: [{ checks: [[name, act]] }], ...more };
}

function groupsFor(label, sizes) {
    const groups = [versionGroup(1, sizes), versionGroup(2, sizes), singleGroup('displaced', displaced)];
    if (label === 'official') {
        // It has no tokens but the one that it was given, and no probes.
        return [...groups, singleGroup('revoked', revokedForGood)];
    }
    return [
        singleGroup('black-hole', blackHole, { beside: true }),
        ...groups,
        singleGroup('revoked', revoked),
        singleGroup('quota', quota),
        singleGroup('gone', gone),
        singleGroup('zombie', zombie, { options: ['--allow-anonymous'] }),
        singleGroup('slow-visitors', slowVisitors),
        singleGroup('endings', endingsLeaveNothing),
        // Nobody can mint while it runs.
        singleGroup('signed-out', signedOut, { last: true }),
    ];
}

/** What is left of a group when only these checks are wanted, or null. */
function pick(group, label, wanted) {
    const steps = group.steps
        .map((step) => ({ ...step, checks: step.checks.map(([name, act]) => [`${label}-${name}`, act]).filter(([name]) => wanted(name)) }))
        .filter((step) => step.checks.length > 0);
    return steps.length ? { ...group, steps } : null;
}

/** Runs everything with hosts of this kind. `report` has what it is told; `sizes` are in bytes. */
async function runAll({ stage, newHost, label, report, wanted, sizes }) {
    const ports = { ...(await startServices()), nobody: await freePort() };
    const beside = [];
    const groups = groupsFor(label, sizes).map((group) => pick(group, label, wanted)).filter(Boolean);
    for (const group of groups) {
        if (group.last) {
            await Promise.all(beside);
        }
        const run = report.group(`${label}-${group.name}`, () => runGroup({ stage, newHost, label, report, ports, group }));
        await (group.beside ? beside.push(run) : run);
    }
    await Promise.all(beside);
}

async function runGroup({ stage, newHost, label, report, ports, group }) {
    const name = `${label}-${group.name}`;
    await stage.tell('versions', { host: [group.version] });
    await stage.createTunnel(name, [[ports.web, 'http'], [ports.first, 'auto'], [ports.ends, 'auto'], [ports.nobody, 'http']], ...(group.options ?? []));
    const host = newHost(name);
    try {
        await host.start();
        for (const step of group.steps) {
            if (step.with) {
                await withClientOf(stage, host, group.version, step.with, ports, (client) => runChecks(report, step, client, ports));
            } else {
                await runChecks(report, step, stage, host, group.version, ports);
            }
        }
    } finally {
        await host.end();
        // A check may have done so.
        await stage.cli('delete', name, '-f').catch(() => {});
    }
}

async function runChecks(report, step, ...what) {
    for (const [name, act] of step.checks) {
        await report.check(name, () => act(...what));
    }
}

async function withClientOf(stage, host, version, { clientVersion, e2ee }, ports, act) {
    const counted = e2ee ? 'e2eeStreams' : clientVersion === 2 ? 'rawStreams' : 'clientStreams';
    const before = await stage.count(host.name, counted);
    await stage.withClient(host.name, clientVersion, e2ee, async (client) => {
        // They are forwarded one after the other.
        for (const port of Object.values(ports)) {
            await client.ask('wait', { port });
        }
        await act(client);
    });
    need((await stage.seen(host.name)).protocol === version, 'the host speaks the other version');
    need(await stage.count(host.name, counted) > before, `no ${counted}: this was something else`);
}

module.exports = { MIB, body, runAll };

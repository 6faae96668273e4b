// What a host must be able to do, on a stage with the official client at the other end.
'use strict';

const { GREETING, freePort, startAnother, startServices } = require('./service');
const { OfficialHost } = require('./hosts');
const { sha256 } = require('./pattern');
const { need, until } = require('./stage');

const MIB = 1 << 20;
const SMALL = 256 * 1024;
const AT_ONCE = 50;
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

async function publicUrl(stage, host, ports) {
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
    await stage.tell('fault', { where: 'ingress', status: 429, times: 1 });
    need((await stage.visit(url)).status === 429, 'no 429');
    await stage.cli('access', 'reset', host.name);
    const stranger = await stage.visit(url);
    need(stranger.status === 302, `a stranger gets ${stranger.status}`);
    const token = `tunnel ${stage.token(host.name, 'connect')}`;
    need((await stage.visit(`${url}none`, { 'x-tunnel-authorization': token })).status === 404, 'a guest with a token is not let in');
    return url;
}

async function comesBack(stage, host, ports, patience) {
    const before = (await stage.counts()).hosts;
    const began = performance.now();
    return {
        async wait() {
            await until('the host is back', async () => (await stage.counts()).hosts > before, patience);
            await untilServed(stage, host, ports);
            return `after ${((performance.now() - began) / 1000).toFixed(1)} s`;
        },
    };
}

/** Served means that a client gets bytes. */
async function untilServed(stage, host, { web }) {
    await until('the tunnel has a host', async () => (await stage.seen(host.name)).hostConnections === 1);
    await stage.withClient(host.name, 2, false, async (client) => {
        await client.ask('wait', { port: web });
        await body(client, { web }, SMALL);
    }).catch(() => stage.withClient(host.name, 1, false, async (client) => {
        await client.ask('wait', { port: web });
        await body(client, { web }, SMALL);
    }));
}

async function droppedSocket(stage, host, ports) {
    const minted = stage.calls('token');
    const back = await comesBack(stage, host, ports);
    await stage.tell(`drop/${host.name}`);
    const after = await back.wait();
    need(stage.calls('token') === minted, 'it minted a token for that');
    return after;
}

async function serviceAway(stage, host, ports) {
    const back = await comesBack(stage, host, ports, RETRY_PATIENCE);
    await stage.tell('fault', { where: 'upgrade', status: 503, times: 1 });
    await stage.tell(`drop/${host.name}`);
    return back.wait();
}

async function revoked(stage, host, ports) {
    if (!host.constructor.can.mint) {
        await stage.cli('--standin', 'revoke');
        await stage.tell(`drop/${host.name}`);
        await host.untilSignIn();
        return 'gives up';
    }
    const minted = stage.calls('token');
    const back = await comesBack(stage, host, ports);
    await stage.cli('--standin', 'revoke');
    await stage.tell(`drop/${host.name}`);
    const after = await back.wait();
    need(stage.calls('token') > minted, 'it minted no token');
    return `${after}, with a new token`;
}

async function signedOut(stage, host) {
    await stage.cli('--standin', 'set', 'signedIn', 'false');
    try {
        await stage.cli('--standin', 'revoke');
        await stage.tell(`drop/${host.name}`);
        await host.untilSignIn();
    } finally {
        await stage.cli('--standin', 'set', 'signedIn', 'true');
    }
    return 'asks to sign in';
}

async function displaced(stage, host) {
    const deleted = (await stage.counts()).endpointDeletes;
    const other = new OfficialHost(stage, host.name);
    try {
        await other.start();
        await host.untilDisplaced();
        const { hosts } = await stage.counts();
        await host.stop();
        const counts = await stage.counts();
        need(counts.hosts === hosts, 'it took the tunnel back');
        need(counts.endpointDeletes === deleted, "it deleted the other host's endpoint");
    } finally {
        await other.end();
    }
    return 'by another host, and lets it be';
}

async function cleanStop(stage, host, { web }) {
    const { endpointDeletes = 0 } = await stage.counts();
    await host.stop();
    const counts = await stage.counts();
    need(counts.endpointDeletes === endpointDeletes + 1, 'the endpoint is still there');
    await until('the relay has no host', async () => (await stage.seen(host.name)).hostConnections === 0);
    await stage.cli('access', 'create', host.name, '--anonymous');
    const visit = await stage.visit(await stage.portUrl(host.name, web));
    need(visit.status === 404 && visit.headers['x-served-by']?.startsWith('tunnels-'), `status ${visit.status} without a host`);
    return 'endpoint deleted';
}

/** The relay has lost the host, who has noticed nothing: only a probe of the public URL can tell. */
async function zombie(stage, host, ports) {
    const back = await comesBack(stage, host, ports, PING_PATIENCE);
    await stage.tell(`forget/${host.name}`);
    return back.wait();
}

async function blackHole(stage, host, ports) {
    const back = await comesBack(stage, host, ports, PING_PATIENCE);
    await stage.tell(`black-hole/${host.name}`);
    return back.wait();
}

// All of it

/** Runs everything with hosts of this kind. `check(name, act)` reports; `sizes` are in bytes. */
async function runAll({ stage, newHost, label, check, sizes }) {
    const ports = { ...(await startServices()), nobody: await freePort() };
    const declared = [[ports.web, 'http'], [ports.first, 'auto'], [ports.nobody, 'http']];
    const hosted = async (name, versions, act, ...options) => {
        const full = `${label}-${name}`;
        await check.group(full, async () => {
            await stage.tell('versions', { host: versions });
            await stage.createTunnel(full, declared, ...options);
            const host = newHost(full);
            try {
                await check(`${full}-starts`, async () => (await host.start(), undefined));
                await act(host, full);
            } finally {
                await host.end();
                await stage.tell('heal');
                await stage.cli('delete', full, '-f');
            }
        });
    };

    for (const version of [1, 2]) {
        await hosted(`v${version}`, [version], async (host, full) => {
            for (const [who, clientVersion, e2ee] of CLIENTS[version]) {
                await withClientOf(stage, host, clientVersion, e2ee, ports, async (client) => {
                    const name = `${label}-${who}`;
                    await check(`${name}-first`, () => speaksFirst(client, ports));
                    await check(`${name}-many`, () => manyAtOnce(client, ports));
                    await check(`${name}-upload`, () => upload(client, ports, sizes.upload));
                    await check(`${name}-refused`, () => refused(client, ports));
                    await check(`${name}-body`, () => body(client, ports, sizes.body[who]));
                });
            }
            await check(`${full}-ports`, () => portsComeAndGo(stage, host, version, ports));
            await check(`${full}-url`, () => publicUrl(stage, host, ports));
            await check(`${full}-drop`, () => droppedSocket(stage, host, ports));
            await check(`${full}-503`, () => serviceAway(stage, host, ports));
            await check(`${full}-stop`, () => cleanStop(stage, host, ports));
        });
    }
    await hosted('revoked', [1, 2], (host, full) => check(full, () => revoked(stage, host, ports)));
    await hosted('displaced', [1, 2], (host, full) => check(full, () => displaced(stage, host)));
}

async function withClientOf(stage, host, version, e2ee, ports, act) {
    const counted = e2ee ? 'e2eeStreams' : 'rawStreams';
    const before = (await stage.counts())[counted] ?? 0;
    await stage.withClient(host.name, version, e2ee, async (client) => {
        // They are forwarded one after the other.
        for (const port of Object.values(ports)) {
            await client.ask('wait', { port });
        }
        await act(client);
    });
    if (version === 2) {
        need((await stage.counts())[counted] > before, `no ${counted}: this was something else`);
    }
}

module.exports = { MIB, body, blackHole, runAll, signedOut, zombie };

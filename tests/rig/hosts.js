// Who hosts: Microsoft's own host, or the program under test in its place. Both are driven alike.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { fork, spawn } = require('node:child_process');
const { PATIENCE, need, until, within } = require('./stage');

/** SSH's reason for "another host has connected". */
const TOO_MANY_CONNECTIONS = 12;

class OfficialHost {
    constructor(stage, name) {
        Object.assign(this, { stage, name });
        this.told = [];
        this.child = fork(path.join(__dirname, 'official-host.js'), {
            env: stage.environment, stdio: ['ignore', stage.logOf('host'), stage.logOf('host'), 'ipc'],
        });
        this.child.on('message', (message) => this.told.push(message));
    }

    order(order, more = {}) {
        const before = this.told.length;
        this.child.send({ do: order, ...more });
        return until(`the host's ${order}`, () => {
            const told = this.told.slice(before).find((one) => one.done === order || one.error !== undefined);
            need(!told?.error, `the host's ${order}: ${told?.error}`);
            return told;
        });
    }

    async start() {
        await this.order('connect', {
            url: this.stage.url, tunnelId: this.name, clusterId: 'usw2', token: this.stage.token(this.name, 'host'), e2ee: true,
        });
    }

    portsChanged() {
        return this.order('refresh');
    }

    untilDisplaced() {
        return until('the host is displaced', () => this.told.find((one) => one.reason === TOO_MANY_CONNECTIONS));
    }

    untilSignIn() {
        return until('the host gives up', () => this.told.find((one) => one.status === 'disconnected' && /unauthorized|401/i.test(one.text ?? '')));
    }

    stop() {
        return this.order('stop');
    }

    async end() {
        this.child.kill('SIGKILL');
    }
}

/** Probes often, so that what only they can find is found soon. */
const SETTINGS = { version: 1, data: { timing: { probe_interval_ms: 1000, probe_timeout_ms: 2000 } } };

class UnderpassHost {
    constructor(stage, name, binary) {
        Object.assign(this, { stage, name, binary });
        this.told = [];
    }

    async start() {
        const home = path.join(this.stage.folder, `home-${this.name}`);
        fs.mkdirSync(home, { recursive: true });
        fs.writeFileSync(path.join(home, 'settings.json'), JSON.stringify(SETTINGS));
        const log = this.stage.logOf('host');
        this.child = spawn(this.binary, ['host', this.name, '--provider', 'devtunnel', '--json', '--control'], {
            env: { ...this.stage.environment, UNDERPASS_HOME: home }, stdio: ['pipe', 'pipe', log],
        });
        this.exited = new Promise((resolve) => this.child.once('exit', (code) => {
            this.code = code ?? -1;
            resolve(this.code);
        }));
        readline.createInterface(this.child.stdout).on('line', (line) => {
            fs.writeSync(log, `${line}\n`);
            this.told.push(JSON.parse(line));
        });
        // It may be gone already when it is told to go.
        this.child.stdin.on('error', () => {});
        await this.untilState('hosting');
    }

    /** The last state that it told, once that is the one. */
    untilState(state, patience = PATIENCE) {
        return until(`the host says "${state}"`, () => {
            const last = this.told.findLast((line) => line.event === 'state');
            need(last?.state === state || this.code === undefined, `the host ended with ${this.code}; see host.log`);
            return last?.state === state && last;
        }, patience);
    }

    /** Our host hears of it as from any client: by the request to refresh. */
    portsChanged() {
        return this.stage.withClient(this.name, 1, false, (client) => client.ask('refresh'));
    }

    untilDisplaced() {
        return this.untilState('displaced');
    }

    untilSignIn() {
        return this.untilState('sign-in');
    }

    async stop() {
        this.child.stdin.write('quit\n');
        await within('the host quits', this.exited);
    }

    get pid() {
        return this.child.pid;
    }

    async end() {
        this.child?.kill('SIGKILL');
    }
}

module.exports = { OfficialHost, UnderpassHost };

// What a check plays on: the stand-in command's file, the relay, clients, and ways to wait.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');
const { execFile, fork, spawn } = require('node:child_process');
const tokens = require('./tokens');

const STANDIN = path.join(__dirname, '..', 'standin', 'devtunnel');
/** Nothing that is going well takes longer. */
const PATIENCE = 20_000;
const POLL = 20;

class Failed extends Error {}

function need(condition, text) {
    if (!condition) {
        throw new Failed(text);
    }
}

/** Resolves with what `look` gives once that is something. */
async function until(what, look, patience = PATIENCE) {
    const end = performance.now() + patience;
    for (;;) {
        const found = await look();
        if (found) {
            return found;
        }
        need(performance.now() < end, `${what}: not within ${patience / 1000} s`);
        await new Promise((resolve) => setTimeout(resolve, POLL));
    }
}

function within(what, promise, patience = PATIENCE) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Failed(`${what}: not within ${patience / 1000} s`)), patience);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

class Stage {
    constructor(folder) {
        this.folder = folder;
        this.clients = new Set();
        this.environment = {
            ...process.env, DEVTUNNEL_STATE: path.join(folder, 'state.json'), DEVTUNNEL_BIN: STANDIN,
        };
    }

    async start() {
        await this.cli('--standin', 'set', 'signedIn', 'true');
        this.relay = spawn(process.execPath, [path.join(__dirname, 'relay.js')], {
            env: this.environment, stdio: ['pipe', 'pipe', this.logOf('relay')],
        });
        const said = await within('the relay listens', new Promise((resolve, reject) => {
            readline.createInterface(this.relay.stdout).once('line', resolve);
            this.relay.once('exit', (code) => reject(new Failed(`the relay ended with ${code}; see relay.log`)));
        }));
        ({ url: this.url, ingress: this.ingress } = JSON.parse(said));
        this.environment.DEVTUNNEL_STANDIN_URL = this.url;
        this.environment.UNDERPASS_DEVTUNNEL_URL = this.url;
    }

    async end() {
        this.clients.forEach((client) => client.child.kill('SIGKILL'));
        this.relay?.stdin.end();
    }

    logOf(name) {
        return fs.openSync(path.join(this.folder, `${name}.log`), 'a');
    }

    /** The stand-in command's answer to these words. */
    cli(...words) {
        return new Promise((resolve, reject) => execFile(STANDIN, words, { env: this.environment }, (error, out) => {
            if (error) {
                reject(error);
            } else {
                resolve(out.startsWith('{') || out.startsWith('[') ? JSON.parse(out) : out);
            }
        }));
    }

    state() {
        return JSON.parse(fs.readFileSync(this.environment.DEVTUNNEL_STATE, 'utf8'));
    }

    /** How many tokens the command was asked for, for this tunnel. */
    minted(name) {
        return this.state().calls.filter(({ argv }) => argv[0] === 'token' && argv.some((word) => word.split('.')[0] === name)).length;
    }

    async createTunnel(name, ports, ...options) {
        await this.cli('create', name, '-j', ...options);
        for (const [number, protocol] of ports) {
            await this.cli('port', 'create', name, '-p', String(number), '--protocol', protocol, '-j');
        }
    }

    /** Tells the relay, or asks it. */
    async tell(verb, body) {
        const response = await fetch(`${this.url}standin/${verb}`, { method: 'POST', body: JSON.stringify(body ?? {}) });
        const told = await response.json();
        need(response.ok, `the relay says to ${verb}: ${JSON.stringify(told)}`);
        return told;
    }

    async seen(name) {
        return (await this.tell('tunnels'))[`${name}.usw2`];
    }

    /** How often this or that has happened to the tunnel. */
    async count(name, what) {
        return (await this.seen(name)).counts[what] ?? 0;
    }

    token(name, scope, lifetime) {
        return tokens.mint(name, scope, lifetime);
    }

    /** A visit to a public URL; `localhost` names are this computer, whatever its resolver says. */
    visit(url, headers = {}) {
        const { hostname, port, pathname } = new URL(url);
        return new Promise((resolve, reject) => {
            http.get({ host: '127.0.0.1', port, path: pathname, headers: { host: `${hostname}:${port}`, ...headers }, agent: false }, async (response) => {
                let body = '';
                for await (const data of response) {
                    body += data;
                }
                resolve({ status: response.statusCode, headers: response.headers, body });
            }).on('error', reject);
        });
    }

    async portUrl(name, port) {
        const { ports } = await this.cli('port', 'list', name, '-j');
        return ports.find((one) => one.portNumber === port)?.portUri;
    }

    /** A client of that version, connected to the tunnel. */
    async client(name, version, e2ee = false) {
        const client = new Client(this, version);
        this.clients.add(client);
        await client.ask('connect', {
            url: this.url, tunnelId: name, clusterId: 'usw2', token: this.token(name, 'connect'), e2ee,
        });
        return client;
    }

    /** Does something with a client, who then goes. */
    async withClient(name, version, e2ee, act) {
        const client = await this.client(name, version, e2ee);
        try {
            return await act(client);
        } finally {
            await client.end();
        }
    }
}

class Client {
    constructor(stage, version) {
        this.stage = stage;
        this.next = 0;
        this.waiting = new Map();
        this.child = fork(path.join(__dirname, 'official-client.js'), {
            env: { ...stage.environment, DEVTUNNELS_PROTOCOL_VERSION: String(version) },
            stdio: ['ignore', stage.logOf('client'), stage.logOf('client'), 'ipc'],
        });
        this.child.on('message', ({ id, ...told }) => this.waiting.get(id)?.(told));
        this.child.on('exit', () => this.waiting.forEach((tell) => tell({ error: 'the client has ended' })));
    }

    async tryAsk(order, more = {}, patience = PATIENCE) {
        const id = this.next++;
        const told = new Promise((resolve) => this.waiting.set(id, resolve));
        this.child.send({ id, do: order, ...more });
        try {
            return await within(`the client's ${order}`, told, patience);
        } finally {
            this.waiting.delete(id);
        }
    }

    async ask(order, more, patience) {
        const told = await this.tryAsk(order, more, patience);
        need(told.error === undefined, `the client's ${order}: ${told.error}`);
        return told;
    }

    async end() {
        this.stage.clients.delete(this);
        await this.tryAsk('close').catch(() => {});
        this.child.disconnect();
    }
}

module.exports = { Failed, PATIENCE, Stage, need, until, within };

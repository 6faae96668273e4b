// Microsoft's own client, driven by its parent. DEVTUNNELS_PROTOCOL_VERSION says which version it speaks.
//
// Sent over IPC: {id, do, …}; answered with {id, …} or {id, error, reason}. What it can do: the functions in ORDERS.
'use strict';

const crypto = require('node:crypto');
const { TunnelRelayTunnelClient } = require('@microsoft/dev-tunnels-connections');
const { ManagementApiVersions, TunnelManagementHttpClient } = require('@microsoft/dev-tunnels-management');
const { requestOver } = require('./over');
const { pattern } = require('./pattern');

let client;

async function connect(order) {
    const management = new TunnelManagementHttpClient(
        'rig/1.0', ManagementApiVersions.Version20230927preview, () => Promise.resolve(null), order.url);
    const asked = { tunnelId: order.tunnelId, clusterId: order.clusterId, accessTokens: { connect: order.token } };
    const tunnel = await management.getTunnel(asked, { includePorts: true });
    client = new TunnelRelayTunnelClient(management);
    client.acceptLocalConnectionsForForwardedPorts = false;
    client.enableE2EEncryption = order.e2ee;
    await client.connect(tunnel, { enableRetry: false, enableReconnect: false });
    return { protocol: client.connectionProtocol };
}

/** A stream that has no socket's ways must still end like one for Node's HTTP. */
async function open(port) {
    const stream = await client.connectToForwardedPort(port);
    stream.on('error', () => {});
    return stream;
}

async function request(port, options, body) {
    const stream = await open(port);
    return new Promise((resolve, reject) => {
        const inner = requestOver(stream, { ...options, headers: { host: `localhost:${port}`, connection: 'close' } });
        inner.on('response', resolve);
        inner.on('error', reject);
        stream.on('close', () => reject(new Error('closed before an answer')));
        if (body) {
            body.pipe(inner);
        } else {
            inner.end();
        }
    });
}

async function digest(stream) {
    const hash = crypto.createHash('sha256');
    let bytes = 0;
    for await (const data of stream) {
        hash.update(data);
        bytes += data.length;
    }
    return { bytes, sha256: hash.digest('hex') };
}

async function fetch({ port, path }) {
    const began = performance.now();
    const response = await request(port, { path });
    return { status: response.statusCode, ...(await digest(response)), ms: performance.now() - began };
}

/** What the service says it got, beside what was sent. */
async function upload({ port, path, bytes }) {
    const began = performance.now();
    const response = await request(port, { path, method: 'POST' }, pattern(bytes));
    const parts = [];
    for await (const part of response) {
        parts.push(part);
    }
    return { ...JSON.parse(Buffer.concat(parts)), ms: performance.now() - began };
}

/** Asks, and reads nothing of the answer. */
async function stall({ port, path }) {
    const response = await request(port, { path });
    return { status: response.statusCode };
}

function fetchMany({ port, path, count }) {
    return Promise.all(Array.from({ length: count }, () => fetch({ port, path }))).then((all) => ({ all }));
}

/** Reads until the text has come, sends, and reads on until the other text has; or until the end. */
async function talk({ port, until, send, then }) {
    const stream = await open(port);
    let heard = '';
    let sent = false;
    return new Promise((resolve) => {
        const done = (ended) => {
            resolve({ heard, ended });
            stream.destroy();
        };
        stream.on('data', (data) => {
            heard += data;
            if (!sent && until !== undefined && heard.includes(until)) {
                sent = true;
                stream.write(send);
            }
            if (heard.includes(then)) {
                done(false);
            }
        });
        stream.on('end', () => done(true));
        stream.on('close', () => done(true));
    });
}

/** Streams that nobody on this side ends. */
const kept = [];

/** Sends a line, reads to the end, and ends nothing itself: how the slowest of so many did. */
async function untilEnd({ port, send, count }) {
    const all = await Promise.all(Array.from({ length: count }, async () => {
        const stream = await open(port);
        kept.push(stream);
        const began = performance.now();
        let heard = '';
        return new Promise((resolve) => {
            const done = () => resolve({ heard, ms: performance.now() - began });
            stream.on('data', (data) => {
                heard += data;
            });
            stream.on('end', done);
            stream.on('close', done);
            stream.write(send);
        });
    }));
    return { heard: [...new Set(all.map((one) => one.heard))], ms: Math.max(...all.map((one) => one.ms)) };
}

async function wait({ port }) {
    await client.waitForForwardedPort(port);
}

function ports() {
    return { ports: [...client.forwardedPorts].map((port) => port.remotePort) };
}

async function refresh() {
    await client.refreshPorts();
}

async function close() {
    await client?.dispose();
}

const ORDERS = { connect, fetch, fetchMany, stall, upload, talk, untilEnd, wait, ports, refresh, close };

process.on('message', async ({ id, ...order }) => {
    try {
        process.send({ id, ...(await ORDERS[order.do](order)) });
    } catch (error) {
        process.send({ id, error: error.message, reason: error.reason });
    }
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => console.error(`unhandled: ${error?.stack}`));

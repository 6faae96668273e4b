// The services behind the tunnel: HTTP that gives and takes the pattern, and one that speaks first.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const net = require('node:net');
const { pattern } = require('./pattern');

const GREETING = '220 the service speaks first\r\n';
const PARTING = 'HTTP/1.0 200 OK\r\n\r\nwithout a length';

function listen(server) {
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

/** `GET /bytes/N` gives N bytes; `POST /sum` says what it was given; all else is 404. */
async function answer(request, response) {
    const size = /^\/bytes\/(\d+)$/.exec(request.url)?.[1];
    if (size !== undefined) {
        response.writeHead(200, { 'content-length': size });
        pattern(Number(size)).pipe(response);
    } else if (request.url === '/sum') {
        const hash = crypto.createHash('sha256');
        let bytes = 0;
        for await (const data of request) {
            hash.update(data);
            bytes += data.length;
        }
        response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') }));
    } else {
        response.writeHead(404);
        response.end('not here');
    }
}

/** Says its greeting at once, then everything that it hears. */
function speakFirst(socket) {
    socket.on('error', () => {});
    socket.write(GREETING);
    socket.pipe(socket);
}

/** Hears one line: `answer` has it say something and end, `drop` end without a word; it ends first. */
function endFirst(socket) {
    socket.on('error', () => {});
    socket.once('data', (line) => socket.end(`${line}`.startsWith('drop') ? '' : PARTING));
}

async function startServices() {
    const web = http.createServer((request, response) => answer(request, response).catch(() => response.destroy()));
    const first = net.createServer(speakFirst);
    const ends = net.createServer({ allowHalfOpen: false }, endFirst);
    return { web: await listen(web), first: await listen(first), ends: await listen(ends) };
}

/** Another service on a port of its own. */
async function startAnother() {
    return listen(http.createServer((request, response) => answer(request, response).catch(() => response.destroy())));
}

/** A port where nobody listens. */
async function freePort() {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
}

module.exports = { GREETING, PARTING, freePort, startAnother, startServices };

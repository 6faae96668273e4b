// The public side of the stand-in: http://ALIAS-PORT.localhost:INGRESS/ for each port of each tunnel.
'use strict';

const http = require('node:http');
const { log } = require('./links');
const { requestOver } = require('./over');

const SERVED_BY = 'tunnels-standin-rel-v3-cluster';

function answer(response, status, text, headers = {}) {
    response.writeHead(status, { 'content-type': 'text/plain', 'x-served-by': SERVED_BY, ...headers });
    response.end(text);
}

/** `a1b2c3d4-3000.localhost:7080` is that alias and that port. */
function parse(host) {
    const [, alias, port] = /^([0-9a-f]+)-(\d+)\./.exec(host ?? '') ?? [];
    return { alias, port: Number(port) };
}

/** What the service itself answers in the place of who hosts; true when it did. */
function answerAlone(registry, tunnel, port, request, response) {
    const fault = registry.takeFault('ingress');
    const isKnown = tunnel?.ports.some((one) => one.portNumber === port);
    if (fault) {
        answer(response, fault, 'as told', fault === 429 ? { 'retry-after': '60' } : {});
    } else if (!isKnown) {
        answer(response, 404, 'No such tunnel or port.');
    } else if (!tunnel.anonymous && !registry.scopeOf(request.headers['x-tunnel-authorization'], tunnel)) {
        answer(response, 302, '', { location: 'http://localhost/login' });
    } else if (!tunnel.live.host?.isThere) {
        answer(response, 404, 'No host.');
    } else if (wantsWarning(request)) {
        answer(response, 200, '<html>You are about to connect to a developer tunnel.</html>', { 'content-type': 'text/html' });
    } else {
        return false;
    }
    return true;
}

/** A browser is warned before it sees a stranger's page, unless it says that it knows. */
function wantsWarning(request) {
    return request.headers.accept?.includes('text/html') && !request.headers['x-tunnel-skip-antiphishing-page'];
}

async function forward(host, port, request, response) {
    let stream;
    try {
        stream = await host.visit(port);
    } catch (error) {
        answer(response, 502, `Nobody answers at port ${port}: ${error.message}`);
        return;
    }
    stream.on('error', () => {});
    const inner = requestOver(stream, {
        method: request.method, path: request.url,
        headers: { ...request.headers, host: `localhost:${port}`, connection: 'close', 'x-forwarded-host': request.headers.host },
    });
    inner.on('response', (told) => {
        response.writeHead(told.statusCode, { ...told.headers, 'x-served-by': SERVED_BY });
        told.pipe(response);
    });
    inner.on('error', (error) => {
        if (response.headersSent) {
            response.destroy();
        } else {
            answer(response, 502, `The service at port ${port} says nothing that is HTTP: ${error.message}`);
        }
    });
    response.on('close', () => stream.destroy());
    request.pipe(inner);
}

function createIngress(registry) {
    return http.createServer((request, response) => {
        const { alias, port } = parse(request.headers.host);
        const tunnel = registry.byAlias(alias);
        registry.count('visits');
        if (!answerAlone(registry, tunnel, port, request, response)) {
            forward(tunnel.live.host, port, request, response).catch((error) => {
                log(`ingress: ${error.stack}`);
                response.destroy();
            });
        }
    });
}

module.exports = { createIngress, SERVED_BY };

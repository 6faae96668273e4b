// Stands in for the Dev Tunnels service on loopback: its management REST, its relay and its public URLs.
//
//   DEVTUNNEL_STATE=state.json node relay.js
//
// Needs Microsoft's packages (NODE_PATH). Says {"url","ingress"} as a line of JSON once it listens, and ends with
// its standard input. README.md has what /standin/… can be told.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { server: WebSocketServer } = require('websocket');
const { Registry } = require('./registry');
const { createIngress, SERVED_BY } = require('./ingress');
const { ClientLinkV1, ClientLinkV2, HostLink, log } = require('./links');

const STANDIN = path.join(__dirname, '..', 'standin', 'devtunnel');
const API_VERSION = '2023-09-27-preview';
const MAX_BODY = 1 << 20;
const HOST_PROTOCOLS = ['tunnel-relay-host-v2-dev', 'tunnel-relay-host'];
const CLIENT_PROTOCOLS = ['tunnel-relay-client-v2-dev', 'tunnel-relay-client'];

const registry = new Registry(process.env.DEVTUNNEL_STATE);
let relayPort;
let ingressPort;

class Answer extends Error {
    constructor(status, body) {
        super();
        Object.assign(this, { status, body });
    }
}

function problem(status, title, detail) {
    return new Answer(status, { type: 'about:blank', title, detail, status });
}

async function readBody(request) {
    const parts = [];
    let size = 0;
    for await (const part of request) {
        size += part.length;
        if (size > MAX_BODY) {
            throw problem(413, 'Too large.', '');
        }
        parts.push(part);
    }
    return parts.length ? JSON.parse(Buffer.concat(parts)) : {};
}

// Management

function urlOf(live) {
    return `http://${live.alias}-{port}.localhost:${ingressPort}/`;
}

function mapEndpoint(tunnel, endpoint) {
    const base = `ws://127.0.0.1:${relayPort}`;
    return {
        ...endpoint,
        hostRelayUri: `${base}/host/${tunnel.id}`,
        clientRelayUri: `${base}/client/${tunnel.id}`,
        portUriFormat: urlOf(tunnel.live),
        tunnelUri: urlOf(tunnel.live).replace('-{port}', ''),
    };
}

function mapPort(tunnel, port) {
    const uri = tunnel.live.everHosted.has(port.portNumber) ? urlOf(tunnel.live).replace('{port}', port.portNumber) : undefined;
    return { ...port, tunnelId: tunnel.name, clusterId: tunnel.cluster, portForwardingUris: uri ? [uri] : [] };
}

function mapTunnel(tunnel, query) {
    return {
        tunnelId: tunnel.name, clusterId: tunnel.cluster,
        ports: query.get('includePorts') === 'true' ? tunnel.ports.map((port) => mapPort(tunnel, port)) : undefined,
        endpoints: tunnel.live.endpoint ? [mapEndpoint(tunnel, tunnel.live.endpoint)] : [],
        status: { hostConnectionCount: tunnel.live.host ? 1 : 0, clientConnectionCount: { current: tunnel.live.clients.size } },
    };
}

function requireScope(request, tunnel, ...scopes) {
    const scope = registry.scopeOf(request.headers.authorization, tunnel);
    if (!scope) {
        registry.count('unauthorized', tunnel.id);
        throw problem(401, 'Unauthorized.', 'The access token is missing, expired or not valid.');
    }
    if (!scopes.includes(scope)) {
        throw problem(403, 'Request not permitted.', `Unauthorized tunnel access: expected one or more of [${scopes.join(', ')}].`);
    }
}

async function putEndpoint(request, tunnel, id) {
    requireScope(request, tunnel, 'host');
    const endpoint = await readBody(request);
    if (endpoint.id !== id || !endpoint.hostId || !endpoint.hostPublicKeys?.length || endpoint.connectionMode !== 'TunnelRelay') {
        throw problem(400, 'Invalid arguments.', 'The endpoint is not complete.');
    }
    registry.count('endpointPuts', tunnel.id);
    tunnel.live.endpoint = endpoint;
    tunnel.live.lastHostId = endpoint.hostId;
    return mapEndpoint(tunnel, endpoint);
}

function deleteEndpoint(request, tunnel, id) {
    requireScope(request, tunnel, 'host');
    if (tunnel.live.endpoint?.id !== id) {
        throw problem(404, 'Tunnel endpoint not found.', '');
    }
    registry.count('endpointDeletes', tunnel.id);
    tunnel.live.endpoint = null;
    return true;
}

async function putPort(request, tunnel, number) {
    requireScope(request, tunnel, 'manage', 'manage:ports', 'host');
    const wanted = await readBody(request);
    registry.count('portPuts', tunnel.id);
    const known = tunnel.ports.find((port) => port.portNumber === number);
    if (known && wanted.protocol && wanted.protocol !== known.protocol) {
        throw problem(400, 'Invalid arguments.', 'The tunnel port protocol cannot be changed.');
    }
    if (!known) {
        await standin('port', 'create', tunnel.id, '-p', String(number), '--protocol', wanted.protocol ?? 'auto');
    }
    return mapPort(tunnel, { portNumber: number, protocol: wanted.protocol ?? known?.protocol ?? 'auto' });
}

/** The file has one writer, the stand-in command. */
function standin(...words) {
    return new Promise((resolve, reject) => execFile(STANDIN, words, (error) => (error ? reject(error) : resolve())));
}

function routeManagement(request, url) {
    const fault = registry.takeFault('management');
    if (fault) {
        throw problem(fault, 'As told.', '');
    }
    if (url.searchParams.get('api-version') !== API_VERSION) {
        throw problem(400, 'Invalid arguments.', 'Unknown api-version.');
    }
    const [, , id, kind, part] = url.pathname.split('/');
    const tunnel = registry.tunnel(id ?? '');
    if (!tunnel) {
        throw problem(404, 'Tunnel not found.', '');
    }
    const call = `${request.method} ${kind ?? ''}`;
    registry.count(call, tunnel.id);
    switch (call) {
        case 'GET ':
            requireScope(request, tunnel, 'host', 'manage', 'manage:ports', 'connect');
            return mapTunnel(tunnel, url.searchParams);
        case 'PUT endpoints': return putEndpoint(request, tunnel, part);
        case 'DELETE endpoints': return deleteEndpoint(request, tunnel, part);
        case 'PUT ports': return putPort(request, tunnel, Number(part));
        case 'POST events': return {};
        default: throw problem(405, 'Not here.', call);
    }
}

// The test's own door

/** For the stand-in command: who is connected, and the URLs. */
function tellTunnels() {
    // One reading for all: the command deletes tunnels meanwhile.
    const state = registry.state();
    return Object.fromEntries(Object.keys(state.tunnels ?? {}).map((id) => {
        const { live, ports } = registry.tunnel(id, state);
        const told = ports.filter((port) => live.everHosted.has(port.portNumber))
            .map((port) => [port.portNumber, { portUri: urlOf(live).replace('{port}', port.portNumber) }]);
        return [id, {
            hostConnections: live.host ? 1 : 0, clientConnections: live.clients.size, ports: Object.fromEntries(told),
            protocol: live.host ? (live.host.isV2 ? 2 : 1) : null, forwarded: [...(live.host?.ports ?? [])],
            endpoint: live.endpoint?.id ?? null, lastHostId: live.lastHostId ?? null, counts: live.counts,
        }];
    }));
}

/** By the real id also that of a tunnel which has just been deleted. */
function toHost(id, act) {
    const host = (registry.live.get(id) ?? registry.tunnel(id ?? '')?.live)?.host;
    if (!host) {
        throw new Answer(404, { error: 'no host' });
    }
    act(host);
    return {};
}

async function routeStandin(request, url) {
    const [, , verb, id] = url.pathname.split('/');
    const told = await readBody(request);
    switch (verb) {
        case 'tunnels': return tellTunnels();
        case 'counts': return registry.counts;
        case 'fault':
            registry.faults.push(told);
            return {};
        case 'heal':
            registry.faults.length = 0;
            return {};
        case 'versions':
            registry.offered = told.host;
            return {};
        case 'revoke':
            registry.revokedBefore = Date.now() + 1;
            return {};
        case 'kick': return toHost(id, (host) => host.displace());
        case 'disconnect': return toHost(id, (host) => host.disconnect(told.reason, told.text));
        case 'drop': return toHost(id, (host) => host.connection.socket.resetAndDestroy());
        case 'close': return toHost(id, (host) => host.connection.close());
        case 'black-hole': return toHost(id, (host) => host.blackHole());
        case 'forget': return toHost(id, (host) => (host.forgotten = true));
        default: throw new Answer(404, { error: `unknown: ${verb}` });
    }
}

async function handle(request, response) {
    const url = new URL(request.url, 'http://localhost');
    let status = 200;
    let body;
    try {
        body = await (url.pathname.startsWith('/standin/') ? routeStandin(request, url) : routeManagement(request, url));
    } catch (error) {
        if (!(error instanceof Answer)) {
            log(error.stack);
        }
        status = error.status ?? 500;
        body = error.body ?? { title: 'Internal error.', detail: error.message, status: 500 };
    }
    response.writeHead(status, {
        'content-type': 'application/json', 'x-served-by': SERVED_BY, 'vssaas-request-id': crypto.randomUUID(),
        ...(status === 401 ? { 'www-authenticate': 'tunnel' } : {}),
    });
    response.end(JSON.stringify(body));
}

// The relay

/** The status that a WebSocket is refused with, or 0. */
function statusOfUpgrade(request, role, tunnel) {
    const fault = registry.takeFault('upgrade', tunnel);
    if (fault) {
        return fault;
    }
    if (!tunnel) {
        return 404;
    }
    const scope = registry.scopeOf(request.httpRequest.headers.authorization, tunnel);
    const wanted = role === 'host' ? 'host' : 'connect';
    if (scope !== wanted) {
        registry.count('unauthorized', tunnel.id);
        return scope ? 403 : 401;
    }
    if (role === 'host' && !tunnel.live.endpoint) {
        return 404;
    }
    return role === 'client' && !tunnel.live.host?.isThere ? 404 : 0;
}

/** The relay picks, V2 where both can: a client of V1 can talk to a host of V2, but not the other way round. */
function choose(role, tunnel, offered) {
    const possible = role === 'host'
        ? HOST_PROTOCOLS.filter((_, index) => registry.offered.includes(2 - index))
        : CLIENT_PROTOCOLS.slice(tunnel.live.host.isV2 ? 0 : 1);
    return possible.find((one) => offered.includes(one));
}

async function onUpgrade(request) {
    const [, role, id] = request.resourceURL.pathname.split('/');
    const tunnel = registry.tunnel(id ?? '');
    const status = statusOfUpgrade(request, role, tunnel);
    if (status) {
        // So long as the service asks for at the least.
        request.reject(status, http.STATUS_CODES[status], status === 429 ? { 'Retry-After': '7' } : {});
        return;
    }
    const protocol = choose(role, tunnel, request.requestedProtocols);
    if (!protocol) {
        request.reject(400, 'No common subprotocol');
        return;
    }
    const connection = request.accept(protocol);
    connection.on('error', (error) => log(`${role} of ${tunnel.id}: ${error.message}`));
    connection.socket.setNoDelay(true);
    if (role === 'host') {
        await acceptHost(tunnel, connection, protocol);
    } else {
        await acceptClient(tunnel, connection, protocol);
    }
}

async function acceptHost(tunnel, connection, protocol) {
    const before = tunnel.live.host;
    const link = new HostLink(registry, tunnel, connection, protocol === HOST_PROTOCOLS[0]);
    tunnel.live.host = link;
    registry.count('hosts', tunnel.id);
    before?.displace();
    await link.start();
}

async function acceptClient(tunnel, connection, protocol) {
    const Link = protocol === CLIENT_PROTOCOLS[0] ? ClientLinkV2 : ClientLinkV1;
    const link = new Link(registry, tunnel, connection);
    tunnel.live.clients.add(link);
    registry.count('clients', tunnel.id);
    await link.start(tunnel.live.host);
}

function listen(server) {
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

async function main() {
    const server = http.createServer(handle);
    const sockets = new WebSocketServer({
        httpServer: server, keepalive: false, fragmentOutgoingMessages: false, disableNagleAlgorithm: true,
        maxReceivedFrameSize: 16 << 20, maxReceivedMessageSize: 16 << 20,
    });
    sockets.on('request', (request) => onUpgrade(request).catch((error) => log(error.stack)));
    relayPort = await listen(server);
    ingressPort = await listen(createIngress(registry));
    console.log(JSON.stringify({ url: `http://localhost:${relayPort}/`, ingress: ingressPort }));
    process.stdin.on('end', () => process.exit(0)).resume();
}

process.on('unhandledRejection', (error) => log(`unhandled: ${error?.stack}`));
main();

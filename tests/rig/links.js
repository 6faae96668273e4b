// The relay's ends of the SSH sessions with hosts and clients, in both versions of the protocol.
'use strict';

const ssh = require('@microsoft/dev-tunnels-ssh');
const tcp = require('@microsoft/dev-tunnels-ssh-tcp');
const { PortRelayRequestMessage } = require('@microsoft/dev-tunnels-connections/messages/portRelayRequestMessage');
const { PortRelayConnectRequestMessage } = require('@microsoft/dev-tunnels-connections/messages/portRelayConnectRequestMessage');
const { PortRelayConnectResponseMessage } = require('@microsoft/dev-tunnels-connections/messages/portRelayConnectResponseMessage');
const { ChannelStream, WINDOW, pipe, tapOf, tapOpened } = require('./tap');

const { SshDisconnectReason, SshChannelOpenFailureReason } = ssh;
// The most bytes of a client that wait for its host.
const MAX_WAITING = 4 * 1024 * 1024;

function log(...words) {
    console.error(...words);
}

/** What the SSH library takes for a stream. */
class Wire {
    constructor(connection) {
        this.connection = connection;
    }

    set onmessage(handle) {
        this.connection.on('message', (message) => handle({ data: message.binaryData }));
    }

    set onclose(handle) {
        this.connection.on('close', (code, reason) => handle({ code, reason, wasClean: code === 1000 }));
    }

    send(data) {
        this.connection.sendBytes(Buffer.from(data));
    }

    close(code, reason) {
        this.connection.close(code, reason);
    }
}

/** V1 has no security at all; V2 prefers none, and has real algorithms for who insists. */
function serverSession(isV2) {
    const config = new ssh.SshSessionConfiguration(isV2);
    if (isV2) {
        config.keyExchangeAlgorithms.unshift(ssh.SshAlgorithms.keyExchange.none);
    }
    const session = new ssh.SshServerSession(config);
    session.trace = (level, id, text) => {
        if (level === ssh.TraceLevel.Error || process.env.RIG_TRACE) {
            log(`[${level}] ${text}`);
        }
    };
    tapOpened(session);
    return session;
}

async function connect(session, connection) {
    await session.connect(new ssh.WebSocketStream(new Wire(connection)));
}

function refused(reason, text) {
    const message = new ssh.ChannelOpenFailureMessage();
    message.reasonCode = reason;
    message.description = text;
    return message;
}

class HostLink {
    constructor(registry, tunnel, connection, isV2) {
        Object.assign(this, { registry, tunnel, connection, isV2 });
        this.ports = new Set();
        this.forgotten = false;
        this.session = serverSession(isV2);
        this.session.onRequest((e) => this.onRequest(e));
        this.session.onClosed((e) => this.onClosed(e));
    }

    async start() {
        await connect(this.session, this.connection);
        if (!this.isV2) {
            // A host of the first version says nothing of its ports until a client is there.
            this.markHosted(this.tunnel.ports.map((port) => port.portNumber));
        }
    }

    get id() {
        return this.tunnel.id;
    }

    get live() {
        return this.registry.liveOf(this.id);
    }

    get isThere() {
        return !this.forgotten && this.session.isConnected;
    }

    markHosted(ports) {
        ports.forEach((port) => this.live.everHosted.add(port));
    }

    onRequest(e) {
        const kind = e.requestType;
        this.registry.count(`host:${kind}`, this.id);
        if (kind !== 'tcpip-forward' && kind !== 'cancel-tcpip-forward') {
            log(`host of ${this.id} requests ${kind}`);
            e.isAuthorized = false;
        } else if (!this.isV2) {
            e.isAuthorized = false;
        } else if (kind === 'tcpip-forward') {
            e.responsePromise = Promise.resolve(this.forward(e.request.convertTo(new PortRelayRequestMessage())));
        } else {
            this.cancel(e.request.convertTo(new tcp.PortForwardRequestMessage()).port);
            e.isAuthorized = true;
        }
    }

    /** A host may only forward what the tunnel has, and only with a token that is still good. */
    forward(request) {
        const tunnel = this.registry.tunnel(this.id);
        const known = tunnel?.ports.some((port) => port.portNumber === request.port);
        const scope = tunnel && this.registry.scopeOfToken(request.accessToken, tunnel);
        if (!known || scope !== 'host') {
            this.registry.count('forwardsRefused', this.id);
            return new ssh.SessionRequestFailureMessage();
        }
        this.ports.add(request.port);
        this.markHosted([request.port]);
        this.live.clients.forEach((client) => client.offer(request.port));
        const answer = new tcp.PortForwardSuccessMessage();
        answer.port = request.port;
        return answer;
    }

    cancel(port) {
        this.ports.delete(port);
        this.live.clients.forEach((client) => client.withdraw(port));
    }

    /** The stream for one client of the first version, who talks with the host itself in it. */
    openClient() {
        const message = new ssh.ChannelOpenMessage();
        message.channelType = 'client-ssh-session-stream';
        message.maxWindowSize = WINDOW;
        this.registry.count('clientStreams', this.id);
        return this.session.openChannel(message);
    }

    /** One connection to one port, and whether the host encrypts it end to end. */
    async openPort(port, { accessToken = '', wantsE2ee = false, origin = '127.0.0.1', originPort = 0 }) {
        const message = new PortRelayConnectRequestMessage();
        Object.assign(message, {
            channelType: 'forwarded-tcpip', host: '127.0.0.1', port, originatorIPAddress: origin, originatorPort: originPort,
            accessToken, isE2EEncryptionRequested: wantsE2ee, maxWindowSize: WINDOW,
        });
        const channel = await this.session.openChannel(message);
        const answer = channel.openConfirmationMessage.convertTo(new PortRelayConnectResponseMessage());
        this.registry.count(answer.isE2EEncryptionEnabled ? 'e2eeStreams' : 'rawStreams', this.id);
        return { channel, isE2ee: answer.isE2EEncryptionEnabled };
    }

    /** A connection to a port for the relay itself, whichever version the host speaks. */
    async visit(port) {
        if (this.isV2) {
            return new ChannelStream((await this.openPort(port, {})).channel);
        }
        this.visitor ??= this.startVisitor();
        const forwarding = await this.visitor;
        await withTimeout(forwarding.waitForForwardedPort(port), 5000, 'the host does not forward this port');
        return forwarding.connectToForwardedPort(port);
    }

    async startVisitor() {
        const config = new ssh.SshSessionConfiguration();
        config.addService(tcp.PortForwardingService);
        const session = new ssh.SshClientSession(config);
        const forwarding = session.activateService(tcp.PortForwardingService);
        forwarding.acceptLocalConnectionsForForwardedPorts = false;
        session.onAuthenticating((e) => (e.authenticationPromise = Promise.resolve({})));
        session.onRequest((e) => (e.isAuthorized = true));
        session.onClosed(() => (this.visitor = undefined));
        await session.connect(new ssh.NodeStream(new ChannelStream(await this.openClient())));
        await session.authenticate({ username: 'tunnel' });
        return forwarding;
    }

    disconnect(reason, text) {
        return this.session.close(reason, text);
    }

    displace() {
        return this.disconnect(SshDisconnectReason.tooManyConnections, 'Another host for the tunnel has connected.');
    }

    /** As a network does that drops all packets: nothing comes, nothing goes, nobody is told. */
    blackHole() {
        this.connection.socket.pause();
        this.connection.sendBytes = () => {};
        this.connection.sendFrame = () => {};
    }

    onClosed(e) {
        log(`host of ${this.id} ended: ${e.reason} ${e.message}`);
        const live = this.live;
        if (live.host === this) {
            live.host = null;
            live.clients.forEach((client) => client.onHostGone());
        }
        this.connection.close();
    }
}

/** A client of the first version: the relay only carries its bytes to the host. */
class ClientLinkV1 {
    constructor(registry, tunnel, connection) {
        Object.assign(this, { registry, tunnel, connection });
        this.early = [];
        this.waiting = 0;
        connection.on('message', (message) => this.onBytes(message.binaryData));
        connection.on('close', () => this.onClosed());
    }

    async start(host) {
        const channel = await host.openClient();
        this.channel = channel;
        tapOf(channel).start({
            data: (data) => this.toClient(channel, data),
            eof: () => {},
            closed: () => this.connection.close(),
        });
        for (const data of this.early.splice(0)) {
            this.toHost(data);
        }
    }

    onBytes(data) {
        this.waiting += data.length;
        if (this.waiting > MAX_WAITING) {
            this.connection.pause();
        }
        if (this.channel) {
            this.toHost(data);
        } else {
            this.early.push(data);
        }
    }

    toHost(data) {
        this.channel.send(data).then(() => {
            this.waiting -= data.length;
            this.connection.resume();
        }, () => this.connection.close());
    }

    toClient(channel, data) {
        // At the end of a connection there may be bytes left that nobody can be given.
        if (this.connection.connected) {
            this.connection.sendBytes(data, () => tapOf(channel).taken(data));
        }
    }

    offer() {}

    withdraw() {}

    onHostGone() {
        this.connection.socket.destroy();
    }

    onClosed() {
        this.registry.liveOf(this.tunnel.id).clients.delete(this);
        this.channel?.close().catch(() => {});
    }
}

/** A client of the second version: it is told the ports, and the relay opens each connection for it. */
class ClientLinkV2 {
    constructor(registry, tunnel, connection) {
        Object.assign(this, { registry, tunnel, connection });
        this.session = serverSession(true);
        this.session.onRequest((e) => this.onRequest(e));
        this.session.onChannelOpening((e) => this.onChannelOpening(e));
        this.session.onClosed(() => this.onClosed());
        // Requests are answered in turn only, or the answers would be taken for each other's.
        this.turn = Promise.resolve();
    }

    async start(host) {
        this.host = host;
        await connect(this.session, this.connection);
        host.ports.forEach((port) => this.offer(port));
    }

    offer(port) {
        this.send('tcpip-forward', port);
    }

    withdraw(port) {
        this.send('cancel-tcpip-forward', port);
    }

    send(requestType, port) {
        const message = new tcp.PortForwardRequestMessage();
        Object.assign(message, { requestType, addressToBind: '127.0.0.1', port, wantReply: true });
        this.turn = this.turn.then(() => this.session.requestResponse(
            message, ssh.SessionRequestSuccessMessage, ssh.SessionRequestFailureMessage)).catch(() => {});
    }

    onRequest(e) {
        this.registry.count(`client:${e.requestType}`, this.tunnel.id);
        // The service's own answer to RefreshPorts is not known; here the ports are fresh anyway.
        e.isAuthorized = e.requestType === 'RefreshPorts';
    }

    onChannelOpening(e) {
        if (!e.isRemoteRequest) {
            return;
        }
        if (e.channel.channelType !== 'forwarded-tcpip') {
            e.failureReason = SshChannelOpenFailureReason.unknownChannelType;
            return;
        }
        e.channel.maxWindowSize = WINDOW;
        tapOf(e.channel);
        e.openingPromise = this.openPort(e.channel, e.request.convertTo(new PortRelayConnectRequestMessage()));
    }

    async openPort(clientChannel, request) {
        const tunnel = this.registry.tunnel(this.tunnel.id);
        if (!tunnel || !this.registry.scopeOfToken(request.accessToken, tunnel)) {
            return refused(SshChannelOpenFailureReason.administrativelyProhibited, 'Unauthorized');
        }
        if (!this.host.isThere || !tunnel.ports.some((port) => port.portNumber === request.port)) {
            return refused(SshChannelOpenFailureReason.administrativelyProhibited, `Port ${request.port} is not forwarded.`);
        }
        try {
            const { channel, isE2ee } = await this.host.openPort(request.port, {
                accessToken: request.accessToken, wantsE2ee: request.isE2EEncryptionRequested,
                origin: request.originatorIPAddress, originPort: request.originatorPort,
            });
            pipe(clientChannel, channel);
            const answer = new PortRelayConnectResponseMessage();
            answer.isE2EEncryptionEnabled = isE2ee;
            return answer;
        } catch (error) {
            return refused(error.reason || SshChannelOpenFailureReason.connectFailed, error.message);
        }
    }

    onHostGone() {
        this.connection.socket.destroy();
    }

    onClosed() {
        this.registry.liveOf(this.tunnel.id).clients.delete(this);
    }
}

function withTimeout(promise, milliseconds, text) {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(text)), milliseconds)));
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { ClientLinkV1, ClientLinkV2, HostLink, log, withTimeout };

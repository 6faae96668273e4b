// Microsoft's own host, driven by its parent: the one whose place another host is to take.
//
// Sent over IPC: {do: 'connect', url, tunnelId, clusterId, token, e2ee}, {do: 'refresh'}, {do: 'stop'}.
// It answers each with {done} or {error}, and tells {status, reason} whenever its connection changes.
'use strict';

const { ConnectionStatus, TunnelRelayTunnelHost } = require('@microsoft/dev-tunnels-connections');
const { ManagementApiVersions, TunnelManagementHttpClient } = require('@microsoft/dev-tunnels-management');

let host;
let management;
let tunnel;

async function connect(order) {
    management = new TunnelManagementHttpClient(
        'rig/1.0', ManagementApiVersions.Version20230927preview, () => Promise.resolve(null), order.url);
    tunnel = { tunnelId: order.tunnelId, clusterId: order.clusterId, accessTokens: { host: order.token } };
    tunnel = await management.getTunnel(tunnel, { includePorts: true });
    host = new TunnelRelayTunnelHost(management);
    host.enableE2EEncryption = order.e2ee;
    host.connectionStatusChanged((e) => process.send({ status: e.status, reason: host.disconnectReason ?? null, text: host.disconnectError?.message }));
    await host.connect(tunnel);
    return { status: host.connectionStatus };
}

/** The library forwards new ports by itself, but lets go of none. */
async function refresh() {
    await host.refreshPorts();
    for (const [key, forwarder] of host.remoteForwarders) {
        if (!host.tunnel.ports.some((port) => port.portNumber === forwarder.localPort)) {
            host.remoteForwarders.delete(key);
            forwarder.dispose();
        }
    }
}

async function stop() {
    await host.dispose();
}

const ORDERS = { connect, refresh, stop };

process.on('message', async (order) => {
    try {
        process.send({ done: order.do, ...(await ORDERS[order.do](order)) });
    } catch (error) {
        process.send({ error: error.message, reason: error.reason });
    }
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => console.error(`unhandled: ${error?.stack}`));
void ConnectionStatus;

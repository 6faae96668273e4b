// npm's own localtunnel client, which says the URL that it got on standard output.
//
//   node client.js SERVER PORT NAME
const localtunnel = require('localtunnel');

const [host, port, subdomain] = process.argv.slice(2);
localtunnel({ host, port: Number(port), subdomain, local_host: 'localhost' }).then((tunnel) => {
  console.log(tunnel.url);
});
process.stdin.on('end', () => process.exit(0)).resume();

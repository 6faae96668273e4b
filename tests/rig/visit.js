// One visit to a tunnel that the stand-in relay knows, for tests that are not written for Node.
//
//   DEVTUNNEL_STANDIN_URL=http://localhost:PORT/ node visit.js client TUNNEL PORT [VERSION]
//   … node visit.js token TUNNEL
//
// `client` has Microsoft's own client fetch / of the port, and says {"status","bytes","sha256"} as a line of JSON.
// `token` says a token to visit a private tunnel's URL with, which the stand-in command does not count.
'use strict';

const os = require('node:os');
const { Stage } = require('./stage');

async function visit(stage, [name, port, version = '2']) {
    return stage.withClient(name, Number(version), false, async (client) => {
        await client.ask('wait', { port: Number(port) });
        return client.ask('fetch', { port: Number(port), path: '/' });
    });
}

async function main([what, ...words]) {
    const stage = new Stage(process.env.UNDERPASS_RIG_LOGS ?? os.tmpdir());
    stage.url = process.env.DEVTUNNEL_STANDIN_URL;
    const told = what === 'token' ? { token: stage.token(words[0], 'connect') } : await visit(stage, words);
    console.log(JSON.stringify(told));
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exit(1);
});

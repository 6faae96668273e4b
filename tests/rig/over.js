// HTTP over a stream that somebody else has opened.
'use strict';

const http = require('node:http');

function requestOver(stream, options) {
    const agent = new http.Agent();
    agent.createConnection = () => stream;
    return http.request({ ...options, agent });
}

module.exports = { requestOver };

// The access tokens of the stand-in: signed like the service's, with a key that everyone knows.
// tests/standin/devtunnel mints the same ones.
'use strict';

const crypto = require('node:crypto');

const KEY = 'a key for tests, known to all';

function encode(value) {
    return Buffer.from(value).toString('base64url');
}

function sign(text) {
    return crypto.createHmac('sha256', KEY).update(text).digest('base64url');
}

/** A token for one tunnel and one scope; `lifetime` in seconds, negative for one that has expired. */
function mint(tunnelId, scope, lifetime = 86400) {
    const now = Date.now();
    const claims = {
        tunnelId, scp: scope, iat: Math.floor(now / 1000), iatMillis: now,
        exp: Math.floor(now / 1000) + lifetime, jti: crypto.randomUUID(),
    };
    const body = `${encode('{"alg":"HS256","typ":"JWT"}')}.${encode(JSON.stringify(claims))}`;
    return `${body}.${sign(body)}`;
}

/** The claims, or null for what nobody here has signed. */
function read(token) {
    const [head, body, signature] = (token ?? '').split('.');
    if (!signature || sign(`${head}.${body}`) !== signature) {
        return null;
    }
    return JSON.parse(Buffer.from(body, 'base64url'));
}

module.exports = { mint, read };

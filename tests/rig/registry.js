// What the stand-in relay knows: the tunnels, which it reads from the stand-in command's file, and beside
// them what only a relay knows: endpoints, hosts, clients, public names; and what is to go wrong, and counts.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const tokens = require('./tokens');

class Registry {
    constructor(stateFile) {
        this.stateFile = stateFile;
        this.live = new Map();
        this.aliases = new Map();
        this.faults = [];
        // The versions of the protocol that it takes from hosts.
        this.offered = [1, 2];
        this.revokedBefore = 0;
        this.counts = {};
    }

    /** Counts for all tunnels, and for the one that it is about. */
    count(what, id) {
        for (const counts of id ? [this.counts, this.liveOf(id).counts] : [this.counts]) {
            counts[what] = (counts[what] ?? 0) + 1;
        }
    }

    state() {
        // It is replaced as a whole, so it is never read half written.
        return JSON.parse(fs.readFileSync(this.stateFile, 'utf8'));
    }

    /** By `shop`, or by `shop.usw2`; null when there is none, or no longer. */
    tunnel(text, state = this.state()) {
        const id = text.includes('.') ? text : `${text}.${state.cluster ?? 'usw2'}`;
        const told = state.tunnels?.[id];
        if (!told) {
            return null;
        }
        const ports = Object.entries(told.ports ?? {})
            .map(([number, port]) => ({ portNumber: Number(number), protocol: port.protocol }));
        return { id, name: id.split('.')[0], cluster: id.split('.')[1], anonymous: !!told.anonymous, ports, live: this.liveOf(id) };
    }

    liveOf(id) {
        if (!this.live.has(id)) {
            // Nobody can guess it from the id: a public URL must come from the service.
            const alias = crypto.randomBytes(4).toString('hex');
            this.aliases.set(alias, id);
            this.live.set(id, { alias, endpoint: null, host: null, clients: new Set(), everHosted: new Set(), counts: {} });
        }
        return this.live.get(id);
    }

    byAlias(alias) {
        const id = this.aliases.get(alias);
        return id ? this.tunnel(id) : null;
    }

    /** The scope that an Authorization header has for this tunnel, or null. */
    scopeOf(header, tunnel) {
        const [kind, token] = (header ?? '').split(' ');
        return kind?.toLowerCase() === 'tunnel' ? this.scopeOfToken(token, tunnel) : null;
    }

    scopeOfToken(token, tunnel) {
        const claims = tokens.read(token);
        const revoked = Math.max(this.revokedBefore, this.state().revokedBefore ?? 0);
        const good = claims && claims.exp * 1000 > Date.now() && claims.iatMillis >= revoked && claims.tunnelId === tunnel.name;
        return good ? claims.scp : null;
    }

    /** The status that this kind of call is to be refused with now, if it is; one may be for a single tunnel. */
    takeFault(where, tunnel) {
        const meant = (one) => one.where === where && (!one.tunnel || one.tunnel === tunnel?.name);
        const fault = this.faults.find(meant);
        if (fault?.times !== undefined && --fault.times <= 0) {
            this.faults.splice(this.faults.indexOf(fault), 1);
        }
        return fault ? fault.status : null;
    }
}

module.exports = { Registry };

// Bytes between the channels of SSH sessions: nothing is lost before somebody listens, and nobody is sent
// more than they take.
'use strict';

const { Duplex } = require('node:stream');

const WINDOW = 5 * 1024 * 1024;

const taps = new WeakMap();

/** Listens to a channel from its first moment, and keeps what comes until it is told where to. */
class Tap {
    constructor(channel) {
        this.channel = channel;
        this.kept = [];
        this.handlers = null;
        // The library uses its buffer again.
        channel.onDataReceived((data) => this.tell('data', Buffer.from(data)));
        channel.onEof(() => this.tell('eof'));
        channel.onClosed((e) => this.tell('closed', e));
        taps.set(channel, this);
    }

    tell(name, value) {
        if (this.handlers) {
            this.handlers[name](value);
        } else {
            this.kept.push([name, value]);
        }
    }

    /** `data` says with `taken` when the peer may send as much again. */
    start(handlers) {
        this.handlers = handlers;
        for (const [name, value] of this.kept.splice(0)) {
            handlers[name](value);
        }
    }

    taken(data) {
        this.channel.adjustWindow(data.length);
    }
}

/** From now on no channel that this session opens is without its tap. */
function tapOpened(session) {
    session.onChannelOpening((e) => {
        if (!e.isRemoteRequest) {
            new Tap(e.channel);
        }
    });
}

function tapOf(channel) {
    return taps.get(channel) ?? new Tap(channel);
}

function ignore() {}

function pipeOneWay(from, to) {
    tapOf(from).start({
        data: (data) => to.send(data).then(() => tapOf(from).taken(data), () => from.close().catch(ignore)),
        eof: () => to.send(Buffer.alloc(0)).catch(ignore),
        closed: () => to.close().catch(ignore),
    });
}

function pipe(one, other) {
    pipeOneWay(one, other);
    pipeOneWay(other, one);
}

/** A channel as a stream of Node's; its end is the channel's end, as with the library's own. */
class ChannelStream extends Duplex {
    constructor(channel) {
        super();
        this.channel = channel;
        this.waiting = [];
        tapOf(channel).start({
            data: (data) => (this.push(data) ? tapOf(channel).taken(data) : this.waiting.push(data)),
            eof: () => this.push(null),
            closed: () => {
                this.push(null);
                this.end();
            },
        });
    }

    _read() {
        for (const data of this.waiting.splice(0)) {
            tapOf(this.channel).taken(data);
        }
    }

    _write(data, _encoding, done) {
        this.channel.send(data).then(() => done(), done);
    }

    _final(done) {
        this.channel.close().then(() => done(), () => done());
    }

    _destroy(error, done) {
        this.channel.close().then(() => done(error), () => done(error));
    }
}

module.exports = { ChannelStream, Tap, WINDOW, pipe, tapOf, tapOpened };

// Runs the checks: first with both of Microsoft's ends, which proves the stand-in relay itself, then with the
// program under test as the host. tests/rig/run is the way to start it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { MIB, runAll } = require('./checks');
const { OfficialHost, UnderpassHost } = require('./hosts');
const { Failed, Stage } = require('./stage');
const { throughput } = require('./throughput');

const QUICK = { upload: 4 * MIB, body: { v1: 16 * MIB, v2: 16 * MIB, 'v2-e2ee': 16 * MIB, 'v1-on-v2': 16 * MIB } };
/** A gibibyte goes past the 512 MiB after which Microsoft's ends exchange keys anew, twice even. Exactly one would
 * have the second exchange of an encrypted stream meet the stream's end, where Microsoft's own host loses the last
 * bytes: what it holds back while keys are exchanged is not sent before it closes. */
const FULL = { upload: 64 * MIB, body: { v1: 1024 * MIB, v2: 1024 * MIB, 'v2-e2ee': 1088 * MIB, 'v1-on-v2': 64 * MIB } };

class Report {
    constructor() {
        this.passed = 0;
        this.failed = 0;
    }

    async check(name, act) {
        try {
            const detail = await act();
            this.passed++;
            console.log(`ok ${name} ${detail ?? ''}`.trimEnd());
        } catch (error) {
            this.fail(name, error);
        }
    }

    /** What goes wrong around the checks is a failure too, and the rest goes on. */
    group(name, act) {
        return act().catch((error) => this.fail(name, error));
    }

    fail(name, error) {
        this.failed++;
        console.log(`not ok ${name} ${error.message}`);
        if (!(error instanceof Failed)) {
            console.error(error.stack);
        }
    }

    end() {
        console.log(`rig: ${this.passed} passed, ${this.failed} failed`);
        process.exit(this.failed || !this.passed ? 1 : 0);
    }
}

function readOptions() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            host: { type: 'string', default: 'both' }, only: { type: 'string', default: '' }, out: { type: 'string' },
            full: { type: 'boolean' }, throughput: { type: 'boolean' },
        },
    });
    return { ...values, binary: positionals[0] && path.resolve(positionals[0]), only: new RegExp(values.only) };
}

/** The kinds of hosts to run, in their order. */
function kindsFor({ host, binary, full }) {
    const official = { label: 'official', newHost: (stage) => (name) => new OfficialHost(stage, name), sizes: full ? FULL : QUICK };
    const underpass = { label: 'underpass', newHost: (stage) => (name) => new UnderpassHost(stage, name, binary), sizes: FULL };
    return [...(host === 'underpass' ? [] : [official]), ...(binary && host !== 'official' ? [underpass] : [])];
}

async function main() {
    const options = readOptions();
    const report = new Report();
    const kinds = kindsFor(options);
    if (options.throughput) {
        await onStage(path.join(options.out, 'throughput'), (stage) => throughput(stage, kinds, report));
        report.end();
    }
    for (const { label, newHost, sizes } of kinds) {
        await onStage(path.join(options.out, label), (stage) => runAll({
            stage, newHost: newHost(stage), label, report, wanted: (name) => options.only.test(name), sizes,
        }));
    }
    report.end();
}

async function onStage(folder, act) {
    fs.mkdirSync(folder, { recursive: true });
    const stage = new Stage(folder);
    try {
        await stage.start();
        await act(stage);
    } finally {
        await stage.end();
    }
}

main().catch((error) => {
    console.error(error.stack);
    console.log(`not ok rig ${error.message}`);
    console.log('rig: 0 passed, 1 failed');
    process.exit(1);
});

// Runs the checks: first with both of Microsoft's ends, which proves the stand-in relay itself, then with the
// program under test as the host. tests/rig/run is the way to start it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { MIB, runAll } = require('./checks');
const { OfficialHost, UnderpassHost } = require('./hosts');
const { Stage } = require('./stage');
const { throughput } = require('./throughput');

const QUICK = { upload: 4 * MIB, body: { v1: 16 * MIB, v2: 16 * MIB, 'v2-e2ee': 16 * MIB, 'v1-on-v2': 16 * MIB } };
/** A gibibyte goes past the 512 MiB after which Microsoft's ends exchange keys anew. */
const FULL = { upload: 64 * MIB, body: { v1: 1024 * MIB, v2: 1024 * MIB, 'v2-e2ee': 1024 * MIB, 'v1-on-v2': 64 * MIB } };

function reporter(only) {
    const totals = { passed: 0, failed: 0, skipped: 0 };
    const check = async (name, act) => {
        if (only && !only.test(name) && !name.endsWith('-starts')) {
            return;
        }
        try {
            const detail = await act();
            totals.passed++;
            console.log(`ok ${name} ${detail ?? ''}`.trimEnd());
        } catch (error) {
            totals.failed++;
            console.log(`not ok ${name} ${error.message}`);
            if (!(error.constructor.name === 'Failed')) {
                console.error(error.stack);
            }
        }
    };
    /** What fails outside its checks fails too, and the rest goes on. */
    check.group = async (name, act) => {
        try {
            await act();
        } catch (error) {
            totals.failed++;
            console.log(`not ok ${name} ${error.message}`);
        }
    };
    return { check, totals };
}

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            host: { type: 'string', default: 'all' }, only: { type: 'string' }, out: { type: 'string' },
            full: { type: 'boolean' }, throughput: { type: 'boolean' },
        },
    });
    const binary = positionals[0] && path.resolve(positionals[0]);
    const only = values.only && new RegExp(values.only);
    const { check, totals } = reporter(only);
    const kinds = [];
    if (values.host !== 'underpass') {
        kinds.push({ label: 'official', newHost: (stage) => (name) => new OfficialHost(stage, name), sizes: values.full ? FULL : QUICK });
    }
    if (binary && values.host !== 'official') {
        kinds.push({ label: 'underpass', newHost: (stage) => (name) => new UnderpassHost(stage, name, binary), sizes: FULL });
    }
    for (const { label, newHost, sizes } of values.throughput ? [] : kinds) {
        await onStage(path.join(values.out, label), (stage) => runAll({ stage, newHost: newHost(stage), label, check, sizes }));
    }
    if (values.throughput) {
        await onStage(path.join(values.out, 'throughput'), (stage) => throughput(stage, kinds, check));
    }
    console.log(`rig: ${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`);
    process.exit(totals.failed ? 1 : 0);
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

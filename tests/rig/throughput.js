// One body through the official client from each host in turn, in the same run: only the ratio means something.
'use strict';

const { MIB, body } = require('./checks');
const { startServices } = require('./service');
const { need } = require('./stage');

const ROUNDS = 3;
/** One and the same host in both places was so far apart, in the median of three, on a machine with much other work. */
const NOISE = 0.07;
const BYTES = 256 * MIB;
const MODES = [['v1', [1], 1, false], ['v2', [2], 2, false], ['v2-e2ee', [2], 2, true]];

async function once(stage, newHost, [mode, versions, client, e2ee], ports) {
    const name = `speed-${mode}`;
    await stage.tell('versions', { host: versions });
    await stage.createTunnel(name, [[ports.web, 'http']]);
    const host = newHost(name);
    try {
        await host.start();
        return await stage.withClient(name, client, e2ee, async (visitor) => {
            await visitor.ask('wait', { port: ports.web });
            const began = performance.now();
            await body(visitor, ports, BYTES);
            return BYTES / MIB / ((performance.now() - began) / 1000);
        });
    } finally {
        await host.end();
        await stage.cli('delete', name, '-f');
    }
}

async function throughput(stage, kinds, report) {
    const ports = await startServices();
    for (const mode of MODES) {
        await report.check(`throughput-${mode[0]}`, async () => {
            const rates = kinds.map(() => []);
            for (let round = 0; round < ROUNDS; round++) {
                for (const [index, kind] of kinds.entries()) {
                    rates[index].push(await once(stage, kind.newHost(stage), mode, ports));
                }
            }
            const best = rates.map((all) => Math.max(...all));
            const told = kinds.map((kind, index) => `${kind.label} ${Math.round(best[index])} MiB/s`).join(', ');
            if (best.length < 2) {
                return told;
            }
            const ratio = best[1] / best[0];
            need(ratio >= 1 - NOISE, `${told}: only ${ratio.toFixed(2)} times`);
            return `${told}: ${ratio.toFixed(2)} times`;
        });
    }
}

module.exports = { throughput };

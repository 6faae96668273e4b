// One body through the official client from each host in turn, in the same run: only the ratio means something.
'use strict';

const { MIB, body } = require('./checks');
const { startServices } = require('./service');

const ROUNDS = 3;
const BYTES = 512 * MIB;
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

function median(numbers) {
    return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
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
            const medians = rates.map(median);
            const told = kinds.map((kind, index) => `${kind.label} ${Math.round(medians[index])} MiB/s`).join(', ');
            const ratio = medians.length === 2 ? medians[1] / medians[0] : 1;
            if (ratio < 1) {
                throw new Error(`${told}: ${ratio.toFixed(2)} of the official host's`);
            }
            return medians.length === 2 ? `${told}: ${ratio.toFixed(2)} times` : told;
        });
    }
}

module.exports = { throughput };

// A client made with the official TypeScript SDK: takes every step that there is with a server, and says of
// each `ok STEP`, `-- STEP: why it is not taken`, or `FAIL STEP: why`. Exits with 1 if a step failed.
//
//     node client.mjs SDK stdio REVISION PROGRAM
//     node client.mjs SDK http REVISION URL CUTTING_URL
//
// SDK is 1 (`@modelcontextprotocol/sdk`) or 2 (`@modelcontextprotocol/client`).

import { Absent, steps } from './steps.mjs';

/** Longer than any step takes that goes well. */
const PATIENCE = 20_000;

const [version, transport, revision, target, cuttingTarget] = process.argv.slice(2);
const sdk = await import(`./sdk-${version}.mjs`);
const run = { sdk, transport, revision, target, cuttingTarget };

let failed = false;
for (const [name, step] of Object.entries(steps)) {
    try {
        if (name !== 'open' && run.client === undefined) throw new Error('there is no connection');
        await inTime(step(run));
        console.log(`ok ${name}`);
    } catch (error) {
        if (error instanceof Absent) {
            console.log(`-- ${name}: ${error.message}`);
            continue;
        }
        failed = true;
        console.log(`FAIL ${name}: ${String(error?.message ?? error).replaceAll(/\s+/g, ' ')}`);
    }
}
process.exit(failed ? 1 : 0);

async function inTime(work) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing within ${PATIENCE} ms`)), PATIENCE);
    });
    try {
        return await Promise.race([work, late]);
    } finally {
        clearTimeout(timer);
    }
}

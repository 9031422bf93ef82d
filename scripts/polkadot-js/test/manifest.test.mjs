// Job descriptions as files: what is wrong with one is said without what it may reveal.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest } from '../lib/manifest.mjs';

// The public development phrase of Substrate and its seed.
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const SEED = '0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e';
const HASH = `0x${'ab'.repeat(32)}`;

const number = (value) => ({ toNumber: () => value });
const API = {
  registry: { chainDecimals: [12], chainTokens: ['TSN'] },
  call: { touchstoneApi: { terms: async () => ({ minDeadline: number(4), maxDeadline: number(100) }) } },
};

let folder;
let file;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-manifest-'));
  file = path.join(folder, 'job.json');
});
after(() => rm(folder, { recursive: true, force: true }));

async function read(text) {
  await writeFile(file, text);
  return readManifest(API, file, (name) => name);
}

const described = (change) => JSON.stringify({ ceiling: '5TSN', step: [{ kernel: HASH, invocations: 1 }], ...change });

test('a description is read, with kernels beside it', async () => {
  const { spec } = await read(described({ step: [{ kernel: 'sum.kir', invocations: 1 }, { kernel: HASH, invocations: 1 }] }));
  assert.deepEqual(spec.steps.map(({ kernel }) => kernel), [path.join(folder, 'sum.kir'), HASH]);
  assert.equal(spec.deadline, 20);
});

test('a key file in the place of a description is refused, and nothing of it shown', async () => {
  for (const key of [PHRASE, `${SEED}\n`, SEED.slice(2), `${'abandon '.repeat(11)}about`, `{ "mnemonic": ${PHRASE} }`, `{ "a": 1 }\n${PHRASE}`]) {
    await assert.rejects(read(key), {
      message:
        `the content of ${file} looks like a mnemonic or a seed; it is neither used nor shown. Put the secret into a file that only ` +
        'you can read and name that file (--signer FILE), or into a variable and name that variable (--signer env:NAME)',
    });
  }
});

test('what is no JSON object is not quoted', async () => {
  // Nearly a key, in one way or the other.
  for (const text of ['', '[]', '7', PHRASE.split(' ').slice(0, 9).join(' '), SEED.slice(0, 60), `"${SEED.slice(0, 60)}"`]) {
    await assert.rejects(read(text), { message: `${file} is not a job description: a job description is one JSON object` });
  }
});

test('a mistake in the JSON of a description is named', async () => {
  await assert.rejects(read('{ "ceiling": }'), ({ message }) => message.startsWith(`${file} is not a job description: Unexpected token`));
});

test('a seed in a description is not shown', async () => {
  for (const [change, message] of [
    [{ ceiling: SEED }, '"ceiling": [hidden] is not an amount: write 100TSN, 0.5TSN, or a whole number in the smallest unit'],
    [{ class: SEED }, '"class" is one of any, cpu, integrated, discrete, not [hidden]'],
    [{ [SEED]: 1 }, 'the job has an unknown entry [hidden]: input, step, ceiling, matching, auction, class, deadline, min_collateral are understood'],
    [{ deadline: SEED }, '"deadline" is a whole number of ticks from 1, not "[hidden]"'],
    [{ step: SEED }, 'the job: "step" is a list, not "[hidden]"'],
    [{ step: [{ kernel: HASH, invocations: SEED }] }, 'step 0: "invocations" is a whole number from 1 to 4294967295, not "[hidden]"'],
    [{ step: [{ kernel: HASH, invocations: 1, params: [SEED] }] }, 'step 0: "[hidden]" is not a 32-bit word: expected an integer from -2147483648 to 4294967295'],
    [{ step: [{ kernel: HASH, invocations: 1, reads: [SEED] }] }, 'step 0 reads [hidden], which is neither an input nor an earlier step'],
  ]) {
    await assert.rejects(read(described(change)), { message });
  }
});

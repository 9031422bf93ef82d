// Keys from files and variables, and secrets that are never printed.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { signerOf } from '../lib/signer.mjs';

const API = { registry: { chainSS58: 42 } };
// The development phrase of Substrate: a public one.
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const SEED = '0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e';

let folder;
before(async () => {
  await cryptoWaitReady();
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-keys-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function keyFile(text) {
  const file = path.join(folder, 'key');
  await writeFile(file, text);
  return file;
}

/** The error of a key; no word and no digit of the secrets may be in it. */
async function refusal(signer) {
  let message;
  await assert.rejects(signerOf(API, signer), (error) => {
    ({ message } = error);
    return true;
  });
  for (const secret of [...PHRASE.split(' ').slice(0, 3), SEED.slice(2, 20)]) {
    assert.ok(!message.includes(secret), message);
  }
  return message;
}

test('a mnemonic and a seed in a file or a variable are the same key', async () => {
  const { address } = await signerOf(API, await keyFile(`${PHRASE}\n`));
  assert.equal((await signerOf(API, await keyFile(`\n  ${SEED}\r\n\n`))).address, address);
  process.env.TOUCHSTONE_TEST_KEY = PHRASE;
  assert.equal((await signerOf(API, 'env:TOUCHSTONE_TEST_KEY')).address, address);
  assert.notEqual((await signerOf(API, '//Alice')).address, address);
});

const MISPLACED = [
  PHRASE,
  `${'test '.repeat(11)}junk`,
  `${PHRASE}//Alice`,
  `//${PHRASE}`,
  SEED,
  `env:${SEED}`,
  SEED.slice(2),
  `${PHRASE} extra`,
  PHRASE.split(' ').slice(0, 11).join(' '),
  `  ${PHRASE}\n`,
  `env:${PHRASE}`,
];
for (const secret of MISPLACED) {
  test(`a secret in the place of a file is refused and not printed (${secret.length} characters)`, async () => {
    assert.match(await refusal(secret), /^--signer was given a secret itself/);
  });
}

test('each bad key file gets its own reason', async () => {
  const words = PHRASE.split(' ');
  for (const [text, reason] of [
    ['', /has 0 lines that are not empty: expected one/],
    [`${PHRASE}\n${PHRASE}\n`, /has 2 lines that are not empty: expected one/],
    [`\ufeff${PHRASE}`, /begins with a byte order mark/],
    [words.slice(1).join(' '), /has 11 words: expected a mnemonic of 12 to 24 words/],
    [words.slice(0, 11).concat('wolk').join(' '), /a word is misspelt or the checksum is wrong/],
    [words.slice(0, 11).concat('lake').join(' '), /a word is misspelt or the checksum is wrong/],
    [SEED.slice(0, 40), /has 1 words: expected a mnemonic .* or a seed of 0x and 64 hex digits/],
  ]) {
    assert.match(await refusal(await keyFile(text)), reason, JSON.stringify(text));
  }
  assert.match(await refusal(path.join(folder, 'missing')), /the key file \S+missing cannot be read: ENOENT/);
  delete process.env.TOUCHSTONE_NO_KEY;
  assert.match(await refusal('env:TOUCHSTONE_NO_KEY'), /the variable TOUCHSTONE_NO_KEY is not set/);
  process.env.TOUCHSTONE_NO_KEY = '';
  assert.match(await refusal('env:TOUCHSTONE_NO_KEY'), /the variable TOUCHSTONE_NO_KEY is not set/);
  for (const noName of ['env:', 'env:bottom drive', 'env:key.txt']) {
    assert.equal(await refusal(noName), 'env: takes the name of a variable, which has letters, digits and underscores: write --signer env:NAME');
  }
});

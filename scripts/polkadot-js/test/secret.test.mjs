// Mnemonics and seeds are recognised where something else is expected. The cases are those of client/src/secret.rs.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isSecret, refuseSecret, shownUrl, withoutPhrases, withoutSecrets } from '../lib/secret.mjs';

// The public development phrase of Substrate and its seed.
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const SEED = '0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e';
const WORDS = PHRASE.split(' ');
const DIGITS = SEED.slice(2);

test('mnemonics are recognised in every dress', () => {
  for (const text of [
    PHRASE,
    PHRASE.toUpperCase(),
    `  ${PHRASE}\n`,
    `${PHRASE}//Alice`,
    `${PHRASE}/soft//hard///password`,
    `env:${PHRASE}`,
    `ws://${WORDS.join('-')}`,
    WORDS.join(','),
    WORDS.join('\n'),
    // A word is missing, two are misspelt.
    WORDS.slice(0, 11).join(' '),
    PHRASE.replace('drive', 'drife').replace('lonely', 'lonley'),
    `${PHRASE} ${PHRASE}`,
    `${PHRASE} ${WORDS.slice(0, 3).join(' ')}`,
    // One word again and again, as in the phrases of test networks.
    `${'abandon '.repeat(11)}about`,
    `${'test '.repeat(11)}junk`,
    `given ${'abandon '.repeat(11)}`,
  ]) {
    assert.ok(isSecret(text), text);
    assert.throws(() => refuseSecret('x', text), { name: 'Error' }, text);
  }
});

test('seeds are recognised in every dress', () => {
  for (const text of [
    SEED,
    DIGITS,
    DIGITS.toUpperCase(),
    `${SEED}//Alice`,
    `${DIGITS}/soft///password`,
    `${DIGITS}${DIGITS}`,
    `env:${SEED}`,
    `ws://${SEED}`,
    `'${SEED}'`,
    `${SEED}\n`,
  ]) {
    assert.ok(isSecret(text), text);
  }
});

test('what people write there is no secret', () => {
  for (const text of [
    '',
    '//Alice',
    '//Alice//stash',
    'env:TOUCHSTONE_SECRET',
    '/etc/touchstone/provider.key',
    'ws://127.0.0.1:9944',
    'wss://node.example.org/touchstone/v1',
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY',
    `/srv/data/blobs/${DIGITS}`,
    `https://bucket.example.org/a?X-Amz-Signature=${DIGITS}`,
    'NVIDIA GeForce RTX 4090',
    'output[index] = input[index]; output[index] += input[index]; output[index] ^= input[index];',
    'input, output, input, output, input, output, input, output, input, output',
    '0x1234',
    'the provider has not served the input of this job, so the check could not be made; it is tried again later',
  ]) {
    assert.ok(!isSecret(text), text);
    refuseSecret('x', text);
  }
});

test('a file may have a hash as its name', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-secret-'));
  const before = process.cwd();
  try {
    process.chdir(folder);
    assert.throws(() => refuseSecret('FILE', DIGITS));
    await writeFile(DIGITS, '');
    refuseSecret('FILE', DIGITS);
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true });
  }
});

test('a refusal names the place and not the secret', () => {
  assert.throws(() => refuseSecret('--url', PHRASE), {
    message:
      '--url looks like a mnemonic or a seed; it is neither used nor shown. Put the secret into a file that only you can ' +
      'read and name that file (--signer FILE), or into a variable and name that variable (--signer env:NAME)',
  });
});

test('texts lose their secrets and nothing else', () => {
  const twice = `invalid value '${PHRASE}//x', and ${PHRASE.toUpperCase()}.`;
  assert.equal(withoutPhrases(twice), "invalid value '[hidden]//x', and [hidden].");
  const both = `found ${SEED}, and ${PHRASE}; expected u64`;
  assert.equal(withoutPhrases(both), `found ${SEED}, and [hidden]; expected u64`);
  assert.equal(withoutSecrets(both), 'found [hidden], and [hidden]; expected u64');
  assert.equal(withoutSecrets(`${PHRASE} ${PHRASE}`), '[hidden]');
  assert.equal(withoutSecrets('nothing to hide: 0x1234'), 'nothing to hide: 0x1234');
});

test('a URL is shown without the password of its user', () => {
  for (const [url, shown] of [
    ['wss://me:secret@node.example.org/ws?x=1', 'wss://…@node.example.org/ws?x=1'],
    ['wss://token@node.example.org', 'wss://…@node.example.org'],
    ['ws://a:b@c@127.0.0.1:9944', 'ws://…@127.0.0.1:9944'],
    ['ws://127.0.0.1:9944/@x', 'ws://127.0.0.1:9944/@x'],
    ['nonsense', 'nonsense'],
    [PHRASE, '[hidden]'],
  ]) {
    assert.equal(shownUrl(url), shown);
  }
});

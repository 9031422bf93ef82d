// Command lines and variables: what counts, and that no secret in the wrong place is used or shown.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('../', import.meta.url));

// The public development phrase of Substrate and its seed.
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const SEED = '0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e';
const HASH = `0x${'ab'.repeat(32)}`;
const ABANDON = `${'abandon '.repeat(11)}about`;

/** A script of this test: it prints what it was given, or throws what its argument says. */
const ECHO = `
import { NODE_OPTIONS, REACH_OPTIONS, SIGNER_OPTIONS, UsageError, natural, run } from ${JSON.stringify(new URL('../lib/cli.mjs', import.meta.url))};
const options = { ...NODE_OPTIONS, ...SIGNER_OPTIONS, ...REACH_OPTIONS, salt: { type: 'string', hash: true }, step: { type: 'string' } };
run({ help: 'help', options, arity: [0, 2], hashes: [0] }, async (values, positionals) => {
  if (values.step) natural('step', values.step);
  if (positionals[1] === 'throw') throw new Error(process.env.TEXT);
  console.log(JSON.stringify({ ...values, positionals }));
});
`;

let folder;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-cli-'));
  await writeFile(path.join(folder, 'echo.mjs'), ECHO);
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs a script; resolves to { code, stdout, stderr }. No variable of this project is set but those of `env`. */
function run(file, args, env = {}) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('TOUCHSTONE_') && name !== 'DEBUG');
  const options = { cwd: folder, env: { ...Object.fromEntries(clean), ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
}

const echo = (args, env) => run(path.join(folder, 'echo.mjs'), args, env);

async function values(args, env) {
  const { code, stdout, stderr } = await echo(args, env);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const misplaced = (place) =>
  `error: ${place} looks like a mnemonic or a seed; it is neither used nor shown. Put the secret into a file that only you can ` +
  'read and name that file (--signer FILE), or into a variable and name that variable (--signer env:NAME)\n';

test('an option wins over its variable, and a variable over the default', async () => {
  const env = { TOUCHSTONE_URL: 'ws://variable:1', TOUCHSTONE_SIGNER: '//Bob', TOUCHSTONE_ALLOW_PRIVATE: '1' };
  const { url, signer, 'allow-private': isAllowed } = await values(['--url', 'ws://option:2'], env);
  assert.deepEqual([url, signer, isAllowed], ['ws://option:2', '//Bob', true]);
  const defaults = await values([], {});
  assert.deepEqual([defaults.url, defaults.signer, defaults['allow-private']], ['ws://127.0.0.1:9944', '//Alice', false]);
});

test('an empty variable is not set', async () => {
  const { url, signer, 'allow-private': isAllowed } = await values([], { TOUCHSTONE_URL: '', TOUCHSTONE_SIGNER: '', TOUCHSTONE_ALLOW_PRIVATE: '' });
  assert.deepEqual([url, signer, isAllowed], ['ws://127.0.0.1:9944', '//Alice', false]);
});

test('a variable that is a switch is read as one, or refused by its name', async () => {
  for (const [text, expected] of [['On', true], ['yes', true], ['0', false], ['false', false]]) {
    assert.equal((await values([], { TOUCHSTONE_ALLOW_PRIVATE: text }))['allow-private'], expected, text);
  }
  assert.deepEqual(await echo([], { TOUCHSTONE_ALLOW_PRIVATE: 'quite a lot' }), {
    code: 2,
    stdout: '',
    stderr: 'error: the variable TOUCHSTONE_ALLOW_PRIVATE is not a switch (1 or 0): correct it, or unset it\nTry --help.\n',
  });
});

test('a secret in the wrong place is refused, and its place named', async () => {
  for (const [place, args, env] of [
    ['--url', ['--url', PHRASE]],
    ['--url', [`--url=${SEED}`]],
    ['--url', ['--url', ABANDON]],
    ['--url', ['--url', `ws://${PHRASE.replaceAll(' ', '-')}`]],
    ['--signer', ['--signer', PHRASE]],
    ['--signer', ['--signer', SEED]],
    ['--salt', ['--salt', PHRASE]],
    ['--step', ['--step', SEED.slice(2)]],
    ['the variable TOUCHSTONE_URL', [], { TOUCHSTONE_URL: PHRASE }],
    ['the variable TOUCHSTONE_URL', [], { TOUCHSTONE_URL: SEED }],
    ['the variable TOUCHSTONE_SIGNER', [], { TOUCHSTONE_SIGNER: PHRASE }],
    ['the variable TOUCHSTONE_ALLOW_PRIVATE', [], { TOUCHSTONE_ALLOW_PRIVATE: SEED }],
    ['argument 1', [PHRASE]],
    ['argument 4', ['--url', 'ws://x', HASH, SEED]],
    ['argument 3', [HASH, 'more', SEED]],
    ['the command line', PHRASE.split(' ')],
    ['the command line', ['--url', ...ABANDON.split(' ')]],
  ]) {
    assert.deepEqual(await echo(args, env), { code: 2, stdout: '', stderr: misplaced(place) }, `${place}: ${args}`);
  }
});

test('64 hex digits are taken where a hash is expected, with 0x before them', async () => {
  const { salt, positionals } = await values([HASH, '--salt', SEED]);
  assert.deepEqual([salt, positionals], [SEED, [HASH]]);
  for (const [place, args] of [['argument 1', [SEED.slice(2)]], ['--salt', ['--salt', `${SEED}${SEED.slice(2)}`]]]) {
    assert.deepEqual(await echo(args), { code: 2, stdout: '', stderr: `error: ${place} takes 0x and 64 hex digits\nTry --help.\n` });
  }
});

test('a mistake in the command line is named without what it may reveal', async () => {
  for (const [args, message] of [
    [[HASH, 'a', 'obey'], 'argument 3 is one too many'],
    [['--step', 'x'], '--step takes a natural number, not x'],
  ]) {
    assert.deepEqual(await echo(args), { code: 2, stdout: '', stderr: `error: ${message}\nTry --help.\n` });
  }
  const { code, stderr } = await echo([`--${SEED.slice(2)}`]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: Unknown option '--\[hidden\]'/);
});

test('no error shows a mnemonic, not even its trace; hashes stay', async () => {
  const { code, stderr } = await echo([HASH, 'throw'], { TEXT: `${PHRASE}, ${ABANDON}: job ${HASH}`, DEBUG: '1' });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^error: \\[hidden\\]: job ${HASH}\n`));
  assert.doesNotMatch(stderr, /obey|abandon/);
});

test('every script refuses a secret wherever it is given, before it connects', async () => {
  const keyFile = path.join(folder, 'key');
  await writeFile(keyFile, `${PHRASE}\n`);
  for (const [place, script, args, env] of [
    ['the variable TOUCHSTONE_URL', 'read.mjs', ['terms'], { TOUCHSTONE_URL: PHRASE }],
    ['argument 1', 'read.mjs', [SEED]],
    ['argument 2', 'accept.mjs', [HASH, SEED]],
    ['argument 2', 'follow.mjs', [HASH, ABANDON]],
    ['--until', 'follow.mjs', [HASH, '--until', PHRASE]],
    ['--output', 'fetch.mjs', [HASH, '-o', SEED]],
    ['--png', 'fetch.mjs', [HASH, '-o', 'x', '--png', SEED]],
    ['--open', 'challenge.mjs', [HASH, '--open', '0:0+1', '--open', PHRASE]],
    ['--word', 'demand.mjs', [HASH, '--word', SEED]],
    ['--salt', 'submit.mjs', ['job.json', '--salt', PHRASE]],
    ['argument 1', 'submit.mjs', [SEED]],
    ['argument 2', 'upload.mjs', ['x.kir', SEED]],
  ]) {
    assert.deepEqual(await run(path.join(SCRIPTS, script), args, env), { code: 2, stdout: '', stderr: misplaced(place) }, `${script} ${args}`);
  }
});

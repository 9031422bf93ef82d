// scripts/env.sh, which every shell script sources: the cache folder.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ENV = fileURLToPath(new URL('../../env.sh', import.meta.url));

let folder;
const at = (...names) => path.join(folder, ...names);
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-env-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs shell commands after env.sh, in the folder of this test; resolves to { code, stdout, stderr }. */
function shell(commands, variables) {
  // With a toolchain for Wasm, no compiler is looked for.
  const env = { PATH: process.env.PATH, WASM_BUILD_TOOLCHAIN: 'x', ...variables };
  const script = `set -euo pipefail; umask 022; source "$0"; ${commands}`;
  return new Promise((resolve) => {
    execFile('bash', ['--norc', '-c', script, ENV, folder], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

async function cache(variables) {
  const { code, stdout, stderr } = await shell('printf %s "$TOUCHSTONE_CACHE"', variables);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('the cache is below XDG_CACHE_HOME, unless that is empty or relative', async () => {
  assert.equal(await cache({ HOME: '/home/a', XDG_CACHE_HOME: '/caches' }), '/caches/touchstone');
  for (const ignored of [undefined, '', 'x', './x', '~/x']) {
    const variables = ignored === undefined ? {} : { XDG_CACHE_HOME: ignored };
    assert.equal(await cache({ HOME: '/home/a', ...variables }), '/home/a/.cache/touchstone', ignored);
  }
});

test('TOUCHSTONE_CACHE wins, and is relative to where a script is started', async () => {
  const variables = { HOME: '/home/a', XDG_CACHE_HOME: '/caches' };
  assert.equal(await cache({ ...variables, TOUCHSTONE_CACHE: '/mine' }), '/mine');
  assert.equal(await cache({ ...variables, TOUCHSTONE_CACHE: 'mine' }), at('mine'));
  assert.equal(await cache({ ...variables, TOUCHSTONE_CACHE: '' }), '/caches/touchstone');
});

test('without a home folder the error says what to set', async () => {
  for (const variables of [{}, { HOME: '' }, { HOME: 'home' }]) {
    assert.deepEqual(await shell('echo reached', { ...variables, XDG_CACHE_HOME: '/caches' }), {
      code: 1,
      stdout: '',
      stderr: 'env: error: HOME is no absolute path: set it to that of your home folder; cargo, rustup and the build live in it\n',
    });
  }
});

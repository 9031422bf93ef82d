// scripts/env.sh, which every shell script sources: the cache folder, and the file times that CI keeps in it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
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

/** A clone with some files; returns its folder. */
async function clone(name, contents) {
  const { code, stderr } = await shell(`git init --quiet "$1/${name}"`, { HOME: folder });
  assert.equal(code, 0, stderr);
  await Promise.all(Object.entries(contents).map(([file, text]) => writeFile(at(name, file), text)));
  await shell(`git -C "$1/${name}" add .`, { HOME: folder });
  return at(name);
}

const keepTimes = (root, cached) => shell(`TOUCHSTONE_ROOT=${root}; touchstone_keep_times ${cached}`, { HOME: folder });

test('a file with the content of the last build gets its time back, any other keeps its own', async () => {
  const cached = at('times');
  const [first, second] = [await clone('first', { same: 'a', changed: 'b' }), await clone('second', { same: 'a', changed: 'c' })];
  const then = new Date('2020-01-01T00:00:00Z');
  await Promise.all(['same', 'changed'].map((file) => utimes(path.join(first, file), then, then)));
  assert.deepEqual(await keepTimes(first, cached), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(await keepTimes(second, cached), { code: 0, stdout: '', stderr: '' });
  assert.equal((await stat(path.join(second, 'same'))).mtimeMs, then.getTime());
  assert.ok((await stat(path.join(second, 'changed'))).mtimeMs > then.getTime());
});

test('what runs share is written under a name of its own until it is whole', async () => {
  await mkdir(at('cache'));
  const cached = at('cache', 'times');
  // What another run is writing.
  await mkdir(`${cached}.new`);
  const root = await clone('third', Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`file${n}`, `${n}`])));
  const runs = await Promise.all(Array.from({ length: 4 }, () => keepTimes(root, cached)));
  runs.forEach((run) => assert.deepEqual(run, { code: 0, stdout: '', stderr: '' }));
  assert.equal((await readFile(cached, 'utf8')).trim().split('\n').length, 20);
  assert.equal((await lstat(cached)).mode & 0o777, 0o644);
  assert.deepEqual((await readdir(at('cache'))).sort(), ['times', 'times.new']);
  assert.deepEqual(await readdir(`${cached}.new`), []);
});

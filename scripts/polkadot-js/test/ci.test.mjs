// .ci/run, which checks a commit in a folder that stays from run to run.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

let folder;
const at = (...names) => path.join(folder, ...names);
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-ci-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const git = (clone, ...words) =>
  run('git', ['-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...words]);

/** A repository whose checks print where they run and what they see there; returns its folder. */
async function repository(name) {
  const root = at(name);
  await mkdir(path.join(root, '.ci'), { recursive: true });
  await mkdir(path.join(root, 'scripts'));
  await run('git', ['init', '--quiet', root]);
  for (const file of ['.ci/run', 'scripts/env.sh']) await copyFile(path.join(ROOT, file), path.join(root, file));
  const checks = ['#!/usr/bin/env bash', 'cd "$(dirname "$0")/.."', 'pwd', 'cat same changed', 'ls left node_modules 2>/dev/null'];
  await writeFile(path.join(root, 'scripts/test.sh'), `${checks.join('\n')}\nexit "$(cat status)"\n`);
  await chmod(path.join(root, 'scripts/test.sh'), 0o755);
  const files = {
    same: 'a\n',
    changed: 'b\n',
    status: '0\n',
    '.gitignore': 'node_modules\nleft\n',
    // env.sh looks for the features of these.
    'runtime/Cargo.toml': '',
    'pallets/one/Cargo.toml': '',
  };
  await mkdir(path.join(root, 'runtime'));
  await mkdir(path.join(root, 'pallets/one'), { recursive: true });
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(path.join(root, file), text)));
  return root;
}

const commit = (root) => git(root, 'add', '.').then(() => git(root, 'commit', '--quiet', '-m', 'x'));

/** What a run says that it checks. */
const told = async (root) => `ci: checking ${(await git(root, 'log', '-1', '--format=%h %s')).stdout}`;

/** Runs .ci/run of a clone; resolves to { code, stdout, stderr }. */
const ci = (root) =>
  run('bash', [path.join(root, '.ci/run')], {
    env: { PATH: process.env.PATH, HOME: folder, TOUCHSTONE_CACHE: at('cache'), WASM_BUILD_TOOLCHAIN: 'x' },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

test('each run checks its own commit, in the one folder, where an unchanged file keeps its time', async () => {
  const first = await repository('first');
  await commit(first);
  const clone = at('cache', 'clone');
  assert.deepEqual(await ci(first), { code: 0, stdout: `${await told(first)}${clone}\na\nb\n`, stderr: '' });
  const time = async (file) => (await stat(path.join(clone, file))).mtimeMs;
  const [same, changed] = [await time('same'), await time('changed')];

  // Another clone, with another commit; what runs left is gone, what npm installed is not.
  const second = at('second');
  await run('git', ['clone', '--quiet', '--depth', '1', `file://${first}`, second]);
  await writeFile(path.join(second, 'changed'), 'c\n');
  await writeFile(path.join(second, 'status'), '7\n');
  await commit(second);
  await mkdir(path.join(clone, 'node_modules'));
  await Promise.all(['left', 'node_modules/installed'].map((file) => writeFile(path.join(clone, file), '')));
  const stdout = `${await told(second)}${clone}\na\nc\nnode_modules:\ninstalled\n`;
  assert.deepEqual(await ci(second), { code: 7, stdout, stderr: '' });
  assert.equal(await time('same'), same);
  assert.ok((await time('changed')) > changed);
  assert.equal(await readFile(path.join(second, 'changed'), 'utf8'), 'c\n');
});

test('what is not committed is not checked, and the folder of a run that was cut short is used again', async () => {
  const root = await repository('third');
  await commit(root);
  await writeFile(path.join(root, 'same'), 'not committed\n');
  const clone = at('cache', 'clone');
  // An interrupted checkout: a file that was changed, and one that is missing.
  await ci(root);
  await writeFile(path.join(clone, 'changed'), 'half');
  const locks = ['index.lock', 'HEAD.lock', 'config.lock', 'shallow.lock'];
  await Promise.all(locks.map((lock) => writeFile(path.join(clone, '.git', lock), '')));
  await rm(path.join(clone, 'same'));
  const { code, stdout, stderr } = await ci(root);
  assert.deepEqual([code, stderr], [0, 'ci: what is not committed is not checked\n']);
  assert.equal(stdout.split('\n').slice(2, 4).join(), 'a,b');
});

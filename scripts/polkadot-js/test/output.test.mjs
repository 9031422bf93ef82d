// Results in files: whole or not at all, and never in the place of what is no file.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { writeOutput } from '../lib/output.mjs';

let folder;
const at = (name) => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-output-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('ten outputs at once in one folder each get their own bytes, and nothing else is left', async () => {
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  await Promise.all(numbers.map((n) => writeOutput(at(`out.${n}`), new Uint8Array(100_000).fill(n))));
  for (const n of numbers) {
    assert.ok((await readFile(at(`out.${n}`))).every((byte) => byte === n), `out.${n}`);
  }
  assert.deepEqual((await readdir(folder)).sort(), numbers.map((n) => `out.${n}`));
});

test('files of other names beside it are left alone', async () => {
  const others = ['result.partial', 'result.tmp', '.result'];
  await Promise.all(others.map((name) => writeFile(at(name), name)));
  await writeOutput(at('result'), Buffer.from('new'));
  for (const name of others) {
    assert.equal(await readFile(at(name), 'utf8'), name);
  }
});

test('a link stays a link, and the file behind it is written', async () => {
  await writeFile(at('real'), 'old');
  await symlink('real', at('link'));
  await writeOutput(at('link'), Buffer.from('new'));
  assert.ok((await lstat(at('link'))).isSymbolicLink());
  assert.equal(await readFile(at('real'), 'utf8'), 'new');
});

test('an existing file keeps its permissions', async () => {
  await writeFile(at('private'), 'old');
  await chmod(at('private'), 0o600);
  await writeOutput(at('private'), Buffer.from('new'));
  assert.equal((await lstat(at('private'))).mode & 0o777, 0o600);
});

test('a pipe is written to and stays a pipe', { timeout: 20_000 }, async () => {
  await promisify(execFile)('mkfifo', [at('pipe')]);
  const [text] = await Promise.all([readFile(at('pipe'), 'utf8'), writeOutput(at('pipe'), Buffer.from('through'))]);
  assert.equal(text, 'through');
  assert.ok((await lstat(at('pipe'))).isFIFO());
});

test('a folder, a missing folder and a full device are named', async () => {
  await mkdir(at('folder'));
  await assert.rejects(writeOutput(at('folder'), Buffer.from('x')), /folder cannot be written: EISDIR/);
  await assert.rejects(writeOutput(at('no/such'), Buffer.from('x')), /no\/such cannot be written: ENOENT/);
  await assert.rejects(writeOutput('/dev/full', Buffer.from('x')), /\/dev\/full cannot be written: ENOSPC/);
  assert.deepEqual(await readdir(folder), ['folder']);
});

// Results in files: whole or not at all, and never in the place of what is no file.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, link, lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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
  await writeFile(at('real'), 'old and longer');
  await symlink('real', at('link'));
  await writeOutput(at('link'), Buffer.from('new'));
  assert.ok((await lstat(at('link'))).isSymbolicLink());
  assert.equal(await readFile(at('real'), 'utf8'), 'new');
  assert.deepEqual((await readdir(folder)).sort(), ['link', 'real']);
});

test('a link to a file that is not there yet makes that file', async () => {
  await symlink('real', at('link'));
  await writeOutput(at('link'), Buffer.from('new'));
  assert.ok((await lstat(at('link'))).isSymbolicLink());
  assert.equal(await readFile(at('real'), 'utf8'), 'new');
  await symlink('no/such', at('lost'));
  await assert.rejects(writeOutput(at('lost'), Buffer.from('x')), { message: `${at('lost')} cannot be written: ENOENT` });
  assert.deepEqual((await readdir(folder)).sort(), ['link', 'lost', 'real']);
});

test('a file with two names keeps both', async () => {
  await writeFile(at('one'), 'old and longer');
  await link(at('one'), at('other'));
  await writeOutput(at('one'), Buffer.from('new'));
  assert.equal(await readFile(at('other'), 'utf8'), 'new');
  assert.deepEqual((await readdir(folder)).sort(), ['one', 'other']);
});

test('an existing file keeps its permissions, whatever the umask', async () => {
  const umask = process.umask(0o022);
  try {
    for (const mode of [0o600, 0o640, 0o664, 0o666]) {
      await writeFile(at('result'), 'old');
      await chmod(at('result'), mode);
      await writeOutput(at('result'), Buffer.from('new'));
      assert.equal((await lstat(at('result'))).mode & 0o777, mode);
      assert.equal(await readFile(at('result'), 'utf8'), 'new');
    }
  } finally {
    process.umask(umask);
  }
});

test('a new file has the permissions that the umask leaves it', async () => {
  const umask = process.umask(0o027);
  try {
    await writeOutput(at('result'), Buffer.from('new'));
  } finally {
    process.umask(umask);
  }
  assert.equal((await lstat(at('result'))).mode & 0o777, 0o640);
});

/** Runs `work` without the rights of root, which may write everything. */
async function asNobody(work) {
  if (process.geteuid() !== 0) {
    return work();
  }
  process.seteuid(65_534);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

test('a file that may not be written is not replaced either', async () => {
  await writeFile(at('result'), 'old');
  await chmod(at('result'), 0o444);
  await chmod(folder, 0o777);
  await asNobody(() => assert.rejects(writeOutput(at('result'), Buffer.from('new')), { message: `${at('result')} cannot be written: EACCES` }));
  assert.equal(await readFile(at('result'), 'utf8'), 'old');
  assert.deepEqual(await readdir(folder), ['result']);
});

test('a file of another owner stays theirs', { skip: process.geteuid() !== 0 && 'only root can make one' }, async () => {
  await writeFile(at('result'), 'old and longer');
  await chmod(at('result'), 0o666);
  await chmod(folder, 0o777);
  await asNobody(() => writeOutput(at('result'), Buffer.from('new')));
  assert.equal((await lstat(at('result'))).uid, 0);
  assert.equal(await readFile(at('result'), 'utf8'), 'new');
});

test('a name may be as long as the file system allows', async () => {
  const longest = 'n'.repeat(255);
  for (const content of ['new', 'newer']) {
    await writeOutput(at(longest), Buffer.from(content));
    assert.equal(await readFile(at(longest), 'utf8'), content);
  }
  assert.deepEqual(await readdir(folder), [longest]);
  const tooLong = at('n'.repeat(256));
  await assert.rejects(writeOutput(tooLong, Buffer.from('x')), { message: `${tooLong} cannot be written: ENAMETOOLONG` });
});

test('ten writers of one file leave the bytes of one of them', async () => {
  const contents = Array.from({ length: 10 }, (_, n) => Buffer.alloc(100_000, n));
  await Promise.all(contents.map((content) => writeOutput(at('result'), content)));
  const found = await readFile(at('result'));
  assert.ok(contents.some((content) => content.equals(found)));
  assert.deepEqual(await readdir(folder), ['result']);
});

test('standard output is written to behind what it has already, and the caller is told', async () => {
  const script = `
    import { writeOutput } from ${JSON.stringify(new URL('../lib/output.mjs', import.meta.url))};
    console.log('before');
    const { isStdout } = await writeOutput('/dev/stdout', Buffer.from('result\\n'));
    console.log(isStdout);`;
  const shell = promisify(execFile);
  const node = ['-c', 'exec "$0" --input-type=module -e "$1" >"$2"', process.execPath, script, at('redirected')];
  await shell('sh', node);
  assert.equal(await readFile(at('redirected'), 'utf8'), 'before\nresult\ntrue\n');
  const { stdout } = await shell('sh', ['-c', '"$0" --input-type=module -e "$1" | cat', process.execPath, script]);
  assert.equal(stdout, 'before\nresult\ntrue\n');
  assert.deepEqual(await writeOutput(at('result'), Buffer.from('x')), { isStdout: false });
});

test('a pipe is written to and stays a pipe', { timeout: 20_000 }, async () => {
  await promisify(execFile)('mkfifo', [at('pipe')]);
  const [text] = await Promise.all([readFile(at('pipe'), 'utf8'), writeOutput(at('pipe'), Buffer.from('through'))]);
  assert.equal(text, 'through');
  assert.ok((await lstat(at('pipe'))).isFIFO());
});

test('a folder, a missing folder and a full device are named', async () => {
  await mkdir(at('folder'));
  for (const [file, code] of [[at('folder'), 'EISDIR'], [at('no/such'), 'ENOENT'], ['/dev/full', 'ENOSPC']]) {
    await assert.rejects(writeOutput(file, Buffer.from('x')), { message: `${file} cannot be written: ${code}` });
  }
  assert.deepEqual(await readdir(folder), ['folder']);
});

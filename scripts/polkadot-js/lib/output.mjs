// Writing results to files that people name. The rules are those of client/src/files.rs.

import { randomBytes } from 'node:crypto';
import { constants, fstatSync } from 'node:fs';
import { lstat, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `bytes` to `file`, whole or not at all: a new file, and a regular file that exists, is written under a short name of
 * its own in the same folder, which then takes its place. Whatever that would turn into something else is written into and
 * stays what it is: a link, a file with several names or of another owner, a pipe, a device, standard output.
 *
 * `isStdout` in the answer says that the bytes went to standard output, which is then not free for anything else.
 */
export async function writeOutput(file, bytes) {
  try {
    const isLink = (await lstat(file).catch(ignoreMissing))?.isSymbolicLink() ?? false;
    const found = await stat(file).catch(ignoreMissing);
    const isStdout = found !== undefined && (isLink || !found.isFile()) && isStandardOutput(found);
    if (isStdout) {
      await print(bytes);
    } else if (!found && !isLink) {
      await replace(file, bytes);
    } else {
      await rewrite(file, bytes, { found, isLink });
    }
    return { isStdout };
  } catch (error) {
    throw new Error(`${file} cannot be written: ${error.code ?? error.message}`);
  }
}

/** Writes what has the name already. */
async function rewrite(file, bytes, { found, isLink }) {
  if (!found) {
    // The file that a dangling link names is made through the link.
    return fill(file, bytes);
  }
  // What may not be written is not replaced either.
  const existing = await open(file, constants.O_WRONLY);
  try {
    if (!found.isFile()) {
      return await existing.writeFile(bytes);
    }
  } finally {
    await existing.close();
  }
  const isReplaced = !isLink && found.nlink === 1 && (await replace(file, bytes, found));
  return isReplaced || fill(file, bytes);
}

/** Writes a file beside `file`, which then takes its place. False if it would have another owner than the one it replaces. */
async function replace(file, bytes, found) {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.touchstone-${randomBytes(8).toString('hex')}.tmp`);
  // 'wx' fails if the name is taken.
  const handle = await open(temporary, 'wx', found ? 0o600 : 0o666);
  try {
    try {
      if (found) {
        const made = await handle.stat();
        if (made.uid !== found.uid || made.gid !== found.gid) {
          await rm(temporary);
          return false;
        }
        // The mode that `open` takes is cut by the umask.
        await handle.chmod(found.mode & 0o7777);
      }
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await sync(folder);
  return true;
}

/** Gives a regular file other content and leaves everything else of it as it is. */
async function fill(file, bytes) {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function print(bytes) {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', reject);
    process.stdout.write(bytes, (error) => {
      process.stdout.off('error', reject);
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    });
  });
}

function isStandardOutput({ dev, ino }) {
  try {
    const stdout = fstatSync(1);
    return stdout.dev === dev && stdout.ino === ino;
  } catch {
    // It is closed.
    return false;
  }
}

/** Makes the new name of a file last through a power cut; not every system can do it, and not every folder can be read. */
async function sync(folder) {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes(error.code)) {
      throw error;
    }
  }
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') {
    throw error;
  }
  return undefined;
}

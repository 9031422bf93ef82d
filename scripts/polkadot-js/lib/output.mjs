// Writing results to files that people name.

import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `bytes` to `file`, whole or not at all: into a file with a name of its own beside it, which then takes its place.
 * A link is followed. What is no regular file (a pipe, a device) is written to and never replaced.
 */
export async function writeOutput(file, bytes) {
  try {
    const found = await stat(file).catch(ignoreMissing);
    if (found && !found.isFile()) {
      await writeInto(file, 'w', bytes);
    } else {
      await replace(found ? await realpath(file) : file, bytes, found?.mode);
    }
  } catch (error) {
    throw new Error(`${file} cannot be written: ${error.code ?? error.message}`);
  }
}

async function replace(file, bytes, mode) {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(8).toString('hex')}`);
  try {
    // 'wx' fails if the name is taken.
    await writeInto(temporary, 'wx', bytes, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await sync(folder);
}

async function writeInto(file, flags, bytes, mode = 0o666) {
  const handle = await open(file, flags, mode);
  try {
    await handle.writeFile(bytes);
    if (flags === 'wx') {
      await handle.sync();
    }
  } finally {
    await handle.close();
  }
}

/** Makes the new name of a file last through a power cut; not every system can open a folder. */
async function sync(folder) {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') {
    throw error;
  }
  return undefined;
}

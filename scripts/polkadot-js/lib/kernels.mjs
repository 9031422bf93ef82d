// Kernels on the chain.

import { readFile } from 'node:fs/promises';
import { u8aToHex } from '@polkadot/util';
import { root } from './blobs.mjs';
import { transact } from './chain.mjs';

/** What an encoded kernel begins with. */
const MAGIC = 'TKIR';

/** A compiled kernel (a .kir file): { code, hash }. */
export async function readKernel(path) {
  const code = new Uint8Array(await readFile(path));
  if (Buffer.from(code.subarray(0, MAGIC.length)).toString() !== MAGIC) {
    throw new Error(`${path} is not a compiled kernel: pass its .kir file (kernels/kir has those of the standard kernels), or make one with \`touchstone compile\``);
  }
  return { code, hash: root(code) };
}

/** Whether the chain has the kernel with this hash. */
export async function hasKernel(api, hash) {
  return (await api.call.touchstoneApi.kernel(hash)).isSome;
}

/** Uploads a compiled kernel (a .kir file) unless the chain has it already; returns its hash. */
export async function ensureKernel(api, signer, path) {
  const { code, hash } = await readKernel(path);
  if (!(await hasKernel(api, hash))) {
    await transact(api, signer, api.tx.kernelRegistry.upload(u8aToHex(code)));
  }
  return hash;
}

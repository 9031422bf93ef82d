// Kernels on the chain.

import { readFile } from 'node:fs/promises';
import { u8aToHex } from '@polkadot/util';
import { root } from './blobs.mjs';
import { transact } from './chain.mjs';
import { kernelDeposit } from './deposits.mjs';
import { ensureFunds } from './funds.mjs';

/** What an encoded kernel begins with. */
const MAGIC = 'TKIR';

/** A compiled kernel (a .kir file): { path, code, hash }. */
export async function readKernel(path) {
  const code = new Uint8Array(await readFile(path));
  if (Buffer.from(code.subarray(0, MAGIC.length)).toString() !== MAGIC) {
    throw new Error(`${path} is not a compiled kernel: pass its .kir file (kernels/kir has those of the standard kernels), or make one with \`touchstone compile\``);
  }
  return { path, code, hash: root(code) };
}

/** Whether the chain has the kernel with this hash. */
export async function hasKernel(api, hash) {
  return (await api.call.touchstoneApi.kernel(hash)).isSome;
}

/** Those of these kernels that the chain does not have, each once. */
export async function missingKernels(api, kernels) {
  const each = [...new Map(kernels.map((kernel) => [kernel.hash, kernel])).values()];
  const known = await Promise.all(each.map(({ hash }) => hasKernel(api, hash)));
  return each.filter((_, index) => !known[index]);
}

/** The extrinsic that uploads a kernel. */
export function kernelUpload(api, { code }) {
  return api.tx.kernelRegistry.upload(u8aToHex(code));
}

/** What the chain takes for an upload besides its fee: see `ensureFunds`. */
export function kernelNeed(api, { code, hash }) {
  return { what: `as a deposit for the kernel ${hash}, which returns when it is removed`, amount: kernelDeposit(api, code.length) };
}

/** Uploads a compiled kernel (a .kir file) unless the chain has it already; returns its hash. */
export async function ensureKernel(api, signer, path) {
  const kernel = await readKernel(path);
  if (!(await hasKernel(api, kernel.hash))) {
    const call = kernelUpload(api, kernel);
    await ensureFunds(api, signer, [call], [kernelNeed(api, kernel)]);
    await transact(api, signer, call);
  }
  return kernel.hash;
}

// Kernels on the chain.

import { readFile } from 'node:fs/promises';
import { u8aToHex } from '@polkadot/util';
import { root } from './blobs.mjs';
import { transact } from './chain.mjs';

/** Uploads a compiled kernel (a .kir file) unless the chain has it already; returns its hash. */
export async function ensureKernel(api, signer, path) {
  const code = new Uint8Array(await readFile(path));
  const hash = root(code);
  if ((await api.call.touchstoneApi.kernel(hash)).isNone) {
    await transact(api, signer, api.tx.kernelRegistry.upload(u8aToHex(code)));
  }
  return hash;
}

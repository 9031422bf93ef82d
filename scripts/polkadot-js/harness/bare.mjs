// A provider without a program: an account that registers, commits and reveals by extrinsics alone.

import { transact } from '../lib/chain.mjs';

/** An endpoint at which nothing listens: no program of a user can take this port. */
export const NOWHERE = 'http://127.0.0.1:1';

/**
 * Registers an account as a provider with one device and its ask, in one transaction. `stake` and `price` per gigafuel are in
 * the smallest unit, and `memory` is in bytes: the device takes no job that needs more.
 */
export async function registerBare(api, signer, { endpoint = NOWHERE, stake, price, memory = 2n ** 32n, slots = 8 }) {
  const { providerRegistry, utility } = api.tx;
  const text = (value) => `0x${Buffer.from(value).toString('hex')}`;
  const calls = [
    providerRegistry.register(text(endpoint), stake),
    providerRegistry.addDevice({ name: text('bare'), class: 'Discrete', memory }),
    providerRegistry.setAsk(0, { perGigafuel: price, minimum: 0n, slots }),
  ];
  return transact(api, signer, utility.batchAll(calls));
}

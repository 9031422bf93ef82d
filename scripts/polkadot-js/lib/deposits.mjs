// What the chain holds as a deposit for what it stores, so that it can be told before it is held.

import { compactToU8a } from '@polkadot/util';

// The deposits of multisig accounts show the price of storage. They are for these many bytes: of a waiting call, and of a
// signatory.
const CALL_BYTES = 88n;
const SIGNATORY_BYTES = 32n;

function depositFor(api, bytes) {
  const { depositBase, depositFactor } = api.consts.multisig;
  const byte = depositFactor.toBigInt() / SIGNATORY_BYTES;
  return depositBase.toBigInt() - byte * CALL_BYTES + byte * BigInt(bytes);
}

/** The deposit for a kernel of so many bytes: they, their length, and the kernel's record, which always has one length. */
export function kernelDeposit(api, bytes) {
  const { value } = api.query.kernelRegistry.kernels.creator.meta.type.asMap;
  const record = api.registry.createType(api.registry.createLookupType(value)).encodedLength;
  return depositFor(api, compactToU8a(bytes).length + bytes + record);
}

/** The least that the deposit of a job can be: for its specification and inline inputs. A quote has all of it. */
export function jobDepositAtLeast(api, call) {
  const [, spec, inline] = call.args;
  return depositFor(api, spec.encodedLength + inline.encodedLength);
}

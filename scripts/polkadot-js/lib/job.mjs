// A job: inputs, steps, conditions; from objects to the extrinsic.

import { randomBytes } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { put, root, wordOf } from './blobs.mjs';
import { reachOf, transact } from './chain.mjs';
import { checkUrl } from './url.mjs';

/**
 * Collects inputs and steps. `input` and `step` return handles; a step names what it reads by handle, so that no
 * buffers have to be counted:
 *
 *     const job = new JobBuilder();
 *     const image = job.input(bytes);
 *     job.step({ kernel, reads: [image], invocations: 1000, params: [] });
 */
export class JobBuilder {
  #inputs = [];
  #steps = [];

  /** An input buffer: a positive multiple of 4 bytes (see `padded`). `source` is 'Put' (handed to the assigned provider), 'Inline' (on the chain) or { Url: text }. */
  input(bytes, source = 'Put') {
    if (!bytes.length || bytes.length % 4) {
      throw new Error(`it has ${bytes.length} bytes; a buffer has a positive multiple of 4: pad it with zeros`);
    }
    const defect = source.Url === undefined ? undefined : checkUrl(source.Url);
    if (defect) {
      throw new Error(`its URL cannot be used: ${defect}`);
    }
    const handle = { kind: 'input', index: this.#inputs.length };
    this.#inputs.push({ bytes, source });
    return handle;
  }

  /** One dispatch of a kernel (its hash); defines one new buffer. */
  step({ kernel, reads = [], invocations, params = [] }) {
    const handle = { kind: 'output', index: this.#steps.length };
    if (!Number.isInteger(invocations) || invocations < 1 || invocations >= 2 ** 32) {
      throw new RangeError(`"invocations" is a whole number from 1 to 4294967295, not ${JSON.stringify(invocations)}`);
    }
    this.#steps.push({ kernel, reads, invocations, params: params.map(wordOf) });
    return handle;
  }

  /** The specification as the chain takes it, and the bytes that go with it. */
  build({ matching = 'Instant', deviceClass = null, ceiling, deadline, minCollateral = 0n }) {
    const number = ({ kind, index }) => (kind === 'input' ? index : this.#inputs.length + index);
    const spec = {
      inputs: this.#inputs.map(({ bytes, source }) => ({
        buffer: { root: root(bytes), len: bytes.length },
        source: typeof source === 'string' ? source : { Url: u8aToHex(new TextEncoder().encode(source.Url)) },
      })),
      steps: this.#steps.map(({ kernel, reads, invocations, params }) => ({
        kernel,
        reads: reads.map(number),
        invocations,
        params,
      })),
      matching,
      class: deviceClass,
      asset: null,
      ceiling,
      deadline,
      minCollateral,
    };
    const from = (wanted) => this.#inputs.filter(({ source }) => source === wanted).map(({ bytes }) => bytes);
    return { spec, inline: from('Inline'), blobs: from('Put') };
  }
}

/** The id that the chain gives a job: 8 bytes of BLAKE3 of the buyer, 24 bytes of BLAKE3 of (genesis, buyer, salt, specification). */
export function jobId(api, buyer, call) {
  const [salt, spec] = call.args;
  const hash = blake3(u8aConcat(api.genesisHash, buyer.publicKey, salt.toU8a(), spec.toU8a()));
  return u8aToHex(u8aConcat(blake3(buyer.publicKey).subarray(0, 8), hash.subarray(8)));
}

/** The providers that would take the job, their prices, and why the others would not. */
export async function quote(api, spec) {
  const answer = await api.call.touchstoneApi.quote(spec);
  if (answer.isErr) {
    throw new Error(`the chain would not take this job: ${answer.asErr.error.toUtf8()}`);
  }
  return answer.asOk;
}

/** The extrinsic that submits a job; `codeBytes` is the length of the kernels of all its steps, which a quote has too. */
export function submission(api, { spec, inline }, salt, codeBytes) {
  return api.tx.reverseAuction.submit(salt, spec, inline.map((bytes) => u8aToHex(bytes)), codeBytes);
}

/**
 * Submits a job. Returns { id, ...where it was included }. `announce({ id, salt })` is called before anything is sent: with
 * them, a job that was paid for can be found after an error. The same job with the same salt is never paid for twice: if
 * the chain has it already, nothing is sent, and `blockNumber` is undefined.
 */
export async function submit(api, buyer, job, { salt = u8aToHex(randomBytes(32)), announce = () => {} } = {}) {
  const id = jobId(api, buyer, submission(api, job, salt, 0));
  announce({ id, salt });
  if ((await api.call.touchstoneApi.job(id)).isSome) {
    return { id };
  }
  const { totals } = await quote(api, job.spec);
  return { id, ...(await transact(api, buyer, submission(api, job, salt, totals.codeBytes))) };
}

/** The job's record at the best block; throws if there is none. */
export async function readJob(api, id) {
  const view = await api.call.touchstoneApi.job(id);
  if (view.isNone) {
    throw new Error(`the chain knows no job ${id}: it never existed or its record has been removed`);
  }
  return view.unwrap();
}

/** Delivers all inputs of source Put to the assigned provider, for as long as it has the job and no result. */
export async function deliver(api, view, blobs) {
  if (blobs.length && view.endpoint.isNone) {
    throw new Error(`job ${view.id.toHex()} is not assigned to a provider, so its inputs cannot be delivered`);
  }
  const isAwaited = async () => {
    const now = (await api.call.touchstoneApi.job(view.id)).unwrapOr(undefined);
    if (now && !(now.attempt.eq(view.attempt) && (now.stage.isAssigned || now.stage.isCommitted))) {
      throw new Error(`the provider's time for job ${view.id.toHex()} ended before it had the input`);
    }
    return !now?.stage.isCommitted;
  };
  await Promise.all(blobs.map((bytes) => put(view.endpoint.unwrap().toUtf8(), bytes, { isAwaited, reach: reachOf(api) })));
}

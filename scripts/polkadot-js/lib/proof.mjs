// A refutation: one word of one step, with openings of what its one invocation reads.

import { compactToU8a, u8aConcat } from '@polkadot/util';
import { opening } from './blobs.mjs';

const CHUNK = 1024;
const MAX_FUEL = 2n ** 24n;

/** Chunks of a buffer that hold bytes [from, to). */
export function chunksOf(from, to) {
  const first = Math.floor(from / CHUNK);
  return { first, count: Math.ceil(to / CHUNK) - first };
}

/**
 * The arguments of `disputes.refute` for word `word` of step `step`, with openings from the provider's own endpoint.
 * `reads[i]` is { first, count }: chunks of the i-th buffer that the step reads; where it is missing, the whole buffer
 * is opened. Opening more than the invocation reads is allowed and costs more; opening less fails.
 */
export async function buildRefutation(api, { view, result }, step, word, reads = []) {
  const { spec, endpoint, outputBytes, id, totals } = view;
  const { kernel, reads: buffers, invocations } = spec.steps[step];
  const from = endpoint.unwrap().toUtf8();
  const code = (await api.call.touchstoneApi.kernel(kernel)).unwrap().code;
  const opened = await Promise.all(
    [...buffers].map((number, index) => {
      const { root, len } = bufferOf(spec, result, outputBytes, Number(number));
      const { first, count } = reads[index] ?? chunksOf(0, len);
      return opening(from, root, first, count);
    }),
  );
  const { first, count } = chunksOf(word * 4, word * 4 + 4);
  const output = await opening(from, result.roots[step].toHex(), first, count);
  // All fuel of the job is that of this step's invocations at least: an upper bound of the fuel of one of them.
  const bound = totals.fuel.toBigInt() / invocations.toBigInt();
  return {
    claim: { job: id, attempt: result.attempt, commitment: result.commitment, step, word },
    limits: { fuel: bound < MAX_FUEL ? bound : MAX_FUEL, codeBytes: code.length },
    proof: u8aConcat(output, compactToU8a(opened.length), ...opened),
  };
}

function bufferOf(spec, result, outputBytes, number) {
  if (number < spec.inputs.length) {
    const { root, len } = spec.inputs[number].buffer;
    return { root: root.toHex(), len: len.toNumber() };
  }
  const step = number - spec.inputs.length;
  return { root: result.roots[step].toHex(), len: outputBytes[step].toNumber() };
}

/** The extrinsic of a refutation that `buildRefutation` made. */
export function refute(api, { claim, limits, proof }) {
  return api.tx.disputes.refute(claim, limits, proof);
}

// Refutations: of one word, with openings of what its one invocation reads, and of the length of an output or of the trace.

import { compactToU8a, u8aConcat } from '@polkadot/util';
import { CHUNK, lengthOf, opening } from './blobs.mjs';
import { reachOf } from './chain.mjs';
import { CommittedData } from './committed.mjs';
import { assertStep } from './result.mjs';
import { committedTrace } from './trace.mjs';

const MAX_FUEL = 2n ** 24n;

/** The most chunks that one proof may open of the buffers that a step reads, all together. */
export const MAX_CHUNKS = 512;

/** Chunks of a buffer that hold bytes [from, to). */
export function chunksOf(from, to) {
  const first = Math.floor(from / CHUNK);
  return { first, count: Math.ceil(to / CHUNK) - first };
}

/**
 * Which chunks to open of buffers of `lengths` bytes: `named[i]` is { first, count } for the i-th one; one that is not
 * named is opened whole. Throws if that is more than a proof may hold, or not in the buffer.
 */
export function chooseChunks(lengths, named = []) {
  if (named.length > lengths.length) {
    throw new Error(`the step reads ${lengths.length} buffers, numbered from 0: there is no buffer ${named.length - 1}`);
  }
  const chunks = lengths.map((length, index) => {
    const whole = chunksOf(0, length);
    const { first, count } = named[index] ?? whole;
    if (count < 1 || first + count > whole.count) {
      throw new Error(`buffer ${index} has ${whole.count} chunks of ${CHUNK} bytes: ${first}+${count} is not in it`);
    }
    return { first, count };
  });
  const total = chunks.reduce((sum, { count }) => sum + count, 0);
  if (total > MAX_CHUNKS) {
    const sizes = chunks.map(({ count }, index) => `buffer ${index}: ${count}${named[index] ? '' : ', whole'}`).join('; ');
    throw new Error(
      `this opens ${total} chunks (${sizes}), and a proof holds at most ${MAX_CHUNKS}: name the few that the invocation ` +
        'reads with --open READ:FIRST+COUNT, from the kernel\'s documentation',
    );
  }
  return chunks;
}

/** The result's endpoint; throws unless the result can be challenged. */
function challengeable({ id, stage, endpoint }) {
  if (!stage.isCommitted || endpoint.isNone) {
    const state = stage.isClosed ? stage.asClosed.reason.type : stage.type;
    throw new Error(`job ${id.toHex()} is ${state}: a result can be challenged from its commitment to the end of its window`);
  }
  return endpoint.unwrap().toUtf8();
}

/**
 * The arguments of `disputes.refute` for word `word` of step `step`, with openings from the provider's own endpoint. Trace
 * and outputs that it does not serve are taken from answers to demands. `reads[i]` is { first, count }: the chunks to open of
 * the i-th buffer that the step reads; without it, the whole buffer is opened. Opening more than the invocation reads is
 * allowed, up to `MAX_CHUNKS` in all, and costs more; opening less fails. Of the trace, the chunks are opened that hold the
 * roots of this output and of those that the step reads.
 */
export async function buildRefutation(api, { view, result }, step, word, reads = [], reach = reachOf(api)) {
  const { spec, outputBytes, id, totals } = view;
  const from = challengeable(view);
  assertStep(view, step);
  const words = outputBytes[step].toNumber() / 4;
  if (word >= words) {
    throw new Error(`the output of step ${step} has ${words} words, numbered from 0: there is no word ${word}`);
  }
  const { kernel, reads: numbers, invocations } = spec.steps[step];
  const { code } = (await api.call.touchstoneApi.kernel(kernel)).unwrap();
  const sources = [...numbers].map((number) => sourceOf(view, Number(number)));
  const chunks = chooseChunks(sources.map(({ len }) => len), reads);
  const earlier = sources.flatMap(({ instance }) => instance ?? []);
  const data = new CommittedData(api, { view, result }, reach);
  const { opening: trace } = await data.openTrace([step, ...earlier]);
  const open = ({ root, instance }, range) =>
    instance === undefined ? opening(from, root, range.first, range.count, reach) : data.open(instance, range);
  const opened = await Promise.all(sources.map((source, index) => open(source, chunks[index])));
  const output = await data.open(step, chunksOf(word * 4, word * 4 + 4));
  // The job's fuel includes that of all invocations of this step: this is an upper bound of the fuel of one.
  const bound = totals.fuel.toBigInt() / invocations.toBigInt();
  return {
    claim: { job: id, commitment: result.commitment, instance: step, word },
    limits: { fuel: bound < MAX_FUEL ? bound : MAX_FUEL, codeBytes: code.length },
    proof: u8aConcat(trace, output, compactToU8a(opened.length), ...opened),
  };
}

/** A buffer that a step reads: an input { root, len }, or the output { instance, len } of an earlier step. */
function sourceOf({ spec, outputBytes }, number) {
  if (number < spec.inputs.length) {
    const { root, len } = spec.inputs[number].buffer;
    return { root: root.toHex(), len: len.toNumber() };
  }
  const instance = number - spec.inputs.length;
  return { instance, len: outputBytes[instance].toNumber() };
}

/**
 * The arguments of `disputes.refute_length`: that the data behind the root of the output of step `step`, or behind that of
 * the trace if there is no `step`, does not have the right length. The length that the provider states and the last chunk of
 * the data prove it.
 */
export async function buildLengthRefutation(api, { view, result }, step, reach = reachOf(api)) {
  const from = challengeable(view);
  const data = new CommittedData(api, { view, result }, reach);
  const { what, target, root, due } = await (step === undefined ? traceTarget(result) : outputTarget(data, view, step));
  const len = await lengthOf(from, root, reach);
  if (len === due) {
    throw new Error(`the provider serves ${len} bytes as ${what}, which is the right length`);
  }
  if (len < 1 || len >= 2 ** 32) {
    throw new Error(`the provider says that ${what} has ${len} bytes, which no buffer has`);
  }
  const { first, count } = chunksOf(len - 1, len);
  return { job: view.id, commitment: result.commitment, target, due, len, opening: await opening(from, root, first, count, reach) };
}

function traceTarget(result) {
  const { root, len } = committedTrace(result);
  return { what: 'the trace', target: 'Trace', root, due: len };
}

async function outputTarget(data, view, step) {
  assertStep(view, step);
  const { roots, opening: trace } = await data.openTrace([step]);
  return {
    what: `the output of step ${step}`,
    target: { Output: { instance: step, trace } },
    root: roots[0],
    due: view.outputBytes[step].toNumber(),
  };
}

/** The extrinsic of a refutation that `buildLengthRefutation` made. */
export function refuteLength(api, { job, commitment, target, len, opening: last }) {
  return api.tx.disputes.refuteLength(job, commitment, target, len, last);
}

/** The extrinsic of a refutation that `buildRefutation` made. */
export function refute(api, { claim, limits, proof }) {
  return api.tx.disputes.refute(claim, limits, proof);
}

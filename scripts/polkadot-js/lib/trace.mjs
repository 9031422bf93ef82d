// The trace of a result: the roots of the outputs of all step instances, in the order of execution, 32 bytes each. The
// chain has its root and its length. The provider serves it like any other buffer. Each step has one instance: instance i
// is step i.

import { u8aConcat, u8aToHex } from '@polkadot/util';
import { CHUNK, get, root } from './blobs.mjs';
import { PrivateAddress } from './http.mjs';
import { encodeOpening, fetchOpening, mergeOpenings, rangesOf } from './openings.mjs';
import { itemsOf } from './scale.mjs';

/** Bytes of a root. */
const ROOT_BYTES = 32;

/** Roots in one chunk of a trace. */
const ROOTS_PER_CHUNK = CHUNK / ROOT_BYTES;

/** The trace of a job whose outputs have these roots: its bytes, and what `reverseAuction.commit` takes, root and length. */
export function traceOf(roots) {
  const bytes = u8aConcat(...roots);
  return { bytes, buffer: { root: root(bytes), len: bytes.length } };
}

/** Root and length of the trace of a result that the chain gave. */
export function committedTrace({ trace }) {
  return { root: trace.root.toHex(), len: trace.len.toNumber() };
}

/** The chunk of a trace that has the root of an instance's output. */
export function chunkOf(instance) {
  return Math.floor(instance / ROOTS_PER_CHUNK);
}

/** The root of an instance's output, from the bytes of that chunk. */
export function rootIn(chunk, instance) {
  return rootsIn(chunk)[instance % ROOTS_PER_CHUNK];
}

/** The roots of all outputs: the whole trace { root, len }, fetched from a provider and checked. */
export async function fetchRoots(endpoint, { root: traceRoot, len }, reach) {
  return rootsIn(await available(() => get(endpoint, traceRoot, len, reach)));
}

/**
 * The roots of the outputs of these instances, in their order, and the opening of the chunks of the trace { root, len } that
 * hold them. Only those chunks are fetched, each once, and checked.
 */
export async function openTrace(endpoint, trace, instances, reach) {
  const ranges = rangesOf(instances.map(chunkOf));
  const fetched = await available(() => Promise.all(ranges.map((range) => fetchOpening(endpoint, trace, range, reach))));
  const opening = mergeOpenings(fetched, trace.len);
  const chunks = opening.ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index));
  const opened = new Map(chunks.map((chunk, index) => [chunk, opening.data.subarray(index * CHUNK, (index + 1) * CHUNK)]));
  return { roots: instances.map((instance) => rootIn(opened.get(chunkOf(instance)), instance)), opening: encodeOpening(opening) };
}

function rootsIn(bytes) {
  return itemsOf(bytes, ROOT_BYTES).map((each) => u8aToHex(each));
}

/** What `read` returns; its error says what a missing trace means. */
async function available(read) {
  try {
    return await read();
  } catch (error) {
    if (error.cause instanceof PrivateAddress) {
      throw error;
    }
    throw new Error(
      `the trace of the result is not available: ${error.message}. Without it no output can be fetched or refuted: try again before ` +
        'the window ends, or demand it on the chain with: node demand.mjs JOB. Do not accept the result until then. A trace of a wrong ' +
        'length is refuted with: node challenge.mjs JOB --length',
      { cause: error },
    );
  }
}

// The outputs that a provider computed: from the chain, if they came with the commitment, or from the provider.

import { get, root } from './blobs.mjs';
import { reachOf } from './chain.mjs';
import { committedTrace, fetchRoots, openTrace, traceOf } from './trace.mjs';

/** The output of one step (default: the last), checked against its root in the committed trace. */
export async function fetchOutput(api, view, result, step = view.spec.steps.length - 1) {
  assertStep(view, step);
  const carried = await carriedOutputs(api, view, result);
  if (carried) {
    return carried[step];
  }
  const [endpoint, reach] = [endpointOf(view), reachOf(api)];
  const { roots } = await openTrace(endpoint, committedTrace(result), [step], reach);
  return get(endpoint, roots[0], view.outputBytes[step].toNumber(), reach);
}

/** The roots of all outputs of a result: of those that the chain has, or from the trace that its provider serves. */
export async function fetchOutputRoots(api, view, result) {
  const carried = await carriedOutputs(api, view, result);
  if (carried) {
    return carried.map(root);
  }
  return fetchRoots(endpointOf(view), committedTrace(result), reachOf(api));
}

/**
 * The outputs of all steps that came with the commitment of a result, checked against its trace. Undefined if none came, or
 * if the chain does not have them any more.
 */
async function carriedOutputs(api, { id, outputBytes }, result) {
  const bytes = result.carried?.isTrue ? (await api.call.touchstoneApi.outputs(id)).unwrapOr(undefined)?.toU8a(true) : undefined;
  return bytes && splitOutputs(bytes, outputBytes.map((length) => length.toNumber()), committedTrace(result));
}

/** Bytes in a row as outputs of these lengths; undefined if they do not have this trace { root, len }. */
export function splitOutputs(bytes, lengths, trace) {
  let end = 0;
  const outputs = lengths.map((length) => bytes.subarray(end, (end += length)));
  const { root: own, len } = traceOf(outputs.map(root)).buffer;
  return end === bytes.length && own === trace.root && len === trace.len ? outputs : undefined;
}

/** Throws unless the job has this step. */
export function assertStep({ spec }, step) {
  if (step >= spec.steps.length) {
    throw new Error(`the job has ${spec.steps.length} steps, numbered from 0: there is no step ${step}`);
  }
}

function endpointOf({ id, endpoint }) {
  if (endpoint.isNone) {
    throw new Error(`job ${id.toHex()} has no provider that serves its outputs: the window has ended`);
  }
  return endpoint.unwrap().toUtf8();
}

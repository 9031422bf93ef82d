// The outputs that a provider computed.

import { get } from './blobs.mjs';
import { reachOf } from './chain.mjs';
import { committedTrace, fetchRoots, openTrace } from './trace.mjs';

/** The output of one step (default: the last), fetched from the provider and checked against its root in the committed trace. */
export async function fetchOutput(api, view, result, step = view.spec.steps.length - 1) {
  assertStep(view, step);
  const [endpoint, reach] = [endpointOf(view), reachOf(api)];
  const { roots } = await openTrace(endpoint, committedTrace(result), [step], reach);
  return get(endpoint, roots[0], view.outputBytes[step].toNumber(), reach);
}

/** The roots of all outputs of a result, from the trace that its provider serves. */
export async function fetchOutputRoots(api, view, result) {
  return fetchRoots(endpointOf(view), committedTrace(result), reachOf(api));
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

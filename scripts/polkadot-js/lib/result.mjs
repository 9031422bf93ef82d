// The outputs that a provider computed.

import { get } from './blobs.mjs';
import { reachOf } from './chain.mjs';

/** The output of one step (default: the last), fetched from the provider and checked against the committed root. */
export async function fetchOutput(api, view, result, step = view.spec.steps.length - 1) {
  if (view.endpoint.isNone) {
    throw new Error(`job ${view.id.toHex()} has no provider that serves its outputs: the window has ended`);
  }
  const length = view.outputBytes[step].toNumber();
  return get(view.endpoint.unwrap().toUtf8(), result.roots[step].toHex(), length, reachOf(api));
}

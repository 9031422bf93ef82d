// Trace and outputs of a committed result: from its provider, and what that does not serve, from answers to demands.

import { AnswerReader } from './answers.mjs';
import { gather, readDemands } from './demands.mjs';
import { encodeOpening, fetchOpening } from './openings.mjs';
import { ShownResult } from './shown.mjs';
import { committedTrace, openTrace } from './trace.mjs';

/** What is known of a result before any answer has been read. */
export function shownOf({ view, result }) {
  return new ShownResult(committedTrace(result), [...view.outputBytes].map((bytes) => bytes.toNumber()));
}

/** Reads the answers about a result that can be challenged. */
export function answersAbout(api, { view, result }) {
  // A tick is a block at least, so no block before this one has the commitment.
  return new AnswerReader(api, result.commitment.toHex(), view.stage.asCommitted.committedAt.toNumber());
}

/** The data of a result { view, result } that can be challenged. Every opening that it gives has been checked. */
export class CommittedData {
  #roots = new Map();
  #answers;

  constructor(api, { view, result }, reach) {
    Object.assign(this, { api, view, result, reach });
    this.endpoint = view.endpoint.unwrap().toUtf8();
  }

  /** As `openTrace` in trace.mjs. */
  async openTrace(instances) {
    const { endpoint, result, reach } = this;
    const opened = await this.#first(
      () => openTrace(endpoint, committedTrace(result), instances, reach),
      (shown) => shown.openTrace(instances),
    );
    instances.forEach((instance, index) => this.#roots.set(instance, opened.roots[index]));
    return opened;
  }

  /** The opening, in SCALE, of a range of chunks of the output of an instance whose root `openTrace` gave. */
  async open(instance, range) {
    const { endpoint, view, reach } = this;
    const buffer = { root: this.#roots.get(instance), len: view.outputBytes[instance].toNumber() };
    const opening = await this.#first(
      () => fetchOpening(endpoint, buffer, range, reach),
      (shown) => shown.output(instance)?.open([range]),
    );
    return encodeOpening(opening);
  }

  /** What the provider serves, or else what the answers show; the provider's error if they do not show it. */
  async #first(fetched, shown) {
    try {
      return await fetched();
    } catch (error) {
      const found = shown(await (this.#answers ??= this.#read()));
      if (!found) {
        throw error;
      }
      return found;
    }
  }

  async #read() {
    const { api } = this;
    const shown = shownOf(this);
    this.#roots.forEach((root, instance) => shown.know(instance, root));
    const [header, demands] = await Promise.all([api.rpc.chain.getHeader(), readDemands(api, this.result.commitment)]);
    if (demands.some(({ answered }) => answered)) {
      await gather(answersAbout(api, this), shown, header.number.toNumber(), demands);
    }
    return shown;
  }
}

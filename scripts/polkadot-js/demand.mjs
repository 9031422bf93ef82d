#!/usr/bin/env node
// Demands data of a result that its provider does not serve.

import { u8aToHex } from '@polkadot/util';
import { CHUNK } from './lib/blobs.mjs';
import { NODE_HELP, NODE_OPTIONS, REACH_HELP, REACH_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { ExtrinsicError, connect, reachOf, transact } from './lib/chain.mjs';
import { answersAbout, shownOf } from './lib/committed.mjs';
import { demand, findDemand, gather, nextMove, readDemands, shownBy } from './lib/demands.mjs';
import { atEachBlock, readResult } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { ensureFunds } from './lib/funds.mjs';
import { assertStep } from './lib/result.mjs';
import { signerOf } from './lib/signer.mjs';
import { bufferName, keyOf, subjectName } from './lib/subject.mjs';
import { committedTrace, openTrace } from './lib/trace.mjs';
import { chunkCount } from './lib/tree.mjs';

const help = `
Demands data of a result that its provider does not serve. The provider answers on the chain by the deadline, or the result
is refuted: the bond comes back, with the bounty. An answer is paid for out of the bond. The data of a large buffer takes up
to three demands, each of what the answer before it has shown, and as many before them for the root of an output that is not
known. What was answered before is read from the blocks. Without --step the trace is demanded.

  node demand.mjs JOB [--step N] [--chunk N | --word N] [--dry-run | --follow] [options]

  --step N         data of the output of this step, from 0 (default: of the trace)
  --chunk N        the chunk of 1 KiB that is to be shown, from 0 (default: the first one)
  --word N         the chunk with this word, from 0
  --dry-run        say what would be demanded and what it costs, without sending it
  --follow         wait for the answer and go on until the bytes are shown, or the result is refuted
${NODE_HELP}
${SIGNER_HELP}
${REACH_HELP}
`;

const options = {
  ...NODE_OPTIONS,
  ...SIGNER_OPTIONS,
  ...REACH_OPTIONS,
  step: { type: 'string' },
  chunk: { type: 'string' },
  word: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  follow: { type: 'boolean', default: false },
};

/** Seconds for the trace, which the provider may serve: without it, the root of an output is demanded first. */
const PATIENCE = 5;

run({ help, options, arity: [1, 1], hashes: [0] }, async (values, [id]) => {
  const [step, chunk] = [optional('step', values.step), chunkIn(values)];
  if (values.follow && values['dry-run']) {
    throw new UsageError('--dry-run sends nothing, so there is nothing to --follow');
  }
  const api = await connect(values.url, { allowPrivate: values['allow-private'] });
  try {
    const signer = values['dry-run'] ? undefined : await signerOf(api, values.signer);
    const committed = await readResult(api, id);
    if (!committed.view.stage.isCommitted) {
      await tellEnd(api, committed);
      return;
    }
    const search = new Search(api, signer, committed, goalOf(committed, step, chunk), values.follow);
    await search.begin();
    await atEachBlock(api, (block, header) => search.look(block, header.number.toNumber()), values.follow ? Infinity : undefined);
  } finally {
    await api.disconnect();
  }
});

function optional(name, text) {
  return text === undefined ? undefined : natural(name, text);
}

function chunkIn({ chunk, word }) {
  if (chunk !== undefined && word !== undefined) {
    throw new UsageError('--word says which chunk it is: give it or --chunk');
  }
  return word === undefined ? (optional('chunk', chunk) ?? 0) : Math.floor((natural('word', word) * 4) / CHUNK);
}

/** The chunk that is to be shown, and of which buffer: that of an instance, or the trace. Each step has one instance. */
function goalOf({ view, result }, step, chunk) {
  if (step !== undefined) {
    assertStep(view, step);
  }
  const len = (step === undefined ? result.trace.len : view.outputBytes[step]).toNumber();
  const chunks = chunkCount(len);
  if (chunk >= chunks) {
    throw new Error(`the ${bufferName(step)} has ${chunks} chunks of 1 KiB, counted from 0: there is no chunk ${chunk}`);
  }
  return { instance: step, chunk, len };
}

/** Says how a result ended that cannot be challenged any more; an error if it was not refuted. */
async function tellEnd(api, { view: { id }, result }) {
  const view = (await api.call.touchstoneApi.job(id)).unwrapOr(undefined);
  const wasRefuted = view?.history.some(({ attempt, end }) => attempt.eq(result.attempt) && end.isRefuted);
  if (!wasRefuted) {
    throw new Error(`the result of job ${id.toHex()} cannot be challenged any more: it stands, or its record was removed`);
  }
  console.log(`the result is refuted: ${result.provider} loses its collateral`);
}

/** The way to one chunk, from answer to answer. */
class Search {
  #told;
  #sentIn = 0;

  constructor(api, signer, committed, goal, follows) {
    Object.assign(this, { api, signer, committed, goal, follows });
    this.shown = shownOf(committed);
    this.reader = answersAbout(api, committed);
  }

  /** Asks the provider for the root of the output. */
  async begin() {
    const { api, committed: { view, result }, goal: { instance } } = this;
    if (instance === undefined || view.endpoint.isNone) {
      return;
    }
    try {
      const reach = { ...reachOf(api), patience: PATIENCE };
      const { roots, opening } = await openTrace(view.endpoint.unwrap().toUtf8(), committedTrace(result), [instance], reach);
      this.shown.know(instance, roots[0]);
      this.opening = opening;
    } catch (error) {
      console.error(`the provider does not serve the trace: ${(error.cause ?? error).message}`);
    }
  }

  /** Does the next thing at a block; returns true if nothing is left to do. */
  async look(block, number) {
    // Heads that have come since a demand was sent are of no use: they do not have it.
    if (number < this.#sentIn) {
      return undefined;
    }
    const { committed: { view, result }, goal } = this;
    const { commitment } = result;
    const [clock, bond, demands] = await Promise.all([
      block.call.touchstoneApi.clock(),
      block.call.touchstoneApi.demandBond(view.id, commitment),
      readDemands(block, commitment),
    ]);
    if (bond.isNone) {
      await tellEnd(block, this.committed);
      return true;
    }
    await gather(this.reader, this.shown, number, demands, (subject) => this.#isOfUse(subject));
    const { bytes, ask } = nextMove(this.shown, goal, this.opening);
    if (bytes) {
      console.log(`chunk ${goal.chunk} of the ${bufferName(goal.instance)} has been shown:\n${u8aToHex(bytes)}`);
      return true;
    }
    const asked = findDemand(demands, ask.subject);
    return asked ? this.#wait(asked) : this.#send(ask, { clock: clock.toNumber(), bond: bond.unwrap().toBigInt(), demands });
  }

  #isOfUse({ instance }) {
    const { goal } = this;
    return instance === undefined ? goal.instance === undefined || !this.opening : instance === goal.instance;
  }

  /** What is needed next was demanded before. */
  #wait({ subject, answered, deadline }) {
    const state = answered
      ? 'was answered, but the answer is in no block that this node has: name a node that keeps all blocks with --url'
      : `was demanded, and an answer is due by tick ${deadline}`;
    if (answered && !this.follows) {
      throw new Error(`${subjectName(subject)} ${state}`);
    }
    this.#tell(subject, answered, state);
    return this.follows ? undefined : true;
  }

  async #send(ask, { clock, bond, demands }) {
    const { api, signer, committed: { view, result } } = this;
    const { answerPrice, answerTime } = view.terms;
    const progress = ask.left === 1 ? 'the last demand before the bytes' : `the first of ${ask.left} demands until the bytes are shown`;
    const cost = `${coin(api, bond)} are held, of which an answer takes ${coin(api, answerPrice)}`;
    if (!signer) {
      console.log(`${subjectName(ask.subject)} would be demanded, ${progress}; ${cost}; nothing was sent`);
      return true;
    }
    const call = demand(api, view.id, result.commitment, ask, shownBy(demands, ask, clock));
    await ensureFunds(api, signer, [call], [{ what: 'held for the demand', amount: bond }]);
    try {
      const { blockNumber } = await transact(api, signer, call);
      const due = clock + answerTime.toNumber();
      this.#tell(ask.subject, false, `is demanded in block ${blockNumber}, ${progress}; ${cost}; an answer is due about tick ${due}`);
      this.#sentIn = blockNumber;
    } catch (error) {
      // Somebody else was faster: the answer serves everybody.
      if (!(this.follows && error instanceof ExtrinsicError && error.errorName === 'AlreadyDemanded')) {
        throw error;
      }
    }
    return this.follows ? undefined : true;
  }

  /** Says once how it stands with a demand. */
  #tell(subject, answered, state) {
    const told = `${keyOf(subject)} ${answered}`;
    if (this.#told !== told) {
      console.log(`${subjectName(subject)} ${state}`);
      this.#told = told;
    }
  }
}

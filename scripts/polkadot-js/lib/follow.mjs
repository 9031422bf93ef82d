// The life of a job, block by block.

import { coin } from './format.mjs';
import { deliver, readJob } from './job.mjs';
import { subjectName, subjectOf } from './subject.mjs';

/**
 * Calls `visit(api at the block, header)` at each new best block until it returns something other than undefined, and
 * returns that. `timeout` in milliseconds; Infinity waits without limit.
 */
export async function atEachBlock(api, visit, timeout = 300_000) {
  let unsubscribe = () => {};
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      if (timeout !== Infinity) {
        timer = setTimeout(() => reject(new Error(`the expected change did not happen within ${timeout / 1000} s`)), timeout);
        // The timer alone keeps no program running.
        timer.unref();
      }
      let queue = Promise.resolve();
      api.rpc.chain
        .subscribeNewHeads((header) => {
          queue = queue
            .then(async () => visit(await api.at(header.hash), header))
            .then((found) => found !== undefined && resolve(found))
            .catch(reject);
        })
        .then((stop) => (unsubscribe = stop), reject);
    });
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

/** The name of a job's stage. */
export function stageName({ stage }) {
  if (stage.isCommitted && stage.asCommitted.accepted.isTrue) {
    return 'Accepted';
  }
  return stage.isClosed ? stage.asClosed.reason.type : stage.type;
}

/** What each way of closing without a result means. */
const ENDINGS = {
  NoBids: 'no provider bid before the auction closed; the coins that were held are returned',
  AttemptsExhausted: 'the chain allows no further attempt; the coins that were held are returned',
  RefutedAfterAcceptance: 'the result was refuted after it was accepted; the buyer was repaid from the collateral',
  Cancelled: 'the buyer cancelled it',
};

/** Throws if a job has ended without a result. */
export function assertNoBadEnd({ id, stage }) {
  if (stage.isClosed && !stage.asClosed.reason.isSettled) {
    const { type } = stage.asClosed.reason;
    throw new Error(`job ${id.toHex()} ended as ${type}: ${ENDINGS[type] ?? 'it has no result'}`);
  }
}

/** One line for a change that `follow` reports. */
export function changeLine(api, { name, attempt, block, view: { stage } }) {
  return `block ${block}  attempt ${attempt}  ${name}${detail(api, stage)}`;
}

function detail(api, stage) {
  if (stage.isOpen) {
    return ` until tick ${stage.asOpen.closes}`;
  }
  if (stage.isAssigned) {
    const { deal, commitBy } = stage.asAssigned;
    return ` to ${deal.provider} for ${coin(api, deal.price)}, due by tick ${commitBy}`;
  }
  if (stage.isCommitted) {
    const { commitment, windowEnd } = stage.asCommitted;
    return ` ${commitment.toHex()}, open to challenge until tick ${windowEnd}`;
  }
  return '';
}

/** What the events of demands for data of a job's result mean. */
const DEMAND_EVENTS = {
  Demanded: ({ demander, deadline }) => `by ${demander}, an answer is due by tick ${deadline}`,
  Revealed: ({ by, until }) => `by ${by}, what it shows is open to challenge until tick ${until}`,
  Unanswered: ({ provider }) => `the result is refuted, and ${provider} loses its collateral`,
};

/** The events of a block about demands for data of a job's result: a list of { name, data }. */
async function demandEvents(block, id) {
  const records = await block.query.system.events();
  const events = records.map(({ event: { section, method, data } }) => ({ section, name: method, data }));
  return events.filter(({ section, name, data }) => section === 'demands' && Object.hasOwn(DEMAND_EVENTS, name) && data.job.toHex() === id);
}

/** One line for an event that `follow` hears. */
export function eventLine({ name, block, data }) {
  return `block ${block}  ${name} ${subjectName(subjectOf(data.subject))}, ${DEMAND_EVENTS[name](data)}`;
}

const isOver = (view) => view.stage.isClosed;

/**
 * Follows a job until `until(view)`; `report({ name, attempt, block, hash, view, at })` is called for each change: `block`
 * and `hash` are those of the block, `at` is the local time in milliseconds. A reorganisation can undo a stage: only the last
 * report counts. `hear({ name, block, hash, data })` is called for each event of a demand for data of the result.
 */
export async function follow(api, id, { report = () => {}, hear, until = isOver, timeout } = {}) {
  let last = '';
  return atEachBlock(
    api,
    async (block, header) => {
      const found = await block.call.touchstoneApi.job(id);
      if (found.isNone) {
        return undefined;
      }
      const view = found.unwrap();
      const place = { block: header.number.toNumber(), hash: header.hash.toHex() };
      if (hear) {
        (await demandEvents(block, view.id.toHex())).forEach(({ name, data }) => hear({ name, ...place, data }));
      }
      const name = stageName(view);
      const state = `${name} ${view.attempt}`;
      if (state !== last) {
        last = state;
        report({ name, attempt: view.attempt.toNumber(), ...place, view, at: Date.now() });
      }
      return until(view) ? view : undefined;
    },
    timeout,
  );
}

/**
 * As `follow`, and delivers the inputs to each provider that the job is assigned to. Ends with the job. A failed delivery
 * is only reported, through `complain`: the chain finds another provider.
 */
export async function attend(api, id, blobs, { report = () => {}, complain = () => {}, ...options } = {}) {
  const deliveries = [];
  const view = await follow(api, id, {
    ...options,
    report: (change) => {
      if (change.name === 'Assigned') {
        deliveries.push(deliver(api, change.view, blobs).catch(complain));
      }
      report(change);
    },
  });
  await Promise.all(deliveries);
  return view;
}

/** Waits for a provider; a job that closes first is an error. */
export async function untilAssigned(api, id, options = {}) {
  const view = await follow(api, id, { ...options, until: (job) => !job.stage.isOpen });
  assertNoBadEnd(view);
  return view;
}

/** Waits for a committed result; returns { view, result }. */
export async function untilCommitted(api, id, options = {}) {
  const view = await follow(api, id, { ...options, until: (job) => job.stage.isCommitted || job.stage.isClosed });
  assertNoBadEnd(view);
  return { view, result: (await api.call.touchstoneApi.result(id)).unwrap() };
}

/** As `readJob`, with the committed result, which must exist. `api.at(hash)` in the place of `api` reads at that block. */
export async function readResult(api, id) {
  const [view, result] = await Promise.all([readJob(api, id), api.call.touchstoneApi.result(id)]);
  if (result.isNone) {
    throw new Error(`job ${id} has no committed result: it is ${stageName(view)}`);
  }
  return { view, result: result.unwrap() };
}

// The life of a job, block by block.

import { coin } from './format.mjs';
import { deliver, readJob } from './job.mjs';

/**
 * Calls `visit(api at the block, header)` at each new best block until it returns something other than undefined, and
 * returns that. `timeout` in milliseconds; Infinity waits for ever.
 */
export async function atEachBlock(api, visit, timeout = 300_000) {
  let unsubscribe = () => {};
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      if (timeout !== Infinity) {
        timer = setTimeout(() => reject(new Error(`what was waited for did not happen in ${timeout / 1000} s`)), timeout);
        // It keeps no program alive that has ended its connection.
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

/** One word for where a job stands. */
export function stageName({ stage }) {
  if (stage.isCommitted && stage.asCommitted.accepted.isTrue) {
    return 'Accepted';
  }
  return stage.isClosed ? stage.asClosed.reason.type : stage.type;
}

/** What became of a job that closed in another way than settled. */
const ENDINGS = {
  NoBids: 'nobody bid before the auction closed; what was held for it is returned',
  AttemptsExhausted: 'as many attempts failed or were passed as the chain allows; what was held for it is returned',
  RefutedAfterAcceptance: 'the result was refuted after it was accepted; the buyer was repaid from the collateral',
  Cancelled: 'the buyer took it back',
};

/** Throws if a job is over without a result that stands. */
export function assertNoBadEnd({ id, stage }) {
  if (stage.isClosed && !stage.asClosed.reason.isSettled) {
    const { type } = stage.asClosed.reason;
    throw new Error(`job ${id.toHex()} ended as ${type}: ${ENDINGS[type] ?? 'it has no result'}`);
  }
}

/** A change that `follow` reports, in one line for people. */
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

const isOver = (view) => view.stage.isClosed;

/**
 * Follows a job until `until(view)`; `report({ name, attempt, block, view, at })` is called for each change, where `at`
 * is the local time in milliseconds. A reorganisation may take a stage back: what holds is the last report.
 */
export async function follow(api, id, { report = () => {}, until = isOver, timeout } = {}) {
  let last = '';
  return atEachBlock(
    api,
    async (block, header) => {
      const found = await block.call.touchstoneApi.job(id);
      if (found.isNone) {
        return undefined;
      }
      const view = found.unwrap();
      const name = stageName(view);
      const state = `${name} ${view.attempt}`;
      if (state !== last) {
        last = state;
        report({ name, attempt: view.attempt.toNumber(), block: header.number.toNumber(), view, at: Date.now() });
      }
      return until(view) ? view : undefined;
    },
    timeout,
  );
}

/**
 * As `follow`, and hands the inputs to whoever is assigned: again after each re-auction. Ends with the job; a delivery
 * that failed is reported through `complain` only, since the chain finds another provider by itself.
 */
export async function attend(api, id, blobs, { report = () => {}, complain = () => {}, ...options } = {}) {
  const deliveries = [];
  const view = await follow(api, id, {
    ...options,
    report: (change) => {
      if (change.name === 'Assigned') {
        deliveries.push(deliver(change.view, blobs).catch(complain));
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

/** As `readJob`, with the committed result, which must exist. */
export async function readResult(api, id) {
  const [view, result] = await Promise.all([readJob(api, id), api.call.touchstoneApi.result(id)]);
  if (result.isNone) {
    throw new Error(`job ${id} has no committed result: it is ${stageName(view)}`);
  }
  return { view, result: result.unwrap() };
}

// The life of a job, block by block.

import { deliver, readJob } from './job.mjs';

/**
 * Calls `visit(api at the block, header)` at each new best block until it returns something other than undefined, and
 * returns that. `timeout` in milliseconds.
 */
export async function atEachBlock(api, visit, timeout = 300_000) {
  let unsubscribe = () => {};
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing happened for ${timeout / 1000} s`)), timeout);
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
  if (view.stage.isClosed) {
    throw new Error(`job ${id} closed without a provider: ${view.stage.asClosed.reason.type}`);
  }
  return view;
}

/** Waits for a committed result; returns { view, result }. */
export async function untilCommitted(api, id, options = {}) {
  const view = await follow(api, id, { ...options, until: (job) => job.stage.isCommitted || job.stage.isClosed });
  if (view.stage.isClosed && !view.stage.asClosed.reason.isSettled) {
    throw new Error(`job ${id} closed without a result: ${view.stage.asClosed.reason.type}`);
  }
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

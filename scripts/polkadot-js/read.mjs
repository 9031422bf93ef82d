#!/usr/bin/env node
// Reads the market through the runtime APIs.

import { NODE_HELP, NODE_OPTIONS, REACH_HELP, REACH_OPTIONS, UsageError, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { MAX_DEMANDS } from './lib/demands.mjs';
import { fetchOutputRoots } from './lib/result.mjs';

const help = `
Reads the market. Each of these is one call of the runtime API \`TouchstoneApi\` (api.call.touchstoneApi.*).

  node read.mjs WHAT [ARGUMENT] [options]

  clock                    the current tick of the dispute clock
  terms                    the terms that a job submitted now would copy
  job JOB                  the record of a job
  result JOB               root and length of its committed trace; also the roots of the outputs, which are in the trace, if
                           its provider serves it
  demands JOB              the demands for data of its result, those that wait for an answer first
  demand_bond JOB          what the next such demand would hold
  inline_inputs JOB        the inputs that the chain carries, with their index among the inputs
  escrow JOB               what is held for it
  provider ACCOUNT         stake, devices, asks, record of a provider
  providers                all of them
  jobs_of ACCOUNT          the jobs that a buyer has submitted, until their records are removed
  duties ACCOUNT           the jobs that a provider works on, or whose result it stands by
  challengeable            the jobs whose results can be challenged now, with their results
  open_auctions            the jobs that take bids
  kernel HASH              an uploaded kernel
${NODE_HELP}
${REACH_HELP}

Lists are printed whole, of demands the first 256; the chain returns them in pages. Prints JSON in the form of
toHuman() of polkadot.js, with numbers such as "1,234". For a quote, see: node submit.mjs JOB.json --quote
`;

/** Entries that one read of a list looks at. */
const PAGE = 64;

/** All entries of a list: each page says where the next one begins. */
async function allPages(read) {
  const all = [];
  let after = null;
  do {
    const { items, next } = await read(after);
    all.push(...items);
    after = next.unwrapOr(null);
  } while (after);
  return { isNone: false, toHuman: () => all.map((entry) => entry.toHuman()) };
}

/** A result with the roots of its outputs. If its provider does not serve the trace, only standard error says so. */
async function readResult(api, id, connection) {
  const [view, result] = await Promise.all([api.job(id), api.result(id)]);
  if (view.isNone || result.isNone) {
    return result;
  }
  let roots;
  try {
    roots = await fetchOutputRoots(connection, view.unwrap(), result.unwrap());
  } catch (error) {
    console.error(`without the roots of the outputs: ${error.message}`);
  }
  return { isNone: false, toHuman: () => ({ ...result.toHuman(), ...(roots && { roots }) }) };
}

/** A read of a job's committed result: `read(api, job, commitment)`. */
function ofResult(read) {
  return async (api, id) => {
    const result = await api.result(id);
    return result.isNone ? result : read(api, id, result.unwrap().commitment);
  };
}

const READS = {
  clock: (api) => api.clock(),
  terms: (api) => api.terms(),
  job: (api, id) => api.job(id),
  result: readResult,
  demands: ofResult((api, _, commitment) => api.demands(commitment, MAX_DEMANDS)),
  demand_bond: ofResult((api, id, commitment) => api.demandBond(id, commitment)),
  escrow: (api, id) => api.escrow(id),
  provider: (api, account) => api.provider(account),
  inline_inputs: (api, id) => api.inlineInputs(id),
  providers: (api) => allPages((after) => api.providers(after, PAGE)),
  jobs_of: (api, account) => allPages((after) => api.jobsOf(account, after, PAGE)),
  duties: (api, account) => allPages((after) => api.duties(account, after, PAGE)),
  challengeable: (api) => allPages((after) => api.challengeable(after, PAGE)),
  open_auctions: (api) => allPages((after) => api.openAuctions(after, PAGE)),
  kernel: (api, hash) => api.kernel(hash),
};

const options = { ...NODE_OPTIONS, ...REACH_OPTIONS };

run({ help, options, arity: [1, 2], hashes: [1] }, async ({ url, 'allow-private': allowPrivate }, [what, argument]) => {
  const read = Object.hasOwn(READS, what) ? READS[what] : undefined;
  if (!read) {
    throw new UsageError(`${what} is not one of ${Object.keys(READS).join(', ')}`);
  }
  if (read.length > 1 && !argument) {
    throw new UsageError(`${what} needs an argument`);
  }
  const api = await connect(url, { allowPrivate });
  try {
    const answer = await read(api.call.touchstoneApi, argument, api);
    if (answer.isNone) {
      throw new Error(`the chain knows no ${what} ${argument}`);
    }
    console.log(JSON.stringify(answer.toHuman(), null, 2));
  } finally {
    await api.disconnect();
  }
});

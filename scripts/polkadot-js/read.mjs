#!/usr/bin/env node
// Reads the market through the runtime APIs.

import { NODE_HELP, NODE_OPTIONS, UsageError, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';

const help = `
Reads the market: each of these is one call of the runtime API \`TouchstoneApi\`, as api.call.touchstoneApi.* gives it.

  node read.mjs WHAT [ARGUMENT] [options]

  clock                    the current tick of the dispute clock
  terms                    the conditions that a job submitted now would copy
  job JOB                  the whole record of a job
  result JOB               its committed roots
  escrow JOB               what is held for it
  provider ACCOUNT         stake, devices, asks, record of a provider
  providers                all of them, 256 at most
  duties ACCOUNT           the jobs that a provider holds
  challengeable            the jobs whose results can be challenged now
  auctions                 the jobs that take bids
  kernel HASH              an uploaded kernel
${NODE_HELP}

Prints JSON. For a quote, see: node submit.mjs JOB.json --quote
`;

const READS = {
  clock: (api) => api.clock(),
  terms: (api) => api.terms(),
  job: (api, id) => api.job(id),
  result: (api, id) => api.result(id),
  escrow: (api, id) => api.escrow(id),
  provider: (api, account) => api.provider(account),
  providers: (api) => api.providers(null),
  duties: (api, account) => api.duties(account),
  challengeable: (api) => api.challengeable(null),
  auctions: (api) => api.openAuctions(null),
  kernel: (api, hash) => api.kernel(hash),
};

run({ help, options: NODE_OPTIONS, arity: [1, 2] }, async ({ url }, [what, argument]) => {
  const read = READS[what];
  if (!read) {
    throw new UsageError(`there is nothing called ${what} to read`);
  }
  if (read.length > 1 && !argument) {
    throw new UsageError(`${what} needs an argument`);
  }
  const api = await connect(url);
  try {
    const answer = await read(api.call.touchstoneApi, argument);
    if (answer.isNone) {
      throw new Error(`the chain knows no ${what} ${argument}`);
    }
    console.log(JSON.stringify(answer.toHuman(), null, 2));
  } finally {
    await api.disconnect();
  }
});

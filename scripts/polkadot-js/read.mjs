#!/usr/bin/env node
// Reads the market through the runtime APIs.

import { NODE_HELP, NODE_OPTIONS, UsageError, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';

const help = `
Reads the market. Each of these is one call of the runtime API \`TouchstoneApi\` (api.call.touchstoneApi.*).

  node read.mjs WHAT [ARGUMENT] [options]

  clock                    the current tick of the dispute clock
  terms                    the terms that a job submitted now would copy
  job JOB                  the record of a job
  result JOB               its committed roots
  inline_inputs JOB        the inputs that the chain carries, with their index among the inputs
  escrow JOB               what is held for it
  provider ACCOUNT         stake, devices, asks, record of a provider
  providers [AFTER]        all of them
  duties ACCOUNT           the jobs that a provider holds
  challengeable [AFTER]    the jobs whose results can be challenged now
  open_auctions [AFTER]    the jobs that take bids
  kernel HASH              an uploaded kernel
${NODE_HELP}

Lists have 256 entries at most; the last one of a list is the AFTER of the next. Prints JSON in the form of
toHuman() of polkadot.js, with numbers such as "1,234". For a quote, see: node submit.mjs JOB.json --quote
`;

const READS = {
  clock: (api) => api.clock(),
  terms: (api) => api.terms(),
  job: (api, id) => api.job(id),
  result: (api, id) => api.result(id),
  escrow: (api, id) => api.escrow(id),
  provider: (api, account) => api.provider(account),
  inline_inputs: (api, id) => api.inlineInputs(id),
  providers: (api, after = null) => api.providers(after),
  duties: (api, account) => api.duties(account),
  challengeable: (api, after = null) => api.challengeable(after),
  open_auctions: (api, after = null) => api.openAuctions(after),
  kernel: (api, hash) => api.kernel(hash),
};

run({ help, options: NODE_OPTIONS, arity: [1, 2] }, async ({ url }, [what, argument]) => {
  const read = Object.hasOwn(READS, what) ? READS[what] : undefined;
  if (!read) {
    throw new UsageError(`${what} is not one of ${Object.keys(READS).join(', ')}`);
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

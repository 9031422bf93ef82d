#!/usr/bin/env node
// Brings a development chain into a state with an entry of every kind: a provider, a kernel, and a job in each stage.
// scripts/upgrade-check.sh runs the version of this script that belongs to the release whose chain it is.

import { NODE_HELP, NODE_OPTIONS, run } from '../lib/cli.mjs';
import { connect, transact } from '../lib/chain.mjs';
import { bytesOfWords, root } from '../lib/blobs.mjs';
import { atEachBlock, readResult, untilAssigned } from '../lib/follow.mjs';
import { JobBuilder, quote, submit } from '../lib/job.mjs';
import { ensureKernel } from '../lib/kernels.mjs';
import { signerOf } from '../lib/signer.mjs';
import { traceOf } from '../lib/trace.mjs';
import { registerBare } from '../harness/bare.mjs';
import { kernelFile } from '../harness/market.mjs';

const help = `
Registers a provider on a development chain, uploads a kernel and submits jobs: one that is assigned, one that is
committed, one that is accepted, one in an open auction with a bid, and one that is cancelled. Prints their ids as JSON.

  node upgrade/populate.mjs [options]

${NODE_HELP}
`;

const COIN = 10n ** 12n;
const ROW = 16;
const SCORES = Array.from({ length: 4 * ROW }, (_, i) => ((i * 7919) % 1009) - 500);
const CLASSES = [0, 1, 2, 3].map((row) => {
  const values = SCORES.slice(row * ROW, (row + 1) * ROW);
  return values.indexOf(Math.max(...values));
});

run({ help, options: NODE_OPTIONS }, async ({ url }) => {
  const api = await connect(url, { patience: 120_000 });
  try {
    console.log(JSON.stringify(await populate(api)));
  } finally {
    await api.disconnect();
  }
});

async function populate(api) {
  const [buyer, provider] = await Promise.all(['//Bob', '//Charlie'].map((name) => signerOf(api, name)));
  const kernel = await ensureKernel(api, buyer, kernelFile('argmax'));
  await registerBare(api, provider, { stake: 1000n * COIN, price: COIN });
  const job = (change) => {
    const builder = new JobBuilder();
    const scores = builder.input(bytesOfWords(SCORES), 'Inline');
    builder.step({ kernel, reads: [scores], invocations: SCORES.length / ROW, params: [ROW] });
    return builder.build({ ceiling: 10n * COIN, deadline: 8, ...change });
  };
  const { spec } = job({});
  // A new ask becomes active some blocks later.
  await atEachBlock(api, async () => ((await quote(api, spec)).best.isSome ? true : undefined), 120_000);

  const commit = async () => {
    const { id } = await submit(api, buyer, job({}));
    const { attempt } = await untilAssigned(api, id);
    const { buffer } = traceOf([root(bytesOfWords(CLASSES))]);
    await transact(api, provider, api.tx.reverseAuction.commit(id, attempt, buffer, null));
    return id;
  };
  const open = async () => (await submit(api, buyer, job({ matching: { Open: { ticks: 40 } } }))).id;

  const auctioned = await open();
  await transact(api, provider, api.tx.reverseAuction.bid(auctioned, 0, 0, COIN));
  const cancelled = await open();
  await transact(api, buyer, api.tx.reverseAuction.cancel(cancelled));
  const accepted = await commit();
  const { result } = await readResult(api, accepted);
  await transact(api, buyer, api.tx.reverseAuction.accept(accepted, result.commitment));
  const committed = await commit();
  const { id: assigned } = await submit(api, buyer, job({ deadline: 20 }));
  await untilAssigned(api, assigned);
  return { assigned, committed, accepted, auctioned, cancelled };
}

#!/usr/bin/env node
// Submits a job from a JSON file, hands its inputs to the provider, and says where it went.

import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, run } from './lib/cli.mjs';
import { connect, signerOf } from './lib/chain.mjs';
import { attend, untilAssigned } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { deliver, quote, submit } from './lib/job.mjs';
import { ensureKernel } from './lib/kernels.mjs';
import { readManifest } from './lib/manifest.mjs';

const help = `
Submits a job and hands its inputs to the provider that takes it.

  node submit.mjs JOB.json [--quote | --stay] [options]

JOB.json is what \`touchstone submit\` reads too (paths are relative to it):

  { "ceiling": "1.5TSN", "deadline": 20,
    "input": [ { "name": "image", "file": "image.rgba" },
               { "name": "table", "file": "table.bin", "source": "inline" },
               { "name": "big",   "file": "big.bin",   "source": "https://example.org/big.bin" } ],
    "step":  [ { "name": "blurred", "kernel": "blur.kir", "reads": ["image"], "invocations": 1000, "params": [1, 2] } ] }

An input is handed to the provider ("put", the default), carried by the chain ("inline") or fetched from a URL. A kernel
is a file that \`touchstone compile\` wrote, uploaded if the chain lacks it, or the hash of one that the chain has. Steps
read inputs and earlier steps by name. Also understood: "matching": "open" with "auction": ticks (bids descend, instead
of the lowest ask at once), "class": "cpu" | "integrated" | "discrete", "min_collateral": an amount.

  --quote          only ask who would take it, at what price, and why the others would not
  --stay           stay until the job is over, and hand the inputs to another provider if the first one fails
${NODE_HELP}
${SIGNER_HELP}

The last line is the job's id. Then: node follow.mjs ID, node fetch.mjs ID -o FILE
`;

const options = { ...NODE_OPTIONS, ...SIGNER_OPTIONS, quote: { type: 'boolean', default: false }, stay: { type: 'boolean', default: false } };

run({ help, options, arity: [1, 1] }, async ({ url, signer: uri, quote: quoteOnly, stay }, [file]) => {
  const api = await connect(url);
  try {
    const buyer = await signerOf(api, uri);
    const job = await readManifest(api, file, (kernel) => ensureKernel(api, buyer, kernel));
    const offer = await quote(api, job.spec);
    printQuote(api, offer);
    if (quoteOnly) {
      return;
    }
    const { id, blockNumber } = await submit(api, buyer, job);
    console.log(`submitted in block ${blockNumber}`);
    const view = await untilAssigned(api, id);
    const { deal } = view.stage.isAssigned ? view.stage.asAssigned : view.stage.asCommitted;
    console.log(`assigned to ${deal.provider} for ${coin(api, deal.price)}`);
    await deliver(view, job.blobs);
    console.log(`${job.blobs.length} inputs handed over`);
    if (stay) {
      await attend(api, id, job.blobs, {
        report: ({ name, attempt, block }) => console.log(`block ${block}  attempt ${attempt}  ${name}`),
        complain: (error) => console.error(error.message),
      });
    }
    console.log(id);
  } finally {
    await api.disconnect();
  }
});

function printQuote(api, offer) {
  const gigafuel = (offer.totals.fuel.toNumber() / 1e9).toFixed(3);
  console.log(`${gigafuel} gigafuel; window ${offer.window} ticks; ${coin(api, offer.held)} held until it ends`);
  for (const { provider, device, price, obstacles } of offer.candidates) {
    const verdict = obstacles.length ? [...obstacles].map(({ type }) => type).join(', ') : 'would take it';
    console.log(`  ${provider} device ${device}: ${coin(api, price)}, ${verdict}`);
  }
  if (offer.best.isNone) {
    console.log('  nobody would take it now: it would become an open auction');
  }
}

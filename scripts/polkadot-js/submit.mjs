#!/usr/bin/env node
// Submits a job from a JSON file, hands its inputs to the provider, and says where it went.

import path from 'node:path';
import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, onInterrupt, run } from './lib/cli.mjs';
import { connect, signerOf } from './lib/chain.mjs';
import { assertNoBadEnd, attend, changeLine, untilAssigned } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { deliver, quote, submit } from './lib/job.mjs';
import { ensureKernel, hasKernel, readKernel } from './lib/kernels.mjs';
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

  --quote          only ask who would take it, at what price, and why the others would not; sends nothing
  --stay           stay until the job is over, however long that takes, and hand the inputs to another provider if the
                   first one fails; Ctrl-C leaves the job to itself
${NODE_HELP}
${SIGNER_HELP}

The last line is the job's id; exit code 1 if the job is over by then without a result that stands. Then: node follow.mjs ID, node fetch.mjs ID -o FILE
`;

const options = { ...NODE_OPTIONS, ...SIGNER_OPTIONS, quote: { type: 'boolean', default: false }, stay: { type: 'boolean', default: false } };

run({ help, options, arity: [1, 1] }, async ({ url, signer: uri, quote: quoteOnly, stay }, [file]) => {
  const api = await connect(url);
  try {
    if (quoteOnly) {
      printQuote(api, await quote(api, (await readUnsent(api, file)).spec));
      return;
    }
    const buyer = await signerOf(api, uri);
    const job = await readManifest(api, file, (kernel) => ensureKernel(api, buyer, kernel));
    printQuote(api, await quote(api, job.spec));
    const { id, blockNumber } = await submit(api, buyer, job);
    console.log(`submitted in block ${blockNumber}: job ${id}`);
    await (stay ? stayWith : handOver)(api, id, job.blobs);
    console.log(id);
  } finally {
    await api.disconnect();
  }
});

/** A quote is free: it uploads no kernel, but says which ones are missing. */
async function readUnsent(api, file) {
  const missing = new Set();
  const job = await readManifest(api, file, async (kernel) => {
    const { hash } = await readKernel(kernel);
    if (!(await hasKernel(api, hash))) {
      missing.add(path.relative(process.cwd(), kernel));
    }
    return hash;
  });
  if (missing.size) {
    const files = [...missing].join(' ');
    throw new Error(`the chain has no kernel ${files}: a quote needs it there. Upload it with: node upload.mjs ${files} --signer KEY`);
  }
  return job;
}

async function handOver(api, id, blobs) {
  const view = await untilAssigned(api, id, { timeout: Infinity });
  const { deal } = view.stage.isAssigned ? view.stage.asAssigned : view.stage.asCommitted;
  console.log(`assigned to ${deal.provider} for ${coin(api, deal.price)}`);
  await deliver(view, blobs);
  console.log(`${blobs.length} inputs handed over`);
}

async function stayWith(api, id, blobs) {
  onInterrupt(() => console.error(`left; the job goes on: node follow.mjs ${id}`));
  const view = await attend(api, id, blobs, {
    timeout: Infinity,
    report: (change) => console.log(changeLine(api, change)),
    complain: (error) => console.error(error.message),
  });
  assertNoBadEnd(view);
}

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

#!/usr/bin/env node
// Submits a job from a JSON file, delivers its inputs to the provider, and prints what happened.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { NODE_HELP, NODE_OPTIONS, REACH_HELP, REACH_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, UsageError, onInterrupt, run } from './lib/cli.mjs';
import { connect, transact } from './lib/chain.mjs';
import { assertNoBadEnd, attend, changeLine, untilAssigned } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { ensureFunds, jobNeeds, jobNeedsAtLeast } from './lib/funds.mjs';
import { deliver, jobId, quote, submission, submit } from './lib/job.mjs';
import { kernelNeed, kernelUpload, missingKernels, readKernel } from './lib/kernels.mjs';
import { readManifest } from './lib/manifest.mjs';
import { signerOf } from './lib/signer.mjs';

const help = `
Submits a job and delivers its inputs to the provider that takes it.

  node submit.mjs JOB.json [--quote | --stay] [options]

JOB.json has the form that \`touchstone submit\` reads too. Paths are relative to it:

  { "ceiling": "1.5TSN", "deadline": 20,
    "input": [ { "name": "image", "file": "image.rgba" },
               { "name": "table", "file": "table.bin", "source": "inline" },
               { "name": "big",   "file": "big.bin",   "source": "https://example.org/big.bin" } ],
    "step":  [ { "name": "blurred", "kernel": "blur.kir", "reads": ["image"], "invocations": 1000, "params": [1, 2] } ] }

An input is sent to the provider ("put", the default), stored on the chain ("inline"), or fetched by the provider from a URL. A kernel
is a .kir file, which is uploaded if the chain does not have it, or the hash of a kernel on the chain. Steps
read inputs and earlier steps by name. Also understood: "matching": "open" with "auction": ticks (bids descend, instead
of the lowest ask at once), "class": "cpu" | "integrated" | "discrete", "min_collateral": an amount.

  --quote          only print which providers would take it, their prices, and why the others would not; sends nothing
  --stay           wait until the job is over, and deliver the inputs to the next provider if the first one fails; after
                   Ctrl-C the job goes on without this program
  --salt HEX       the salt of an earlier try, which it printed before it sent anything. The same job with the same salt is
                   the same job: if the chain has it, it is not sent and paid for again
${NODE_HELP}
${SIGNER_HELP}
${REACH_HELP}

Before it sends anything, it prints what is held, deposits and fees, and refuses if the signer cannot pay for all of them.
The last line is the job's id. Exit code 1 if the job has ended without a result. Next: node follow.mjs ID, node fetch.mjs ID -o FILE
`;

const options = {
  ...NODE_OPTIONS,
  ...SIGNER_OPTIONS,
  ...REACH_OPTIONS,
  quote: { type: 'boolean', default: false },
  stay: { type: 'boolean', default: false },
  salt: { type: 'string', hash: true },
};

run({ help, options, arity: [1, 1] }, async (values, [file]) => {
  const { salt = u8aToHex(randomBytes(32)) } = values;
  if (!/^0x[0-9a-f]{64}$/i.test(salt)) {
    throw new UsageError(`--salt takes 0x and 64 hex digits, not ${salt}`);
  }
  const api = await connect(values.url, { allowPrivate: values['allow-private'] });
  try {
    const kernels = [];
    const job = await readManifest(api, file, async (name) => {
      const kernel = await readKernel(name);
      kernels.push(kernel);
      return kernel.hash;
    });
    const missing = await missingKernels(api, kernels);
    if (values.quote) {
      assertNoneMissing(missing);
      printQuote(api, await quote(api, job.spec));
      return;
    }
    const buyer = await signerOf(api, values.signer);
    if (missing.length) {
      await upload(api, buyer, missing, submission(api, job, salt, await codeBytes(api, job, kernels)));
    }
    const offer = await quote(api, job.spec);
    printQuote(api, offer);
    const call = submission(api, job, salt, offer.totals.codeBytes);
    if ((await api.call.touchstoneApi.job(jobId(api, buyer, call))).isNone) {
      console.log(await ensureFunds(api, buyer, [call], jobNeeds(offer)));
    }
    const announce = ({ id }) => console.log(`sending job ${id} with salt ${salt}`);
    const { id, blockNumber } = await submit(api, buyer, job, { salt, announce });
    console.log(blockNumber === undefined ? `the chain has job ${id} already` : `submitted in block ${blockNumber}: job ${id}`);
    await (values.stay ? stayWith : handOver)(api, id, job.blobs);
    console.log(id);
  } finally {
    await api.disconnect();
  }
});

/** A quote sends no transaction: it does not upload kernels, but names the missing ones. */
function assertNoneMissing(missing) {
  if (missing.length) {
    const files = missing.map((kernel) => path.relative(process.cwd(), kernel.path)).join(' ');
    throw new Error(`the chain has no kernel ${files}: a quote needs it there. Upload it with: node upload.mjs ${files} --signer KEY`);
  }
}

/** Uploads the kernels that the chain lacks, if the buyer can pay for them and for the job after that. */
async function upload(api, buyer, missing, job) {
  const uploads = missing.map((kernel) => kernelUpload(api, kernel));
  const needs = [...missing.map((kernel) => kernelNeed(api, kernel)), ...(await jobNeedsAtLeast(api, job))];
  console.log(await ensureFunds(api, buyer, [...uploads, job], needs));
  for (const [index, { hash }] of missing.entries()) {
    await transact(api, buyer, uploads[index]);
    console.log(`uploaded kernel ${hash}`);
  }
}

/** The length of the kernels of all steps, before the chain has them all and quotes it. */
async function codeBytes(api, { spec }, kernels) {
  const lengths = spec.steps.map(async ({ kernel: hash }) => {
    const local = kernels.find((kernel) => kernel.hash === hash);
    const view = local ?? (await api.call.touchstoneApi.kernel(hash)).unwrapOr(undefined);
    if (!view) {
      throw new Error(`the chain has no kernel ${hash}: name its file in the job description instead of its hash`);
    }
    return view.code.length;
  });
  return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
}

async function handOver(api, id, blobs) {
  const view = await untilAssigned(api, id, { timeout: Infinity });
  const { deal } = view.stage.isAssigned ? view.stage.asAssigned : view.stage.asCommitted;
  console.log(`assigned to ${deal.provider} for ${coin(api, deal.price)}`);
  await deliver(api, view, blobs);
  console.log(`${blobs.length} inputs delivered`);
}

async function stayWith(api, id, blobs) {
  onInterrupt(() => console.error(`stopped; the job goes on: node follow.mjs ${id}`));
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
    console.log('  no provider would take it now: it would become an open auction');
  }
}

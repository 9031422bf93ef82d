#!/usr/bin/env node
// Refutes a result in one extrinsic: one wrong word, or an output or a trace of a false length.

import { NODE_HELP, NODE_OPTIONS, REACH_HELP, REACH_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect, transact } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { ensureFunds } from './lib/funds.mjs';
import { buildLengthRefutation, buildRefutation, refute, refuteLength } from './lib/proof.mjs';
import { signerOf } from './lib/signer.mjs';

const help = `
Refutes one word of a committed result. The chain re-executes the invocation that computes the word. If the committed word
differs, the provider loses its collateral in the same transaction, and the buyer's payment stays held for the next attempt.

  node challenge.mjs JOB --step N --word N [--open READ:FIRST+COUNT]... [options]
  node challenge.mjs JOB [--step N] --length [options]

  --step N                    the step, from 0
  --word N                    the word of its output, from 0
  --open READ:FIRST+COUNT     chunks of 1 KiB to open of the READ-th buffer that the step reads, from 0. A buffer that is
                              not named is opened whole. A proof holds 512 chunks of all buffers at most, and costs by
                              what it opens
  --length                    refute the length of the step's output instead: the provider has committed, and serves, data
                              that is shorter or longer than what the step computes. Without --step: the length of the trace
${NODE_HELP}
${SIGNER_HELP}
${REACH_HELP}

The openings are fetched from the provider, which has to serve its data and the trace until the window ends. What it does not
serve of the trace and the outputs is taken from answers to demands in the blocks, if it was demanded: node demand.mjs JOB.
Inputs come from the provider alone: if it does not serve them, use \`touchstone challenge\`, which takes them from other
places too. \`touchstone verify JOB --all\` finds wrong words. kernels/README.md says what an invocation of each standard kernel reads.
A challenge of a right result (WordIsRight, LengthIsRight) costs its fee and changes nothing.
`;

const options = {
  ...NODE_OPTIONS,
  ...SIGNER_OPTIONS,
  ...REACH_OPTIONS,
  step: { type: 'string' },
  word: { type: 'string' },
  length: { type: 'boolean', default: false },
  open: { type: 'string', multiple: true, default: [] },
};

run({ help, options, arity: [1, 1], hashes: [0] }, async (values, [id]) => {
  const step = values.length && values.step === undefined ? undefined : natural('step', values.step);
  if (values.length && (values.word !== undefined || values.open.length)) {
    throw new UsageError('--length takes neither --word nor --open');
  }
  const word = values.length ? undefined : natural('word', values.word);
  const reads = values.open.map(parseOpen).reduce((all, [read, range]) => Object.assign(all, { [read]: range }), []);
  const api = await connect(values.url, { allowPrivate: values['allow-private'] });
  try {
    const call = await (values.length ? lengthCall(api, id, step) : wordCall(api, id, step, word, reads));
    console.log(`the proof is one extrinsic of ${call.encodedLength} bytes`);
    const signer = await signerOf(api, values.signer);
    await ensureFunds(api, signer, [call]);
    const { blockNumber, extrinsic } = await transact(api, signer, call);
    console.log(`refuted in block ${blockNumber} by ${extrinsic}`);
  } finally {
    await api.disconnect();
  }
});

async function wordCall(api, id, step, word, reads) {
  return refute(api, await buildRefutation(api, await readResult(api, id), step, word, reads));
}

async function lengthCall(api, id, step) {
  const refutation = await buildLengthRefutation(api, await readResult(api, id), step);
  console.log(`${refutation.len} bytes are committed, the right length is ${refutation.due}`);
  return refuteLength(api, refutation);
}

function parseOpen(text) {
  const match = /^(\d{1,2}):(\d{1,9})\+(\d{1,9})$/.exec(text);
  if (!match) {
    throw new UsageError(`--open takes READ:FIRST+COUNT, such as 0:0+6, not ${text}`);
  }
  const [read, first, count] = match.slice(1).map(Number);
  return [read, { first, count }];
}

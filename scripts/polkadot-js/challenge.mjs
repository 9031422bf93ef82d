#!/usr/bin/env node
// Refutes one wrong word, in one extrinsic.

import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect, signerOf, transact } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { buildRefutation, refute } from './lib/proof.mjs';

const help = `
Refutes one word of a committed result. The chain re-executes the one invocation that computes the word; if it differs
from the committed one, the provider's collateral is lost in the same transaction and the buyer is made whole.

  node challenge.mjs JOB --step N --word N [--open READ:FIRST+COUNT]... [options]

  --step N                    the step, from 0
  --word N                    the word of its output, from 0
  --open READ:FIRST+COUNT     chunks of 1 KiB to open of the READ-th buffer that the step reads, from 0; without it the
                              whole buffer is opened, which is simple and, for a large buffer, dear or too much
${NODE_HELP}
${SIGNER_HELP}

The openings come from the provider itself, which has to serve its data until the window ends. To find a wrong word, and
what the invocation behind it reads: \`touchstone verify JOB --all\`, and the kernel's documentation.
`;

const options = {
  ...NODE_OPTIONS,
  ...SIGNER_OPTIONS,
  step: { type: 'string' },
  word: { type: 'string' },
  open: { type: 'string', multiple: true, default: [] },
};

run({ help, options, arity: [1, 1] }, async (values, [id]) => {
  const [step, word] = [natural('step', values.step), natural('word', values.word)];
  const reads = values.open.map(parseOpen).reduce((all, [read, range]) => Object.assign(all, { [read]: range }), []);
  const api = await connect(values.url);
  try {
    const refutation = await buildRefutation(api, await readResult(api, id), step, word, reads);
    const call = refute(api, refutation);
    console.log(`the proof is one extrinsic of ${call.encodedLength} bytes`);
    const { blockNumber, extrinsic } = await transact(api, await signerOf(api, values.signer), call);
    console.log(`refuted in block ${blockNumber} by ${extrinsic}`);
  } finally {
    await api.disconnect();
  }
});

function parseOpen(text) {
  const match = /^(\d+):(\d+)\+(\d+)$/.exec(text);
  if (!match) {
    throw new UsageError(`--open takes READ:FIRST+COUNT, not ${text}`);
  }
  const [read, first, count] = match.slice(1).map(Number);
  return [read, { first, count }];
}

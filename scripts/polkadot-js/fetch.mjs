#!/usr/bin/env node
// Fetches an output and checks it against the committed trace.

import { NODE_HELP, NODE_OPTIONS, REACH_HELP, REACH_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { encodePng } from './lib/image.mjs';
import { writeOutput } from './lib/output.mjs';
import { fetchOutput } from './lib/result.mjs';

const help = `
Fetches the output of a step from the chain, if it came with the commitment, or from the provider, and checks it against its
root in the committed trace.

  node fetch.mjs JOB -o FILE [--step N] [--png WIDTHxHEIGHT] [options]

  -o, --output FILE       the file to write, only once everything has arrived and matches. A link, a pipe or a device such as
                          /dev/stdout is written into and stays what it is
  --step N                the step, from 0 (default: the last)
  --png WIDTHxHEIGHT      write packed RGBA words as a PNG picture
${NODE_HELP}
${REACH_HELP}
`;

const options = {
  ...NODE_OPTIONS,
  ...REACH_OPTIONS,
  output: { type: 'string', short: 'o' },
  step: { type: 'string' },
  png: { type: 'string' },
};

run({ help, options, arity: [1, 1], hashes: [0] }, async ({ url, output, step, png, 'allow-private': allowPrivate }, [id]) => {
  if (!output) {
    throw new UsageError('--output FILE is missing');
  }
  const size = png === undefined ? undefined : sizeOf(png);
  const api = await connect(url, { allowPrivate });
  try {
    const { view, result } = await readResult(api, id);
    const bytes = await fetchOutput(api, view, result, step === undefined ? undefined : natural('step', step));
    const { isStdout } = await writeOutput(output, size ? encodePng(...size, bytes) : bytes);
    // Standard output is not free where it has the bytes.
    const say = isStdout ? console.error : console.log;
    say(`${bytes.length} bytes, as committed, written to ${output}`);
  } finally {
    await api.disconnect();
  }
});

function sizeOf(text) {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(text);
  if (!match) {
    throw new UsageError(`--png takes WIDTHxHEIGHT, such as 640x480, not ${text}`);
  }
  return match.slice(1).map(Number);
}

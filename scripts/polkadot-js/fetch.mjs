#!/usr/bin/env node
// Fetches an output and checks it against the committed root.

import { NODE_HELP, NODE_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { encodePng } from './lib/image.mjs';
import { writeOutput } from './lib/output.mjs';
import { fetchOutput } from './lib/result.mjs';

const help = `
Fetches the output of a step from the provider and checks it against the committed root.

  node fetch.mjs JOB -o FILE [--step N] [--png WIDTHxHEIGHT] [options]

  -o, --output FILE       the file to write; it is replaced only once everything has arrived and matches
  --step N                the step, from 0 (default: the last)
  --png WIDTHxHEIGHT      write packed RGBA words as a PNG picture
${NODE_HELP}
`;

const options = {
  ...NODE_OPTIONS,
  output: { type: 'string', short: 'o' },
  step: { type: 'string' },
  png: { type: 'string' },
};

run({ help, options, arity: [1, 1] }, async ({ url, output, step, png }, [id]) => {
  if (!output) {
    throw new UsageError('--output FILE is missing');
  }
  const size = png === undefined ? undefined : sizeOf(png);
  const api = await connect(url);
  try {
    const { view, result } = await readResult(api, id);
    const bytes = await fetchOutput(view, result, step === undefined ? undefined : natural('step', step));
    await writeOutput(output, size ? encodePng(...size, bytes) : bytes);
    console.log(`${bytes.length} bytes, as committed, written to ${output}`);
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

#!/usr/bin/env node
// Fetches an output and checks it against the committed root.

import { writeFile } from 'node:fs/promises';
import { NODE_HELP, NODE_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { encodePng } from './lib/image.mjs';
import { fetchOutput } from './lib/result.mjs';

const help = `
Fetches the output of a step from the provider and checks it against the committed root.

  node fetch.mjs JOB -o FILE [--step N] [--png WIDTHxHEIGHT] [options]

  -o, --output FILE       where to write it
  --step N                which step's output, from 0 (default: the last)
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
  const api = await connect(url);
  try {
    const { view, result } = await readResult(api, id);
    const bytes = await fetchOutput(view, result, step === undefined ? undefined : natural('step', step));
    const [width, height] = (png ?? '').split('x').map(Number);
    await writeFile(output, png ? encodePng(width, height, bytes) : bytes);
    console.log(`${bytes.length} bytes, as committed, written to ${output}`);
  } finally {
    await api.disconnect();
  }
});

#!/usr/bin/env node
// Uploads compiled kernels.

import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { ensureKernel } from './lib/kernels.mjs';
import { signerOf } from './lib/signer.mjs';

const help = `
Uploads kernels that the chain does not have. After that, every buyer can use them. The signer pays a deposit for each.

  node upload.mjs FILE.kir... [options]

The standard kernels are kernels/kir/*.kir; \`touchstone compile\` makes others from WGSL.
${NODE_HELP}
${SIGNER_HELP}

Prints one line for each file: the hash, by which jobs refer to the kernel, and the file.
`;

run({ help, options: { ...NODE_OPTIONS, ...SIGNER_OPTIONS }, arity: [1, Infinity] }, async ({ url, signer: uri }, files) => {
  const api = await connect(url);
  try {
    const signer = await signerOf(api, uri);
    for (const file of files) {
      console.log(`${await ensureKernel(api, signer, file)}  ${file}`);
    }
  } finally {
    await api.disconnect();
  }
});

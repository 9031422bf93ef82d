#!/usr/bin/env node
// Uploads compiled kernels.

import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, run } from './lib/cli.mjs';
import { connect, transact } from './lib/chain.mjs';
import { ensureFunds } from './lib/funds.mjs';
import { kernelNeed, kernelUpload, missingKernels, readKernel } from './lib/kernels.mjs';
import { signerOf } from './lib/signer.mjs';

const help = `
Uploads kernels that the chain does not have. After that, every buyer can use them. The signer pays a deposit for each.

  node upload.mjs FILE.kir... [options]

The standard kernels are kernels/kir/*.kir; \`touchstone compile\` makes others from WGSL.
${NODE_HELP}
${SIGNER_HELP}

Names deposits and fees on standard error before it sends anything, and refuses if the signer cannot pay for all of them.
Prints one line for each file: the hash, by which jobs refer to the kernel, and the file.
`;

run({ help, options: { ...NODE_OPTIONS, ...SIGNER_OPTIONS }, arity: [1, Infinity] }, async ({ url, signer: uri }, files) => {
  const kernels = await Promise.all(files.map(readKernel));
  const api = await connect(url);
  try {
    const signer = await signerOf(api, uri);
    const missing = await missingKernels(api, kernels);
    if (missing.length) {
      const calls = missing.map((kernel) => kernelUpload(api, kernel));
      console.error(await ensureFunds(api, signer, calls, missing.map((kernel) => kernelNeed(api, kernel))));
      for (const call of calls) {
        await transact(api, signer, call);
      }
    }
    kernels.forEach(({ hash, path }) => console.log(`${hash}  ${path}`));
  } finally {
    await api.disconnect();
  }
});

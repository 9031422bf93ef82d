#!/usr/bin/env node
// The buyer accepts a result.

import { NODE_HELP, NODE_OPTIONS, SIGNER_HELP, SIGNER_OPTIONS, run } from './lib/cli.mjs';
import { connect, transact } from './lib/chain.mjs';
import { readResult } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { ensureFunds } from './lib/funds.mjs';
import { signerOf } from './lib/signer.mjs';

const help = `
Accepts a committed result: the price is paid with the next block. Nothing else changes: until the window ends the result
can still be refuted, and then the buyer is repaid from the collateral.

  node accept.mjs JOB [options]

${NODE_HELP}
${SIGNER_HELP}
`;

run({ help, options: { ...NODE_OPTIONS, ...SIGNER_OPTIONS }, arity: [1, 1], hashes: [0] }, async ({ url, signer: uri }, [id]) => {
  const api = await connect(url);
  try {
    const { view, result } = await readResult(api, id);
    const call = api.tx.reverseAuction.accept(id, result.commitment);
    const signer = await signerOf(api, uri);
    await ensureFunds(api, signer, [call]);
    const { blockNumber } = await transact(api, signer, call);
    const price = view.stage.isCommitted ? `, ${coin(api, view.stage.asCommitted.deal.price)} will be paid` : '';
    console.log(`accepted in block ${blockNumber}${price}`);
  } finally {
    await api.disconnect();
  }
});

// Whether an account can pay, and what it is told. The amounts are those of client/src/funds.rs and deposits.rs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobDepositAtLeast, kernelDeposit } from '../lib/deposits.mjs';
import { ensureFunds, jobNeeds, jobNeedsAtLeast } from '../lib/funds.mjs';
import { kernelNeed, missingKernels } from '../lib/kernels.mjs';

const TSN = 10n ** 12n;
const big = (value) => ({ toBigInt: () => BigInt(value) });

/** A chain on which an account has `free` coins, an extrinsic costs a quarter of one, and so does an account. */
function chain(free) {
  return {
    registry: {
      chainDecimals: [12],
      chainTokens: ['TSN'],
      createLookupType: (id) => `Lookup${id}`,
      // The record of a kernel.
      createType: (name) => ({ encodedLength: name === 'Lookup7' ? 56 : undefined }),
    },
    consts: {
      balances: { existentialDeposit: big(TSN / 4n) },
      multisig: { depositBase: big(10_000 + 88 * 10), depositFactor: big(32 * 10) },
    },
    query: {
      system: { account: async () => ({ data: { free: big(free), reserved: big(0) } }) },
      kernelRegistry: { kernels: { creator: { meta: { type: { asMap: { value: 7 } } } } } },
    },
  };
}

const SIGNER = { address: '5Buyer' };
const CALL = { paymentInfo: async (signer) => ({ partialFee: big(signer === SIGNER ? TSN / 4n : 0) }) };
const NEEDS = [
  { what: 'held for the job', amount: 10n * TSN },
  { what: 'as a deposit', amount: TSN / 2n },
  { what: 'never', amount: 0n },
];

test('what an account needs is told in amounts', async () => {
  const text =
    '5Buyer has 11 TSN free and needs 11 TSN: 10 TSN held for the job, 0.5 TSN as a deposit, 0.25 TSN for the fee of the ' +
    'transaction, 0.25 TSN that every account keeps';
  assert.equal(await ensureFunds(chain(11n * TSN), SIGNER, [CALL], NEEDS), text);
  assert.match(await ensureFunds(chain(99n * TSN), SIGNER, [CALL, CALL, CALL]), / 0\.75 TSN for the fees of 3 transactions, /);
});

test('a balance that is too low is refused, to the smallest unit of what is missing', async () => {
  for (const [free, shown, missing] of [
    [3n * TSN, '3 TSN', '8 TSN'],
    [11n * TSN - 1n, '10.999999999999 TSN', '0.000000000001 TSN'],
    [0n, '0 TSN', '11 TSN'],
  ]) {
    await assert.rejects(ensureFunds(chain(free), SIGNER, [CALL], NEEDS), {
      message:
        `5Buyer has ${shown} free and needs 11 TSN: 10 TSN held for the job, 0.5 TSN as a deposit, 0.25 TSN for the fee of the ` +
        `transaction, 0.25 TSN that every account keeps. ${missing} are missing, and nothing was sent: send the account coin, ` +
        'lower the amount, or choose another --signer',
    });
  }
});

test('the deposit of a kernel follows from the deposits of multisig accounts and the length of its record', () => {
  const api = chain(0n);
  // 100 bytes: two for their length, and 56 for the record.
  assert.equal(kernelDeposit(api, 100), 10_000n + 10n * (2n + 100n + 56n));
  assert.equal(kernelDeposit(api, 20_000), 10_000n + 10n * (4n + 20_000n + 56n));
  assert.deepEqual(kernelNeed(api, { code: new Uint8Array(100), hash: '0x12' }), {
    what: 'as a deposit for the kernel 0x12, which returns when it is removed',
    amount: 11_580n,
  });
});

test('what a job needs is that of the quote, and before there is one at least ceiling, fee, passes and deposit', async () => {
  assert.deepEqual(jobNeeds({ held: big(7), deposit: big(3) }), [
    { what: 'held for price, fee and passes', amount: 7n },
    { what: 'as a deposit that returns', amount: 3n },
  ]);
  const terms = async () => ({ feePpm: big(20_000), passFee: big(5), maxPasses: big(12) });
  const api = { ...chain(0n), call: { touchstoneApi: { terms } } };
  const call = { args: ['salt', { ceiling: big(1001), encodedLength: 90 }, { encodedLength: 10 }, 0] };
  assert.equal(jobDepositAtLeast(api, call), 11_000n);
  assert.deepEqual(await jobNeedsAtLeast(api, call), [
    // The fee, 20.02, is rounded up.
    { what: 'or more held for price, fee and passes', amount: 1001n + 21n + 60n },
    { what: 'or more as a deposit for the job', amount: 11_000n },
  ]);
});

test('kernels that the chain lacks are found once each', async () => {
  const api = { call: { touchstoneApi: { kernel: async (hash) => ({ isSome: hash === 'known' }) } } };
  const [a, again, known, b] = ['a', 'a', 'known', 'b'].map((hash, index) => ({ hash, path: `${index}` }));
  assert.deepEqual((await missingKernels(api, [a, again, known, b])).map(({ hash }) => hash), ['a', 'b']);
});

// Whether an account can pay for extrinsics, asked before anything is sent, and told in amounts.

import { balance } from './chain.mjs';
import { jobDepositAtLeast } from './deposits.mjs';
import { coin } from './format.mjs';

const HELD = 'held for price, fee and passes';

/**
 * Throws if the signer cannot pay for these extrinsics: for `needs`, a list of { what, amount } that they take besides
 * their fees, for the fees, and for the least balance that every account keeps. Returns a line that names all of it.
 */
export async function ensureFunds(api, signer, calls, needs = []) {
  const [{ free }, infos] = await Promise.all([
    balance(api, signer.address),
    Promise.all(calls.map((call) => call.paymentInfo(signer))),
  ]);
  const fees = infos.reduce((sum, { partialFee }) => sum + partialFee.toBigInt(), 0n);
  const all = [
    ...needs,
    { what: calls.length === 1 ? 'for the fee of the transaction' : `for the fees of ${calls.length} transactions`, amount: fees },
    { what: 'that every account keeps', amount: api.consts.balances.existentialDeposit.toBigInt() },
  ];
  const show = (amount) => coin(api, amount, { exact: true });
  const total = all.reduce((sum, { amount }) => sum + amount, 0n);
  const parts = all.filter(({ amount }) => amount > 0n).map(({ what, amount }) => `${show(amount)} ${what}`);
  const bill = `${signer.address} has ${show(free)} free and needs ${show(total)}: ${parts.join(', ')}`;
  if (total > free) {
    throw new Error(
      `${bill}. ${show(total - free)} are missing, and nothing was sent: send the account coin, lower the amount, or choose ` +
        'another --signer',
    );
  }
  return bill;
}

/** What a submission takes besides its fee, from the quote. */
export function jobNeeds({ held, deposit }) {
  return [
    { what: HELD, amount: held.toBigInt() },
    { what: 'as a deposit that returns', amount: deposit.toBigInt() },
  ];
}

/** The least that a submission takes besides its fee, before the chain has all its kernels: only then does it quote the job. */
export async function jobNeedsAtLeast(api, call) {
  const { feePpm, passFee, maxPasses } = await api.call.touchstoneApi.terms();
  const ceiling = call.args[1].ceiling.toBigInt();
  const share = (ceiling * feePpm.toBigInt() + 999_999n) / 1_000_000n;
  return [
    { what: `or more ${HELD}`, amount: ceiling + share + passFee.toBigInt() * maxPasses.toBigInt() },
    { what: 'or more as a deposit for the job', amount: jobDepositAtLeast(api, call) },
  ];
}

#!/usr/bin/env node
// The demonstration, from the side of a buyer with polkadot.js. scripts/demo.sh builds and starts it.

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringToU8a, u8aToHex } from '@polkadot/util';
import { registerBare } from '../harness/bare.mjs';
import { Market, kernelFile } from '../harness/market.mjs';
import { wordsOfBytes } from '../lib/blobs.mjs';
import { ExtrinsicError, balance, transact } from '../lib/chain.mjs';
import { run } from '../lib/cli.mjs';
import { countRight } from '../lib/digits.mjs';
import { assertNoBadEnd, atEachBlock, attend, readResult, untilCommitted } from '../lib/follow.mjs';
import { coin, short, table } from '../lib/format.mjs';
import { encodePng } from '../lib/image.mjs';
import { quote, submit } from '../lib/job.mjs';
import { ensureKernel } from '../lib/kernels.mjs';
import { writeOutput } from '../lib/output.mjs';
import { buildRefutation, chunksOf, refute } from '../lib/proof.mjs';
import { fetchOutput } from '../lib/result.mjs';
import { FILTERS, KERNEL_NAMES, digitsJob, mandelbrotJob, photoJob } from './jobs.mjs';
import { signerOf } from '../lib/signer.mjs';

const OUTPUT = process.env.DEMO_OUTPUT || fileURLToPath(new URL('../../../demo-output/', import.meta.url));

const COIN = 10n ** 12n;

/** The highest price the buyer pays for a job: 50 TSN. */
const CEILING = 50n * COIN;

const PEOPLE = { buyer: '//Bob', honest: '//Charlie', corrupt: '//Dave', silent: '//Alice', watcher: '//Eve', doubter: '//Ferdie' };

const ROLES = {
  buyer: 'buyer (Bob)',
  honest: 'honest provider (Charlie)',
  corrupt: 'corrupting provider (Dave)',
  silent: 'silent provider (Alice)',
  watcher: 'watcher (Eve)',
  doubter: 'wrong challenger (Ferdie)',
};

const help = `
Runs the whole market on a development chain of its own and prints what happens. Start it with scripts/demo.sh.
`;

/** Accounts that take part without a program of the demonstration. */
const OTHERS = { pool: 'verification pool' };

/** Ticks that a provider has for a job. The window of a job is 2 + 2 × this many: 42 seconds. */
const DEADLINE = 6;

/** The same for the job of the silent provider: its window is long, so that the watcher has time to start. */
const LONG_DEADLINE = 20;

/** Pixels of the job that the silent provider takes. Its device has memory for this job and for no other one here. */
const SMALL = { width: 96, height: 64 };

/** Blocks from the assignment of the digits to their commitment, at most. */
const PROMPT = 3;

const heading = (text) => console.log(`\n== ${text}`);
const say = (text) => console.log(`   ${text}`);

run({ help }, async () => {
  await mkdir(OUTPUT, { recursive: true });
  const market = await Market.open(path.join(OUTPUT, 'logs'));
  const started = Date.now();
  try {
    await new Story(market).tell();
    console.log(`\nThe demonstration took ${Math.round((Date.now() - started) / 1000)} s; pictures and logs are in ${path.relative(process.cwd(), OUTPUT)}/`);
  } finally {
    await market.close();
  }
});

class Story {
  #times = [];

  constructor(market) {
    this.market = market;
    this.api = market.api;
  }

  async tell() {
    await this.open();
    const silence = awaitedLater(this.silence());
    const [digits, photo, fractal] = await this.honestJobs();
    fractal.acceptance = awaitedLater(fractal.results[0].then(({ result }) => this.accept(fractal.id, result)));
    const fraud = awaitedLater(this.fraud());
    await this.tellDigits(digits);
    await this.tellPictures(photo, fractal);
    await this.tellFraud(await fraud);
    await this.tellSilence(await silence);
    const ends = await Promise.all([digits, photo, fractal].map(({ over }) => over));
    ends.forEach(assertNoBadEnd);
    await this.tellMoney();
    this.tellTimes();
  }

  async open() {
    heading('A chain, a provider, a watcher');
    const [chain, version, names] = await Promise.all([
      this.api.rpc.system.chain(),
      this.api.rpc.system.version(),
      Promise.all(Object.entries(PEOPLE).map(async ([role, uri]) => [role, await signerOf(this.api, uri)])),
    ]);
    this.signers = Object.fromEntries(names);
    this.addresses = {
      ...Object.fromEntries(names.map(([role, { address }]) => [role, address])),
      pool: this.api.createType('AccountId', stringToU8a('modlts/verif'.padEnd(32, '\0'))).toString(),
    };
    this.before = await this.balances();
    say(`${chain} (touchstone-node ${version}) at ${this.market.url}`);
    const [provider, kernels] = await Promise.all([
      this.market.provider('honest', PEOPLE.honest, { stake: 1000, price: 20 }),
      this.uploadKernels(),
      registerBare(this.api, this.signers.silent, { stake: 1000n * COIN, price: 5n * COIN, memory: 4 * SMALL.width * SMALL.height }),
    ]);
    this.kernels = kernels;
    this.market.watcher('watcher', PEOPLE.watcher);
    say(`the honest provider computes on ${describeAdapter(provider.description)}`);
    say(`${KERNEL_NAMES.length} kernels uploaded: ${KERNEL_NAMES.join(', ')}`);
  }

  async uploadKernels() {
    const hashes = await Promise.all(KERNEL_NAMES.map((name) => ensureKernel(this.api, this.signers.buyer, kernelFile(name))));
    return Object.fromEntries(KERNEL_NAMES.map((name, index) => [name, hashes[index]]));
  }

  async honestJobs() {
    heading('Three jobs at once');
    const { job, digits } = await digitsJob(this.kernels);
    const photo = await photoJob(this.kernels, FILTERS.sharpen);
    const fractal = mandelbrotJob(this.kernels);
    await this.untilCheapest(job, 'honest');
    const jobs = await Promise.all([
      this.buy('digits', job, { digits }),
      this.buy('photograph', photo.job, photo),
      this.buy('Mandelbrot set', fractal.job, fractal),
    ]);
    for (const { name, id, deal, steps, held } of jobs) {
      say(`${name}: ${steps} step${steps > 1 ? 's' : ''}, job ${short(id)}, for ${coin(this.api, deal.price)}; ${coin(this.api, held)} held until it is over`);
    }
    return jobs;
  }

  /** Accepts a result as soon as it is committed, because the window is short. */
  async accept(id, result) {
    return transact(this.api, this.signers.buyer, this.api.tx.reverseAuction.accept(id, result.commitment));
  }

  /**
   * Submits a job and delivers its inputs in the background. Every word that attempt `right` commits is re-executed as soon as
   * it is committed: the provider stops serving it when the window ends. If no attempt is right, it is 0. The events of
   * demands are collected in `heard`.
   */
  async buy(name, builder, rest, { right = 1, deadline = DEADLINE } = {}) {
    const { api } = this;
    const job = builder.build({ ceiling: CEILING, deadline });
    const offer = await quote(api, job.spec);
    const submitted = { at: Date.now() };
    const { id, blockNumber, blockHash } = await submit(api, this.signers.buyer, job);
    const first = (await (await api.at(blockHash)).call.touchstoneApi.job(id)).unwrap();
    const time = { name, submitted: { block: blockNumber, at: submitted.at }, stages: [] };
    this.#times.push(time);
    if (first.stage.isAssigned) {
      time.stages.push({ name: 'Assigned', attempt: 1, block: blockNumber, at: Date.now() });
    }
    // One result for each attempt, fetched when it is committed: it is served only until the window ends.
    const results = [deferred(), deferred(), deferred()];
    const heard = [];
    const over = attend(api, id, job.blobs, {
      hear: (event) => heard.push(event),
      report: (change) => {
        time.stages.push({ name: change.name, attempt: change.attempt, block: change.block, at: change.at });
        if (change.name === 'Committed') {
          const { resolve, reject } = results[change.attempt - 1];
          this.collect(id, change.hash, change.attempt === right).then(resolve, reject);
        }
      },
      complain: (error) => say(`${name}: ${error.message}`),
    });
    over.catch((error) => results.forEach(({ reject }) => reject(error)));
    return {
      ...rest,
      name,
      id,
      over,
      time,
      heard,
      steps: job.spec.steps.length,
      held: offer.held,
      fee: offer.fee,
      deal: first.stage.isAssigned ? first.stage.asAssigned.deal : offer.best.unwrap(),
      results: results.map(({ promise }) => promise),
    };
  }

  /** The result and the output at the block of the commitment: a wrong result is gone from the chain some blocks later. */
  async collect(id, hash, verify) {
    const { view, result } = await readResult(await this.api.at(hash), id);
    const verified = verify ? awaitedLater(this.verify(id)) : undefined;
    return { view, result, output: await fetchOutput(this.api, view, result), verified };
  }

  /** Re-executes every word of a result with the interpreter; an error if one differs. */
  verify(id) {
    return this.market.touchstone(['verify', id, '--all'], { nice: 10 });
  }

  async tellDigits({ results, digits }) {
    heading('1,797 handwritten digits through an int8 network');
    const result = await results[0];
    const computed = wordsOfBytes(result.output);
    const right = countRight(computed, digits.labels, digits.heldOut);
    const accuracy = right / digits.heldOut.length;
    say(`trained on ${digits.trained} of them; ${right} of the ${digits.heldOut.length} held out read correctly: ${(100 * accuracy).toFixed(2)} %`);
    if (accuracy < 0.96) {
      throw new Error('the accuracy on the held-out digits is below 96 %');
    }
    const [judged] = await Promise.all([this.askTheJudge(result, digits), result.verified]);
    const words = result.view.outputBytes.reduce((sum, bytes) => sum + bytes.toNumber() / 4, 0);
    say(`GPU = interpreter: \`touchstone verify --all\` re-executed all ${words.toLocaleString('en')} words of the 4 steps`);
    say(judged);
  }

  /** Challenges right words: the chain re-executes each and finds the committed bits. Returns one line about it. */
  async askTheJudge(result, { layers }) {
    const [first, second] = layers;
    // What the invocation behind a word reads: a row of the batch, a row of Bᵀ, the bias. See kernels/README.md.
    const row = (index, bytes) => chunksOf(index * bytes, (index + 1) * bytes);
    const digit = 1234;
    const questions = [
      { step: 0, word: digit * first.n + 7, reads: [row(digit, first.k), row(7, first.k), chunksOf(0, first.bias.length)] },
      { step: 1, word: (digit * first.n) / 4, reads: [row((digit * first.n) / 4, 16)] },
      { step: 2, word: digit * second.n + 3, reads: [row(digit, second.k), row(3, second.k), chunksOf(0, second.bias.length)] },
      { step: 3, word: digit, reads: [row(digit, second.n * 4)] },
    ];
    const refutations = await Promise.all(questions.map(({ step, word, reads }) => buildRefutation(this.api, result, step, word, reads)));
    const answers = await Promise.all(refutations.map((refutation) => this.judge(refute(this.api, refutation))));
    if (!answers.every((answer) => answer === 'WordIsRight')) {
      throw new Error(`the judge does not agree with the provider: ${answers.join(', ')}`);
    }
    const sizes = refutations.map((refutation) => refute(this.api, refutation).encodedLength);
    return `GPU = chain: challenged one word of each step (${sizes.join(', ')} bytes); the runtime recomputed them: ${answers.join(', ')}`;
  }

  async judge(call) {
    try {
      await transact(this.api, this.signers.doubter, call);
      return 'refuted';
    } catch (error) {
      if (error instanceof ExtrinsicError) {
        return error.errorName;
      }
      throw error;
    }
  }

  async tellPictures(photo, fractal) {
    heading('A photograph and a Mandelbrot set');
    await this.savePicture(photo, 0, 'china-sharpened.png');
    await this.savePicture(fractal, 0, 'mandelbrot.png');
    const { blockNumber } = await fractal.acceptance;
    say(`the buyer accepts the Mandelbrot set in block ${blockNumber}: paid with the next block, still open to challenge`);
  }

  async savePicture({ results, width, height }, attempt, file) {
    const collected = await results[attempt];
    const name = path.join(OUTPUT, file);
    await writeOutput(name, encodePng(width, height, collected.output));
    await collected.verified;
    say(`${width} × ${height}, every word as the interpreter computes it: ${path.relative(process.cwd(), name)}`);
    return collected;
  }

  /** A second provider asks for less than the first and corrupts one word of the next job. The watcher is running. */
  async fraud() {
    const photo = await photoJob(this.kernels, FILTERS.edges);
    const word = 123 * photo.width + 321;
    const flags = ['--testing-corrupt-word', `0:${word}`];
    await this.market.provider('corrupt', PEOPLE.corrupt, { stake: 1000, price: 10, flags });
    await this.untilCheapest(photo.job, 'corrupt');
    return { ...(await this.buy('edges', photo.job, photo, { right: 2 })), word };
  }

  async tellFraud(job) {
    heading('A provider that commits one wrong word');
    say(`the lowest ask was ${coin(this.api, job.deal.price)}; of ${(job.width * job.height).toLocaleString('en')} words, number ${job.word.toLocaleString('en')} is wrong`);
    const [wrong, right] = await Promise.all(job.results.slice(0, 2));
    this.compare(job.word, wordsOfBytes(wrong.output), wordsOfBytes(right.output));
    await this.tellRefutation(job);
    await this.savePicture(job, 1, 'china-edges.png');
    say('the job went to the honest provider: this is the right picture');
    assertNoBadEnd(await job.over);
  }

  compare(word, wrong, right) {
    const differing = right.reduce((count, value, index) => count + (value !== wrong[index]), 0);
    if (differing !== 1 || wrong.length !== right.length || wrong[word] === right[word]) {
      throw new Error(`${differing} words differ, not word ${word} alone`);
    }
    const hex = (value) => `0x${value.toString(16).padStart(8, '0')}`;
    say(`committed ${hex(wrong[word])}, should be ${hex(right[word])}`);
  }

  async tellRefutation({ id, deal, time }) {
    await this.assertRefutedOnce('corrupt');
    const { block } = time.stages.find(({ attempt }) => attempt > 1);
    const hash = await this.api.rpc.chain.getBlockHash(block);
    const { extrinsics } = (await this.api.rpc.chain.getBlock(hash)).block;
    const refutation = extrinsics.find(({ method }) => method.section === 'disputes' && method.method === 'refute' && method.args[0].job.toHex() === id);
    if (!refutation?.signer.eq(this.signers.watcher.address)) {
      throw new Error(`block ${block} has no refutation by the watcher`);
    }
    say(`the watcher refuted it in block ${block}, in one extrinsic of ${refutation.encodedLength} bytes`);
    say(`the provider lost its collateral of ${coin(this.api, deal.collateral)}; the buyer's payment stayed held for the next one`);
  }

  async assertRefutedOnce(role) {
    const { refuted } = (await this.api.call.touchstoneApi.provider(this.signers[role].address)).unwrap();
    if (refuted.toNumber() !== 1) {
      throw new Error(`the ${ROLES[role]} was refuted ${refuted} times, not once`);
    }
  }

  /**
   * A provider at whose endpoint nothing listens takes a small job and commits a random root. The buyer accepts the result
   * without fetching it. The watcher is running.
   */
  async silence() {
    const { job } = mandelbrotJob(this.kernels, SMALL.width, SMALL.height);
    await this.untilCheapest(job, 'silent');
    const bought = await this.buy('unserved picture', job, {}, { right: 0, deadline: LONG_DEADLINE });
    const trace = { root: u8aToHex(randomBytes(32)), len: 32 };
    await transact(this.api, this.signers.silent, this.api.tx.reverseAuction.commit(bought.id, 1, trace, null));
    const { result } = await untilCommitted(this.api, bought.id);
    await this.accept(bought.id, result);
    return bought;
  }

  async tellSilence(job) {
    heading('A provider that commits a random root and serves nothing');
    say(`the lowest ask was ${coin(this.api, job.deal.price)}; nothing listens at the provider's endpoint`);
    const fetched = await job.results[0].catch(() => undefined);
    if (fetched) {
      throw new Error('the result of the silent provider was fetched');
    }
    say('the result cannot be fetched, but the buyer accepts it: the provider is paid with the next block');
    const { terms, stage } = await job.over;
    if (!stage.asClosed.reason.isRefutedAfterAcceptance) {
      throw new Error(`the job of the silent provider ended as ${stage.asClosed.reason}`);
    }
    await this.assertRefutedOnce('silent');
    await this.tellDemand(job);
    await this.tellForfeit(job, terms);
  }

  async tellDemand({ heard }) {
    const names = heard.map(({ name }) => name).join(', ');
    const byWatcher = heard.every(({ data }) => data.demander?.eq(this.signers.watcher.address));
    if (names !== 'Demanded, Unanswered' || !byWatcher) {
      throw new Error(`the demands were not one of the watcher, without an answer: ${names}`);
    }
    const [demanded, unanswered] = heard;
    const { deadline } = demanded.data;
    const clock = await (await this.api.at(unanswered.hash)).call.touchstoneApi.clock();
    if (!clock.gt(deadline)) {
      throw new Error(`an answer was due by tick ${deadline}, and the result was refuted at tick ${clock}`);
    }
    say(`the watcher cannot check it. In block ${demanded.block} it demands the trace: an answer is due by tick ${deadline}`);
    say(`no answer comes. In block ${unanswered.block} the chain refutes the result by itself, with no other transaction`);
  }

  /** Where the collateral went in the block of the refutation. */
  async tellForfeit({ id, deal, fee, heard }, terms) {
    const events = await (await this.api.at(heard.at(-1).hash)).query.system.events();
    const isForfeit = ({ section, method, data }) => section === 'escrow' && method === 'CollateralForfeited' && data.job.toHex() === id;
    const { bounty, refund, burned } = events.map(({ event }) => event).find(isForfeit).data;
    const due = [terms.bounty, deal.price.add(fee), deal.collateral.sub(terms.bounty).sub(deal.price).sub(fee)];
    if (![bounty, refund, burned].every((amount, index) => amount.eq(due[index]))) {
      throw new Error(`of the collateral, ${bounty} went to the watcher and ${refund} to the buyer, and ${burned} burned, not ${due.join(', ')}`);
    }
    const show = (amount) => coin(this.api, amount);
    say(`of the collateral of ${show(deal.collateral)}, ${show(bounty)} go to the watcher and ${show(refund)}, price and fee, back to the buyer; the rest burns`);
  }

  /** Waits until the chain would assign the job to this provider: a new ask becomes active some blocks later. */
  async untilCheapest(builder, role) {
    const { spec } = builder.build({ ceiling: CEILING, deadline: DEADLINE });
    await atEachBlock(this.api, async () => {
      const { best } = await quote(this.api, spec);
      return best.isSome && best.unwrap().provider.eq(this.signers[role].address) ? true : undefined;
    }, 60_000);
  }

  /** The balances of all accounts and the total issuance, at one block. */
  async balances() {
    const block = await this.api.at((await this.api.rpc.chain.getHeader()).hash);
    const roles = Object.keys(this.addresses);
    const [issued, ...amounts] = await Promise.all([
      block.query.balances.totalIssuance(),
      ...roles.map((role) => balance(block, this.addresses[role])),
    ]);
    return { issued: issued.toBigInt(), of: Object.fromEntries(roles.map((role, index) => [role, amounts[index]])) };
  }

  async tellMoney() {
    heading('Balances');
    const [before, after] = [this.before, await this.balances()];
    const total = ({ free, held }) => free + held;
    const show = (amount) => coin(this.api, amount);
    const changes = Object.entries({ ...ROLES, ...OTHERS }).map(([role, title]) => {
      const [then, now] = [total(before.of[role]), total(after.of[role])];
      return { title, then, now, change: now - then, held: after.of[role].held };
    });
    const burned = before.issued - after.issued;
    const rows = changes.map(({ title, then, now, change, held }) => [title, show(then), show(now), show(change), show(held)]);
    const sum = changes.reduce((all, { change }) => all + change, burned);
    console.log(
      indent(
        table([
          ['', 'before', 'after', 'change', 'of it held'],
          ...rows,
          ['burned: fees, collateral', '', '', show(burned), ''],
          ['sum', '', '', show(sum), ''],
        ]),
      ),
    );
    if (sum !== 0n) {
      throw new Error(`the changes and the burned coins do not add up to zero: the sum is ${sum}`);
    }
    say('held: stakes, and deposits for kernels and records');
  }

  tellTimes() {
    heading('From submission: blocks (seconds)');
    const since = ({ block, at }, change) => (change ? `${change.block - block} (${((change.at - at) / 1000).toFixed(1)})` : '-');
    const rows = this.#times.map(({ name, submitted, stages }) => {
      const last = Math.max(...stages.map(({ attempt }) => attempt));
      const find = (...names) => stages.find((stage) => stage.attempt === last && names.includes(stage.name));
      const label = last > 1 ? `${name} (attempt ${last})` : name;
      const paid = find('Accepted', 'Settled');
      const because = `${paid?.name ?? '-'}${find('RefutedAfterAcceptance') ? ', then repaid' : ''}`;
      return [label, since(submitted, find('Assigned')), since(submitted, find('Committed')), since(submitted, paid), because];
    });
    console.log(indent(table([['job', 'assigned', 'committed', 'paid', 'because'], ...rows])));
    this.assertPrompt();
  }

  /** The digits must be assigned in the block that includes the job, and committed soon after by the first provider. */
  assertPrompt() {
    const { submitted, stages } = this.#times.find(({ name }) => name === 'digits');
    const [assigned, committed] = ['Assigned', 'Committed'].map((wanted) => stages.find(({ name, attempt }) => name === wanted && attempt === 1));
    if (assigned?.block !== submitted.block) {
      throw new Error(`the digits were submitted in block ${submitted.block} and assigned in block ${assigned?.block ?? '-'}`);
    }
    if (!committed || committed.block - assigned.block > PROMPT) {
      throw new Error(`the digits were assigned in block ${assigned.block} and committed in block ${committed?.block ?? '-'}: more than ${PROMPT} later`);
    }
  }
}

function describeAdapter({ adapter }) {
  const name = typeof adapter === 'string' ? adapter : adapter.name;
  return /llvmpipe|lavapipe|swiftshader/i.test(name) ? `${name}: no GPU here, so this is lavapipe, on the CPU` : `the GPU ${name}`;
}

function indent(text) {
  return text.replace(/^/gm, '   ');
}

function deferred() {
  let settle;
  const promise = awaitedLater(new Promise((resolve, reject) => (settle = { resolve, reject })));
  return { promise, ...settle };
}

/** The same promise. Its error is thrown where it is awaited, if it ever is, and not before. */
function awaitedLater(promise) {
  promise.catch(() => {});
  return promise;
}

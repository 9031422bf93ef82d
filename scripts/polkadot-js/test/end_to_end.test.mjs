// The scripts as users run them, against a real node, real providers and real kernels. The programs come from
// $TARGET_BIN (scripts/env.sh sets it); blocks take 3 seconds, a dispute window 10 of them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { u8aToHex } from '@polkadot/util';
import { PNG } from 'pngjs';
import { registerBare } from '../harness/bare.mjs';
import { Market, kernelFile } from '../harness/market.mjs';
import { bytesOfWords, root, wordsOfBytes } from '../lib/blobs.mjs';
import { balance, transact } from '../lib/chain.mjs';
import { findDemand, readDemands } from '../lib/demands.mjs';
import { atEachBlock, eventLine, follow, readResult, untilAssigned, untilCommitted } from '../lib/follow.mjs';
import { parseCoin } from '../lib/format.mjs';
import { JobBuilder, deliver, quote, submit } from '../lib/job.mjs';
import { ensureKernel } from '../lib/kernels.mjs';
import { encodeOpening, openingOf } from '../lib/openings.mjs';
import { fetchOutput } from '../lib/result.mjs';
import { signerOf } from '../lib/signer.mjs';
import { traceOf } from '../lib/trace.mjs';

const SCRIPTS = fileURLToPath(new URL('../', import.meta.url));
const ROW = 16;
const SCORES = Array.from({ length: 40 * ROW }, (_, i) => ((i * 7919) % 1009) - 500);
const CORRUPT_WORD = 17;
const argmax = kernelFile('argmax');

let market;
let folder;

before(
  async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-test-'));
    market = await Market.open(path.join(folder, 'logs'));
    // Its results are served and demanded, small as they are.
    await market.provider('honest', '//Charlie', { stake: 100, price: 2, flags: ['--carry-outputs', 0] });
    await writeFile(path.join(folder, 'scores.bin'), bytesOfWords(SCORES));
    await writeJob('job.json', {});
  },
  { timeout: 480_000 },
);

after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeJob(name, { kernel = argmax, ...change }) {
  const job = {
    input: [{ name: 'scores', file: 'scores.bin' }],
    step: [{ name: 'classes', kernel, reads: ['scores'], invocations: SCORES.length / ROW, params: [ROW] }],
    ceiling: '10TSN',
    deadline: 20,
    ...change,
  };
  await writeFile(path.join(folder, name), JSON.stringify(job));
}

/** Runs a script; resolves to { code, stdout, stderr }. */
function script(name, ...args) {
  // A last argument { interrupt: pattern } sends SIGINT once the output matches.
  const { interrupt } = typeof args.at(-1) === 'object' ? args.pop() : {};
  const env = { ...process.env, TOUCHSTONE_URL: market.url };
  const options = { cwd: folder, env, timeout: 240_000 };
  return new Promise((resolve) => {
    const child = execFile('node', [path.join(SCRIPTS, name), ...args.map(String)], options, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
    if (interrupt) {
      let seen = '';
      child.stdout.on('data', (text) => interrupt.test((seen += text)) && child.kill('SIGINT'));
    }
  });
}

async function succeeds(name, ...args) {
  const { code, stdout, stderr } = await script(name, ...args);
  assert.equal(code, 0, `${name}: ${stderr}${stdout}`);
  return stdout;
}

async function submitted(file, buyer = '//Bob') {
  const text = await succeeds('submit.mjs', file, '--signer', buyer);
  return text.trim().split('\n').at(-1);
}

function expectedClasses() {
  return Array.from({ length: SCORES.length / ROW }, (_, row) => {
    const values = SCORES.slice(row * ROW, (row + 1) * ROW);
    return values.indexOf(Math.max(...values));
  });
}

async function scoresJob(scores) {
  const job = new JobBuilder();
  const kernel = await ensureKernel(market.api, await signerOf(market.api, '//Bob'), argmax);
  job.step({ kernel, reads: [job.input(bytesOfWords(scores))], invocations: scores.length / ROW, params: [ROW] });
  return job.build({ ceiling: 10n ** 13n, deadline: 20 });
}

/** Waits until the chain would assign this job to this provider: a new ask becomes active some blocks later. */
async function untilCheapest(provider, job = undefined) {
  const { spec } = job ?? (await scoresJob(SCORES));
  const { address } = await signerOf(market.api, provider);
  const look = async () => {
    const { best } = await quote(market.api, spec);
    return best.isSome && best.unwrap().provider.toString() === address ? true : undefined;
  };
  await atEachBlock(market.api, look, 180_000);
}

test('a buyer with polkadot.js alone submits, follows, fetches, reads and accepts', { timeout: 300_000 }, async () => {
  await untilCheapest('//Charlie');
  const id = await submitted('job.json');
  assert.match(await succeeds('follow.mjs', id, '--until', 'committed'), /Committed 0x[0-9a-f]{64}/);

  await succeeds('fetch.mjs', id, '-o', 'classes.bin');
  const classes = wordsOfBytes(await readFile(path.join(folder, 'classes.bin')));
  assert.deepEqual([...classes], expectedClasses());

  const { roots, ...result } = JSON.parse(await succeeds('read.mjs', 'result', id));
  assert.deepEqual(roots, [root(await readFile(path.join(folder, 'classes.bin')))]);
  assert.deepEqual(result.trace, { root: traceOf(roots).buffer.root, len: '32' });
  const escrow = JSON.parse(await succeeds('read.mjs', 'escrow', id));
  assert.equal(escrow.buyer, (await signerOf(market.api, '//Bob')).address);
  const challengeable = JSON.parse(await succeeds('read.mjs', 'challengeable')).find(({ job }) => job.id === id);
  assert.deepEqual(challengeable.result, result);
  const buyer = (await signerOf(market.api, '//Bob')).address;
  assert.ok(JSON.parse(await succeeds('read.mjs', 'jobs_of', buyer)).some((job) => job.id === id));

  const charlie = (await signerOf(market.api, '//Charlie')).address;
  const before = await balance(market.api, charlie);
  const { price } = (await readResult(market.api, id)).view.stage.asCommitted.deal;
  assert.match(await succeeds('accept.mjs', id, '--signer', '//Bob'), /^accepted in block \d+, .+ paid\n$/);
  // The price is paid at the next tick of the dispute clock.
  const paid = await atEachBlock(market.api, async () => {
    const { free } = await balance(market.api, charlie);
    return free === before.free ? undefined : free - before.free;
  });
  assert.equal(paid, price.toBigInt());

  const twice = await script('accept.mjs', id, '--signer', '//Bob');
  assert.equal(twice.code, 1);
});

test('a submission that is repeated with its salt finds the first one and pays nothing', { timeout: 300_000 }, async () => {
  const text = await succeeds('submit.mjs', 'job.json', '--signer', '//Bob');
  const [, announced, salt] = /^sending job (0x[0-9a-f]{64}) with salt (0x[0-9a-f]{64})$/m.exec(text);
  assert.match(text, new RegExp(`^submitted in block \\d+: job ${announced}$`, 'm'));
  const bob = (await signerOf(market.api, '//Bob')).address;
  const nonce = async () => (await market.api.query.system.account(bob)).nonce.toNumber();
  const before = await nonce();
  const again = await succeeds('submit.mjs', 'job.json', '--signer', '//Bob', '--salt', salt);
  assert.match(again, new RegExp(`^the chain has job ${announced} already$`, 'm'));
  assert.equal(await nonce(), before);
  const { code, stderr } = await script('submit.mjs', 'job.json', '--salt', '7');
  assert.equal(code, 2);
  assert.match(stderr, /--salt takes 0x and 64 hex digits, not 7/);
});

test('only the buyer accepts', { timeout: 300_000 }, async () => {
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  const { code, stderr } = await script('accept.mjs', id, '--signer', '//Eve');
  assert.equal(code, 1);
  assert.match(stderr, /NotBuyer/);
});

test('the chain recomputes a right word and rejects the challenge', { timeout: 300_000 }, async () => {
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  const { code, stderr } = await script('challenge.mjs', id, '--step', 0, '--word', 3, '--signer', '//Ferdie');
  assert.equal(code, 1);
  assert.match(stderr, /WordIsRight/);
});

const BOND = '0\\.2 TSN are held, of which an answer takes 0\\.075 TSN';
const UNTIL_TICK = 'an answer is due about tick \\d+';

test('an honest provider answers a demand by itself, and everybody reads the answer in the blocks', { timeout: 300_000 }, async () => {
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  const planned = await succeeds('demand.mjs', id, '--dry-run');
  assert.match(planned, new RegExp(`^node 0 of level 0 of the trace would be demanded, the last demand before the bytes; ${BOND}; nothing was sent\\n$`));
  assert.equal(JSON.parse(await succeeds('read.mjs', 'demand_bond', id)), '200,000,000,000');

  // The provider serves the trace, so it need not be demanded.
  const found = `chunk 0 of the output of step 0 has been shown:\n${u8aToHex(bytesOfWords(expectedClasses()))}\n`;
  const followed = await succeeds('demand.mjs', id, '--step', 0, '--follow', '--signer', '//Ferdie');
  const asked = `^node 0 of level 0 of the output of step 0 is demanded in block \\d+, the last demand before the bytes; ${BOND}; ${UNTIL_TICK}\n`;
  assert.match(followed, new RegExp(`${asked}${found}$`));
  assert.equal(await succeeds('demand.mjs', id, '--step', 0, '--word', 39), found);

  const ferdie = (await signerOf(market.api, '//Ferdie')).address;
  const [{ deadline, ...demand }, ...others] = JSON.parse(await succeeds('read.mjs', 'demands', id));
  assert.deepEqual(others, []);
  assert.match(deadline, /^\d+$/);
  assert.deepEqual(demand, { job: id, instance: '0', node: { level: '0', position: '0' }, len: '160', demander: ferdie, answered: true });
});

test('a demand for data that does not exist is refused before anything is sent', { timeout: 300_000 }, async () => {
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  for (const [args, code, complaint] of [
    [['--step', 1], 1, /the job has 1 steps, numbered from 0: there is no step 1/],
    [['--step', 0, '--word', 256], 1, /the output of step 0 has 1 chunks of 1 KiB, counted from 0: there is no chunk 1/],
    [['--chunk', 7], 1, /the trace has 1 chunks of 1 KiB, counted from 0: there is no chunk 7/],
    [['--chunk', 0, '--word', 0], 2, /--word says which chunk it is: give it or --chunk/],
    [['--dry-run', '--follow'], 2, /--dry-run sends nothing, so there is nothing to --follow/],
  ]) {
    const answer = await script('demand.mjs', id, ...args, '--signer', '//Ferdie');
    assert.equal(answer.code, code, answer.stdout);
    assert.match(answer.stderr, complaint);
  }
});

test('one extrinsic refutes a wrong word, and the buyer gets the right result from another provider', { timeout: 300_000 }, async () => {
  const flags = ['--testing-corrupt-word', `0:${CORRUPT_WORD}`];
  await market.provider('corrupt', '//Dave', { stake: 100, price: 1, flags });
  await untilCheapest('//Dave');
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');

  await succeeds('fetch.mjs', id, '-o', 'wrong.bin');
  const wrong = wordsOfBytes(await readFile(path.join(folder, 'wrong.bin')));
  const differing = expectedClasses().flatMap((value, index) => (value === wrong[index] ? [] : [index]));
  assert.deepEqual(differing, [CORRUPT_WORD]);

  const narrow = ['--open', '0:1+1'];
  const refuted = await succeeds('challenge.mjs', id, '--step', 0, '--word', CORRUPT_WORD, ...narrow, '--signer', '//Ferdie');
  assert.match(refuted, /^the proof is one extrinsic of \d+ bytes\nrefuted in block \d+/);
  const dave = JSON.parse(await succeeds('read.mjs', 'provider', (await signerOf(market.api, '//Dave')).address));
  assert.equal(dave.refuted, '1');

  const again = await succeeds('submit.mjs', 'job.json', '--quote');
  assert.match(again, /NoAsk/);
});

test('a picture comes back as PNG', { timeout: 300_000 }, async () => {
  const kernel = kernelFile('mandelbrot');
  const fixed = (value) => Math.round(value * 2 ** 28);
  const params = [48, 32, fixed(-2.2), fixed(-1), fixed(1 / 16), 64];
  await writeJob('fractal.json', { input: [], step: [{ kernel, invocations: 48 * 32, params }] });
  const id = await submitted('fractal.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  await succeeds('fetch.mjs', id, '-o', 'fractal.png', '--png', '48x32');
  const { width, height, data } = PNG.sync.read(await readFile(path.join(folder, 'fractal.png')));
  assert.deepEqual([width, height], [48, 32]);
  assert.ok(new Set(wordsOfBytes(data)).size > 4, 'more than a few colours');
});

test('a job with a kernel that was never uploaded is refused before any coins are held', { timeout: 300_000 }, async () => {
  await writeJob('missing.json', { kernel: `0x${'ab'.repeat(32)}` });
  const { code, stderr } = await script('submit.mjs', 'missing.json');
  assert.equal(code, 1);
  assert.match(stderr, /the chain would not take this job: \w*Kernel\w*/);
});

test('a step that reads an unknown buffer is named', { timeout: 300_000 }, async () => {
  await writeJob('unknown.json', {
    step: [{ kernel: argmax, reads: ['scroes'], invocations: 1, params: [ROW] }],
  });
  const { code, stderr } = await script('submit.mjs', 'unknown.json');
  assert.equal(code, 1);
  assert.match(stderr, /step 0 reads scroes, which is neither an input nor an earlier step/);
});

test('a job below every ask: the quote says why, its auction ends without a bid, and following it fails', { timeout: 300_000 }, async () => {
  await writeJob('poor.json', { ceiling: '1' });
  const text = await succeeds('submit.mjs', 'poor.json', '--quote');
  assert.match(text, /AboveCeiling/);
  assert.match(text, /no provider would take it now/);

  const { code, stdout, stderr } = await script('submit.mjs', 'poor.json', '--signer', '//Bob');
  assert.equal(code, 1);
  assert.match(stderr, /ended as NoBids: no provider bid before the auction closed; the coins that were held are returned/);
  const id = /^submitted in block \d+: job (0x[0-9a-f]{64})$/m.exec(stdout)[1];
  const followed = await script('follow.mjs', id);
  assert.equal(followed.code, 1);
  assert.match(followed.stdout, /NoBids/);
  assert.match(followed.stderr, /ended as NoBids/);
});

test('a quote sends nothing: it names the kernels that the chain lacks, and how to upload them', { timeout: 300_000 }, async () => {
  await writeJob('quoted.json', {
    step: [{ kernel: kernelFile('pack_i8'), reads: ['scores'], invocations: 4 }],
  });
  const alice = await signerOf(market.api, '//Alice');
  const spent = async () => [await balance(market.api, alice.address), (await market.api.query.system.account(alice.address)).nonce.toNumber()];
  const before = await spent();
  const { code, stderr } = await script('submit.mjs', 'quoted.json', '--quote', '--signer', 'no-such-key');
  assert.equal(code, 1);
  assert.match(stderr, /the chain has no kernel \S*pack_i8\.kir: .* Upload it with: node upload\.mjs \S*pack_i8\.kir --signer KEY/);
  assert.deepEqual(await spent(), before);

  const hash = root(await readFile(kernelFile('pack_i8')));
  for (let time = 0; time < 2; time += 1) {
    assert.equal(await succeeds('upload.mjs', kernelFile('pack_i8'), '--signer', '//Bob'), `${hash}  ${kernelFile('pack_i8')}\n`);
  }
  assert.match(await succeeds('submit.mjs', 'quoted.json', '--quote', '--signer', 'no-such-key'), /would take it/);
});

test('the deposit of a kernel is named before it is held, to the smallest unit', { timeout: 300_000 }, async () => {
  const ferdie = await signerOf(market.api, '//Ferdie');
  const { held: before } = await balance(market.api, ferdie.address);
  const { code, stdout, stderr } = await script('upload.mjs', kernelFile('sha256'), kernelFile('ntt'), '--signer', '//Ferdie');
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 2);
  const named = [...stderr.matchAll(/([\d.]+ TSN) as a deposit for the kernel 0x[0-9a-f]{64}, which returns when it is removed/g)];
  assert.equal(named.length, 2, stderr);
  const { held: after } = await balance(market.api, ferdie.address);
  assert.equal(named.reduce((sum, [, amount]) => sum + parseCoin(market.api, amount), 0n), after - before);
});

test('an account with too little is refused with the amounts, and nothing is sent', { timeout: 300_000 }, async () => {
  await writeJob('dear.json', { kernel: kernelFile('softmax') });
  const needs = /^error: \w+ has 0 TSN free and needs [\d.]+ TSN: (.*)\. [\d.]+ TSN are missing, and nothing was sent: /;
  const deposit = /[\d.]+ TSN as a deposit for the kernel 0x[0-9a-f]{64}/;
  for (const [args, parts] of [
    [['upload.mjs', kernelFile('softmax'), kernelFile('kmeans_step')], [deposit, /for the fees of 2 transactions/]],
    [['submit.mjs', 'dear.json'], [deposit, /or more held for price, fee and passes/, /for the fees of 2 transactions/]],
    [['submit.mjs', 'job.json'], [/[\d.]+ TSN held for price, fee and passes, [\d.]+ TSN as a deposit that returns/]],
  ]) {
    const { code, stdout, stderr } = await script(...args, '--signer', '//Nobody');
    assert.equal(code, 1);
    assert.doesNotMatch(stdout, /sending job|uploaded/);
    const [, list] = needs.exec(stderr) ?? assert.fail(stderr);
    parts.forEach((part) => assert.match(list, part));
  }
  for (const name of ['softmax', 'kmeans_step']) {
    const hash = root(await readFile(kernelFile(name)));
    assert.ok((await market.api.call.touchstoneApi.kernel(hash)).isNone, name);
  }
});

test('a URL that the chain would refuse is refused before a kernel is uploaded', { timeout: 300_000 }, async () => {
  await writeJob('pulled.json', { kernel: kernelFile('softmax'), input: [{ name: 'scores', file: 'scores.bin', source: 'http://' }] });
  const { code, stderr } = await script('submit.mjs', 'pulled.json');
  assert.equal(code, 1);
  assert.equal(stderr, 'error: input scores: its URL cannot be used: it names no host\n');
  assert.ok((await market.api.call.touchstoneApi.kernel(root(await readFile(kernelFile('softmax'))))).isNone);
});

test('a WGSL file is refused where a compiled kernel is expected', { timeout: 300_000 }, async () => {
  await writeJob('source.json', { kernel: kernelFile('argmax').replace(/kir\/argmax\.kir$/, 'wgsl/argmax.wgsl') });
  const { code, stderr } = await script('submit.mjs', 'source.json');
  assert.equal(code, 1);
  assert.match(stderr, /argmax\.wgsl is not a compiled kernel: pass its \.kir file/);
});

test('submit --stay follows a job to its payment; then it can no longer be challenged', { timeout: 300_000 }, async () => {
  await writeJob('short.json', {
    deadline: 4,
    input: [{ name: 'scores', file: 'scores.bin', source: 'inline' }],
  });
  await untilCheapest('//Charlie');
  const text = await succeeds('submit.mjs', 'short.json', '--stay', '--signer', '//Bob');
  assert.match(text, /Assigned to .*\n.*Committed 0x.*\n.*Settled\n0x[0-9a-f]{64}\n$/);
  const id = text.trim().split('\n').at(-1);
  assert.match(await succeeds('follow.mjs', id), /Settled/);
  const inline = JSON.parse(await succeeds('read.mjs', 'inline_inputs', id));
  assert.deepEqual(inline, [['0', u8aToHex(bytesOfWords(SCORES))]]);
  for (const what of [['--word', 3], ['--length']]) {
    const { code, stderr } = await script('challenge.mjs', id, '--step', 0, ...what);
    assert.equal(code, 1);
    assert.match(stderr, /is Settled: a result can be challenged from its commitment to the end of its window/);
  }
});

test('Ctrl-C ends submit --stay, which says how to follow the job', { timeout: 300_000 }, async () => {
  await untilCheapest('//Charlie');
  const { code, stdout, stderr } = await script('submit.mjs', 'job.json', '--stay', '--signer', '//Bob', { interrupt: /Committed/ });
  assert.equal(code, 130);
  const id = /job (0x[0-9a-f]{64})/.exec(stdout)[1];
  assert.equal(stderr, `stopped; the job goes on: node follow.mjs ${id}\n`);
});

test('a challenge of a step or a word that does not exist is refused before anything is sent', { timeout: 300_000 }, async () => {
  const id = await submitted('job.json');
  await succeeds('follow.mjs', id, '--until', 'committed');
  const complaints = [
    [['--step', 1, '--word', 0], 1, /the job has 1 steps, numbered from 0: there is no step 1/],
    [['--step', 0, '--word', 40], 1, /the output of step 0 has 40 words, numbered from 0: there is no word 40/],
    [['--step', 0, '--length'], 1, /the provider serves 160 bytes as the output of step 0, which is the right length/],
    [['--length'], 1, /the provider serves 32 bytes as the trace, which is the right length/],
    [['--word', 0], 2, /--step takes a natural number, not undefined/],
    [['--step', 0, '--length', '--word', 0], 2, /--length takes neither --word nor --open/],
  ];
  for (const [args, code, complaint] of complaints) {
    const answer = await script('challenge.mjs', id, ...args, '--signer', '//Ferdie');
    assert.equal(answer.code, code, answer.stdout);
    assert.match(answer.stderr, complaint);
  }
});

test('one extrinsic refutes an output of a false length, and one a trace of a false length', { timeout: 300_000 }, async () => {
  // A provider inside this test, which serves these buffers: 41 words where 40 are right, and a trace with a root too many.
  const wrong = bytesOfWords([...expectedClasses(), 0]);
  const [trace, longTrace] = [traceOf([root(wrong)]), traceOf([root(wrong), root(wrong)])];
  const blobs = new Map([wrong, trace.bytes, longTrace.bytes].map((bytes) => [`/blobs/${root(bytes).slice(2)}`, bytes]));
  const server = http.createServer((request, response) => {
    request.resume();
    const [name, isOpening] = request.url.split('/opening?first=0&count=1');
    const bytes = blobs.get(name);
    if (request.method === 'PUT') {
      response.writeHead(201).end('{}');
    } else if (!bytes) {
      response.writeHead(404).end();
    } else if (isOpening === undefined) {
      response.writeHead(200, { 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes);
    } else {
      response.end(encodeOpening(openingOf(bytes, [{ first: 0, count: 1 }])));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const endpoint = `http://127.0.0.1:${server.address().port}`;
    await market.register('liar', '//Eve', { endpoint, stake: 100, price: 1 });
    await untilCheapest('//Eve');
    const liar = await signerOf(market.api, '//Eve');
    const committed = async (buffer) => {
      const id = await submitted('job.json');
      await transact(market.api, liar, market.api.tx.reverseAuction.commit(id, 1, buffer, null));
      return id;
    };
    const longOutput = await committed(trace.buffer);
    const longRoots = await committed({ root: longTrace.buffer.root, len: trace.buffer.len });
    const unserved = await committed({ root: root(bytesOfWords([1])), len: trace.buffer.len });

    assert.equal((await script('fetch.mjs', longOutput, '-o', 'long.bin')).code, 1);
    for (const id of [longRoots, unserved]) {
      const { code, stderr } = await script('fetch.mjs', id, '-o', 'long.bin');
      assert.equal(code, 1);
      assert.match(stderr, /the trace of the result is not available: .*: try again before the window ends, .* node challenge\.mjs JOB --length\n$/);
    }
    const { code, stdout, stderr } = await script('read.mjs', 'result', unserved);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(JSON.parse(stdout)), ['attempt', 'commitment', 'provider', 'trace', 'carried']);
    assert.match(stderr, /^without the roots of the outputs: the trace of the result is not available: .* does not serve 0x[0-9a-f]{64}: 404/);

    for (const [args, lengths] of [
      [[longOutput, '--step', 0], '164 bytes are committed, the right length is 160'],
      [[longRoots], '64 bytes are committed, the right length is 32'],
    ]) {
      const refuted = await succeeds('challenge.mjs', ...args, '--length', '--signer', '//Ferdie');
      assert.match(refuted, new RegExp(`^${lengths}\nthe proof is one extrinsic of \\d+ bytes\nrefuted in block \\d+`));
    }
    assert.equal(JSON.parse(await succeeds('read.mjs', 'provider', liar.address)).refuted, '2');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a provider that serves nothing is refuted by what it reveals, and by the chain alone if it reveals nothing', { timeout: 300_000 }, async () => {
  const { api } = market;
  const [silent, buyer] = await Promise.all(['//Alice', '//Bob'].map((name) => signerOf(api, name)));
  const builder = new JobBuilder();
  const kernel = await ensureKernel(api, buyer, kernelFile('mandelbrot'));
  builder.step({ kernel, invocations: 16 * 16, params: [16, 16, -(2 ** 29), -(2 ** 28), 2 ** 26, 64] });
  const job = builder.build({ ceiling: 10n ** 13n, deadline: 20 });
  // The device has memory for this job alone.
  await registerBare(api, silent, { stake: 10n ** 14n, price: 10n ** 11n, memory: 16 * 16 * 4 });
  await untilCheapest('//Alice', job);
  const committed = async (trace) => {
    const { id } = await submit(api, buyer, job);
    await transact(api, silent, api.tx.reverseAuction.commit(id, 1, trace, null));
    return id;
  };
  const wrong = new Uint8Array(1024).fill(7);
  const trace = traceOf([root(wrong)]);
  const shown = await committed(trace.buffer);
  const hidden = await committed({ root: root(Uint8Array.of(1, 2, 3)), len: 32 });

  const planned = await succeeds('demand.mjs', shown, '--step', 0, '--word', 3, '--dry-run');
  assert.match(planned, /^node 0 of level 0 of the trace would be demanded, the first of 2 demands until the bytes are shown; /);
  const heard = [];
  const attempt = follow(api, hidden, { hear: (event) => heard.push(event), until: ({ history }) => history.length > 0 });
  const revealed = script('demand.mjs', shown, '--step', 0, '--word', 3, '--follow', '--signer', '//Ferdie');
  const refused = script('demand.mjs', hidden, '--follow', '--signer', '//Dave');

  const { commitment } = (await readResult(api, shown)).result;
  for (const [instance, bytes] of [[undefined, trace.bytes], [0, wrong]]) {
    const subject = { instance, node: { level: 0, position: 0 } };
    await atEachBlock(api, async (block) => findDemand(await readDemands(block, commitment), subject));
    await transact(api, silent, api.tx.demands.reveal(commitment, subject, { Bytes: u8aToHex(bytes) }));
  }
  const { code, stdout, stderr } = await revealed;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^the provider does not serve the trace: .* does not answer/);
  const lines = stdout.trim().split('\n');
  assert.match(lines[0], new RegExp(`^node 0 of level 0 of the trace is demanded in block \\d+, the first of 2 demands until the bytes are shown; ${BOND}; ${UNTIL_TICK}$`));
  assert.match(lines[1], new RegExp(`^node 0 of level 0 of the output of step 0 is demanded in block \\d+, the last demand before the bytes; ${BOND}; ${UNTIL_TICK}$`));
  assert.deepEqual(lines.slice(2), ['chunk 0 of the output of step 0 has been shown:', u8aToHex(wrong)]);
  const challenged = await succeeds('challenge.mjs', shown, '--step', 0, '--word', 3, '--signer', '//Ferdie');
  assert.match(challenged, /^the proof is one extrinsic of \d+ bytes\nrefuted in block \d+/);

  const end = await refused;
  assert.equal(end.code, 0, end.stderr);
  assert.match(end.stdout, new RegExp(`^node 0 of level 0 of the trace is demanded in block .*\nthe result is refuted: ${silent.address} loses its collateral\n$`));
  await attempt;
  const dave = (await signerOf(api, '//Dave')).address;
  const [demanded, unanswered, ...others] = heard.map(eventLine);
  assert.match(demanded, new RegExp(`^block \\d+  Demanded node 0 of level 0 of the trace, by ${dave}, an answer is due by tick \\d+$`));
  assert.match(unanswered, new RegExp(`^block \\d+  Unanswered node 0 of level 0 of the trace, the result is refuted, and ${silent.address} loses its collateral$`));
  assert.deepEqual(others, []);
  assert.equal(JSON.parse(await succeeds('read.mjs', 'provider', silent.address)).refuted, '2');
});

test('a provider keeps no blob that does not match its root, and none that no job names', { timeout: 300_000 }, async () => {
  const buyer = await signerOf(market.api, '//Bob');
  const job = await scoresJob(SCORES.map((score) => score + 1));
  const { id } = await submit(market.api, buyer, job);
  const assigned = await untilAssigned(market.api, id);
  const endpoint = assigned.endpoint.unwrap().toUtf8();
  const name = job.spec.inputs[0].buffer.root;

  assert.equal(await patientPut(endpoint, name, bytesOfWords(SCORES)), 422);
  assert.equal((await fetch(`${endpoint}/blobs/${name.slice(2)}`)).status, 404);
  const foreign = await fetch(`${endpoint}/blobs/${'00'.repeat(32)}`, { method: 'PUT', body: new Uint8Array(4) });
  assert.ok(foreign.status >= 400, `${foreign.status}`);

  await deliver(market.api, assigned, job.blobs);
  const { view, result } = await untilCommitted(market.api, id);
  assert.deepEqual([...wordsOfBytes(await fetchOutput(market.api, view, result))], expectedClasses());
});

/** The status of a PUT once the provider has seen its assignment. */
async function patientPut(endpoint, name, body) {
  for (;;) {
    const { status } = await fetch(`${endpoint}/blobs/${name.slice(2)}`, { method: 'PUT', body });
    if (![409, 425].includes(status)) {
      return status;
    }
  }
}

test('a job that does not exist and a node that does not run are errors that say so', { timeout: 300_000 }, async () => {
  const unknown = await script('follow.mjs', `0x${'00'.repeat(32)}`);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /the chain knows no job 0x0+/);
  const down = await script('read.mjs', 'clock', '--url', 'ws://127.0.0.1:1');
  assert.equal(down.code, 1);
  assert.match(down.stderr, /no node answers at ws:\/\/127.0.0.1:1: start `touchstone-node --dev` or pass --url/);
  const nonsense = await script('read.mjs', 'clock', '--url', '127.0.0.1:9944');
  assert.equal(nonsense.code, 1);
  assert.match(nonsense.stderr, /127.0.0.1:9944 is not the address of a node: use one such as ws:/);
});

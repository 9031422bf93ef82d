// Tests that need no node.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { bytesOfWords, padded, root, wordOf, wordsOfBytes } from '../lib/blobs.mjs';
import { countRight, loadDigits } from '../lib/digits.mjs';
import { coin, parseCoin, table } from '../lib/format.mjs';
import { encodePng } from '../lib/image.mjs';
import { JobBuilder } from '../lib/job.mjs';
import { prepare } from '../lib/manifest.mjs';
import { chooseChunks, chunksOf } from '../lib/proof.mjs';
import { photoJob, FILTERS } from '../demo/jobs.mjs';

const TERMS = { ceiling: 5n, deadline: 4 };
const REGISTRY = { registry: { chainDecimals: [12], chainTokens: ['TSN'] } };

test('every file of tests is run', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const files = (await readdir(new URL('.', import.meta.url))).filter((name) => name.endsWith('.test.mjs'));
  assert.deepEqual(files.filter((name) => !scripts.test.includes(` test/${name}`)), []);
});

test('the root of no bytes and of three bytes are those of the BLAKE3 test vectors', () => {
  assert.equal(root(new Uint8Array()), '0xaf1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  assert.equal(root(Uint8Array.of(0, 1, 2)), '0xe1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f');
});

test('a length that is not a multiple of four is padded with zeros, any other is unchanged', () => {
  assert.deepEqual([...padded(Uint8Array.of(1, 2, 3, 4, 5))], [1, 2, 3, 4, 5, 0, 0, 0]);
  assert.deepEqual([...padded(new Uint8Array())], [0, 0, 0, 0]);
  const whole = Uint8Array.of(1, 2, 3, 4);
  assert.equal(padded(whole), whole);
});

test('words are little-endian, and negative ones are two’s complement', () => {
  const bytes = bytesOfWords([1, -2]);
  assert.deepEqual([...bytes], [1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]);
  assert.deepEqual([...wordsOfBytes(bytes)], [1, 0xfffffffe]);
});

test('a word is an integer that fits 32 bits, and nothing else is converted to one', () => {
  for (const [value, word] of [[0, 0], [2 ** 32 - 1, 0xffffffff], [-1, 0xffffffff], [-(2 ** 31), 0x80000000]]) {
    assert.equal(wordOf(value), word);
  }
  for (const value of [2 ** 32, -(2 ** 31) - 1, 1.5, NaN, Infinity, 'abc', '7', null, undefined, true, [1]]) {
    assert.throws(() => wordOf(value), /is not a 32-bit word/, `${value}`);
    assert.throws(() => bytesOfWords([value]), /is not a 32-bit word/, `${value}`);
  }
});

test('an input is never padded silently', () => {
  for (const length of [0, 1, 2, 3, 5]) {
    assert.throws(() => new JobBuilder().input(new Uint8Array(length)), new RegExp(`it has ${length} bytes; a buffer has a positive multiple of 4: pad it`));
  }
});

test('steps number the inputs first and then the outputs of the steps', () => {
  const job = new JobBuilder();
  const early = job.input(Uint8Array.of(1, 0, 0, 0), 'Inline');
  const first = job.step({ kernel: '0x01', reads: [early], invocations: 1 });
  const late = job.input(Uint8Array.of(2, 0, 0, 0));
  job.step({ kernel: '0x02', reads: [first, late, early], invocations: 2, params: [-1] });
  const { spec, inline, blobs } = job.build(TERMS);
  assert.deepEqual(spec.steps.map(({ reads }) => reads), [[0], [2, 1, 0]]);
  assert.deepEqual(spec.steps[1].params, [0xffffffff]);
  assert.deepEqual(inline, [Uint8Array.of(1, 0, 0, 0)]);
  assert.deepEqual(blobs, [Uint8Array.of(2, 0, 0, 0)]);
  assert.deepEqual(spec.inputs.map(({ source }) => source), ['Inline', 'Put']);
});

test('an input from a URL travels as neither inline data nor blob', () => {
  const job = new JobBuilder();
  job.step({ kernel: '0x01', reads: [job.input(new Uint8Array(8), { Url: 'https://a.b/c' })], invocations: 1 });
  const { spec, inline, blobs } = job.build(TERMS);
  assert.deepEqual(spec.inputs[0].source, { Url: `0x${Buffer.from('https://a.b/c').toString('hex')}` });
  assert.deepEqual([inline, blobs], [[], []]);
});

test('the chunks of a range of bytes include both ends', () => {
  assert.deepEqual(chunksOf(0, 1024), { first: 0, count: 1 });
  assert.deepEqual(chunksOf(1023, 1025), { first: 0, count: 2 });
  assert.deepEqual(chunksOf(4096, 4100), { first: 4, count: 1 });
});

test('buffers that are not named are opened whole, up to 512 chunks in all', () => {
  assert.deepEqual(chooseChunks([4096, 1], [undefined, { first: 0, count: 1 }]), [{ first: 0, count: 4 }, { first: 0, count: 1 }]);
  assert.deepEqual(chooseChunks([512 * 1024]), [{ first: 0, count: 512 }]);
  assert.deepEqual(chooseChunks([2 ** 31], [{ first: 2 ** 21 - 1, count: 1 }]), [{ first: 2 ** 21 - 1, count: 1 }]);
  assert.throws(() => chooseChunks([512 * 1024 + 4]), /this opens 513 chunks \(buffer 0: 513, whole\), and a proof holds at most 512: name/);
  assert.throws(() => chooseChunks([511 * 1024, 2048], [undefined, { first: 0, count: 2 }]), /\(buffer 0: 511, whole; buffer 1: 2\)/);
});

test('chunks beyond a buffer, none at all, and those of a buffer that is not read are refused', () => {
  assert.throws(() => chooseChunks([1025], [{ first: 2, count: 1 }]), /buffer 0 has 2 chunks of 1024 bytes: 2\+1 is not in it/);
  assert.throws(() => chooseChunks([1025], [{ first: 1, count: 2 }]), /1\+2 is not in it/);
  assert.throws(() => chooseChunks([1025], [{ first: 0, count: 0 }]), /0\+0 is not in it/);
  assert.throws(() => chooseChunks([4], [undefined, { first: 0, count: 1 }]), /the step reads 1 buffers, numbered from 0: there is no buffer 1/);
});

test('amounts are printed short and read exactly', () => {
  assert.equal(coin(REGISTRY, 1_500_000_000_000n), '1.5 TSN');
  assert.equal(coin(REGISTRY, -20_000_000_000n), '-0.02 TSN');
  assert.equal(coin(REGISTRY, 51_160_000n), '0.00005 TSN');
  assert.equal(coin(REGISTRY, 0n), '0 TSN');
  assert.equal(coin(REGISTRY, 1_000_000_000_001n), '1 TSN');
  assert.equal(coin(REGISTRY, 1_000_000_000_001n, { exact: true }), '1.000000000001 TSN');
  assert.equal(coin(REGISTRY, 8_000_000_000_000n, { exact: true }), '8 TSN');
  assert.equal(parseCoin(REGISTRY, '1.5TSN'), 1_500_000_000_000n);
  assert.equal(parseCoin(REGISTRY, '0.000000000001 TSN'), 1n);
  assert.equal(parseCoin(REGISTRY, '17'), 17n);
});

for (const nonsense of ['0.0000000000001TSN', '-1', '1.5', '1 DOT', 'TSN', '1e3']) {
  test(`${nonsense} is not an amount`, () => {
    assert.throws(() => parseCoin(REGISTRY, nonsense), /is not an amount: write 100TSN, 0.5TSN, or a whole number/);
  });
}

test('the columns of a table are aligned', () => {
  assert.equal(table([['a', 'bc'], ['abc', 1]]), 'a    bc\n---  --\nabc   1');
});

test('a picture survives as PNG, and one of another size is refused', () => {
  const pixels = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 128);
  const read = PNG.sync.read(encodePng(2, 1, pixels));
  assert.deepEqual([read.width, read.height, [...read.data]], [2, 1, [...pixels]]);
  assert.throws(() => encodePng(2, 2, pixels), /are not a picture of 2 × 2/);
});

const MANIFEST = {
  ceiling: '5TSN',
  input: [{ name: 'a', file: 'left.bin' }, { name: 'b', file: 'rite.bin', source: 'inline' }],
  step: [{ name: 'sum', kernel: 'sum.kir', reads: ['b', 'a'], invocations: 2, params: [-1] }],
};
const FILES = {
  // A file contains its own name.
  read: async (name) => Buffer.from(name === 'empty' ? '' : name),
  kernel: async (name) => `hash of ${name}`,
  deadline: 20,
};

test('a description becomes a job', async () => {
  const { spec, inline, blobs } = await prepare(REGISTRY, MANIFEST, FILES);
  assert.deepEqual([spec.ceiling, spec.deadline, spec.matching, spec.class], [5n * 10n ** 12n, 20, 'Instant', null]);
  assert.deepEqual(spec.steps, [{ kernel: 'hash of sum.kir', reads: [1, 0], invocations: 2, params: [0xffffffff] }]);
  assert.deepEqual([inline, blobs].map(([bytes]) => Buffer.from(bytes).toString()), ['rite.bin', 'left.bin']);
});

const withStep = (change) => ({ step: [{ ...MANIFEST.step[0], ...change }] });
const withFile = (file) => ({ input: [MANIFEST.input[0], { name: 'b', file }] });

const MISTAKES = [
  [{ stray: 1 }, /the job has an unknown entry stray/],
  [{ input: [{ name: 'a', file: 'four' }, { name: 'a', file: 'four' }] }, /two buffers are called a/],
  [{ input: [{ name: 'a', file: 'four', source: 'ftp://x' }] }, /^Error: input a: its URL cannot be used: it does not begin with http:\/\/ or https:\/\/$/],
  [{ input: [{ name: 'a', file: 'four', source: 'http://' }] }, /^Error: input a: its URL cannot be used: it names no host$/],
  [{ input: [{ name: 'a', file: 'four', source: 'https://me:word@x.org' }] }, /^Error: input a: its URL cannot be used: it has a user or password, which would be public$/],
  [{ input: [{ name: 'a', file: 'four', source: 'constructor' }] }, /^Error: input a: "source" is "inline", "put", or an http\(s\) URL, not "constructor"$/],
  [{ input: [{ name: 'a', file: 'four', source: 7 }] }, /^Error: input a: "source" is "inline", "put", or an http\(s\) URL, not 7$/],
  [{ input: [{ file: 'four' }] }, /an input has no "name"/],
  [{ input: [{ name: 'a' }] }, /input a has no "file"/],
  [{ input: 'a' }, /the job: "input" is a list, not "a"/],
  [{ input: [] }, /step sum reads b, which is neither an input nor an earlier step/],
  [withFile(''), /input b has no "file"/],
  [withFile('abc'), /input b: it has 3 bytes; a buffer has a positive multiple of 4: pad it with zeros/],
  [withFile('empty'), /input b: it has 0 bytes; a buffer has a positive multiple of 4: pad it with zeros/],
  [{ step: [] }, /the job has no steps/],
  [withStep({ kernel: undefined }), /step sum has no "kernel"/],
  [withStep({ reads: 'a' }), /step sum: "reads" is a list, not "a"/],
  [withStep({ params: 7 }), /step sum: "params" is a list, not 7/],
  [withStep({ params: [4294967296] }), /step sum: 4294967296 is not a 32-bit word/],
  [withStep({ params: [-2147483649] }), /step sum: -2147483649 is not a 32-bit word/],
  [withStep({ params: [0, 1.5] }), /step sum: 1.5 is not a 32-bit word/],
  [withStep({ params: ['abc'] }), /step sum: "abc" is not a 32-bit word/],
  [withStep({ params: [null] }), /step sum: null is not a 32-bit word/],
  ...[undefined, 0, -1, 1.5, 4294967296, '7'].map((invocations) => [
    withStep({ invocations }),
    /step sum: "invocations" is a whole number from 1 to 4294967295, not/,
  ]),
  [{ ceiling: undefined }, /"ceiling" is an amount such as "1.5TSN"/],
  [{ ceiling: 1.5 }, /"ceiling" is an amount such as "1.5TSN"/],
  [{ ceiling: 9007199254740992 }, /"ceiling" is an amount such as "1.5TSN"/],
  [{ ceiling: '5 DOT' }, /"ceiling": 5 DOT is not an amount/],
  [{ min_collateral: -1 }, /"min_collateral": -1 is not an amount/],
  [{ deadline: 4.5 }, /"deadline" is a whole number of ticks from 1, not 4.5/],
  [{ deadline: 0 }, /"deadline" is a whole number of ticks from 1, not 0/],
  [{ matching: 'open' }, /"open" with the length of the "auction"/],
  [{ matching: 'open', auction: '5' }, /"auction" is a whole number of ticks from 1, not "5"/],
  [{ auction: 5 }, /"open" with the length of the "auction"/],
  [{ class: 'gpu' }, /"class" is one of any, cpu, integrated, discrete, not gpu/],
  [{ class: 'toString' }, /"class" is one of any, cpu, integrated, discrete, not toString/],
];

test('a URL is taken in letters of either case, as the chain takes it', async () => {
  const input = [{ name: 'a', file: 'four', source: 'HTTP://Example.org/x' }, MANIFEST.input[1]];
  const { spec } = await prepare(REGISTRY, { ...MANIFEST, input }, FILES);
  assert.deepEqual(spec.inputs[0].source, { Url: `0x${Buffer.from('HTTP://Example.org/x').toString('hex')}` });
});

test('a URL that the chain would refuse is no source of an input', () => {
  const input = (Url) => new JobBuilder().input(new Uint8Array(4), { Url });
  assert.throws(() => input('http://user@example.org'), { message: 'its URL cannot be used: it has a user or password, which would be public' });
  assert.throws(() => input(''), { message: 'its URL cannot be used: it does not begin with http:// or https://' });
});

test('parameters reach from the least signed to the largest unsigned word', async () => {
  const { spec } = await prepare(REGISTRY, { ...MANIFEST, ...withStep({ params: [-2147483648, 4294967295] }) }, FILES);
  assert.deepEqual(spec.steps[0].params, [0x80000000, 0xffffffff]);
});

test('a description that is not an object is refused', async () => {
  for (const nothing of [null, [], 'job', 7]) {
    await assert.rejects(prepare(REGISTRY, nothing, FILES), /a job description is one JSON object/);
  }
});

for (const [change, complaint] of MISTAKES) {
  test(`a description with ${JSON.stringify(change)} is refused: ${complaint.source}`, async () => {
    await assert.rejects(prepare(REGISTRY, { ...MANIFEST, ...change }, FILES), complaint);
  });
}

test('the photograph becomes one word for each of its 640 × 427 pixels', async () => {
  const { job, width, height } = await photoJob({ convolve_rgba: '0x01' }, FILTERS.sharpen);
  assert.deepEqual([width, height], [640, 427]);
  const { spec } = job.build(TERMS);
  assert.equal(spec.inputs[0].buffer.len, 640 * 427 * 4);
  assert.equal(spec.steps[0].invocations, 640 * 427);
});

test('the committed network reads at least 96 % of the digits it never saw, in plain integers', async () => {
  const { count, pixels, labels, layers, heldOut, trained } = await loadDigits();
  assert.equal(count, 1797);
  assert.equal(heldOut.length + trained, count);
  assert.equal(new Set(heldOut).size, heldOut.length);
  const [first, second] = layers;
  const computed = Array.from({ length: count }, (_, digit) => {
    const hidden = layer(pixels.subarray(digit * first.k, (digit + 1) * first.k), first).map((acc) => requantise(acc, first));
    return argmax(layer(hidden, second));
  });
  const right = countRight(computed, labels, heldOut);
  assert.ok(right / heldOut.length >= 0.96, `${right} of ${heldOut.length}`);
});

function layer(row, { n, k, weights, bias }) {
  const signed = new Int8Array(weights.buffer, weights.byteOffset, weights.length);
  const offsets = new Int32Array(bias.buffer.slice(bias.byteOffset, bias.byteOffset + bias.length));
  return Array.from({ length: n }, (_, column) => {
    let acc = offsets[column];
    for (let i = 0; i < k; i += 1) {
      acc += row[i] * signed[column * k + i];
    }
    return acc;
  });
}

function requantise(acc, { multiplier, shift }) {
  const high = (BigInt(acc) * BigInt(multiplier)) >> 32n;
  const rounded = shift ? (high + (1n << BigInt(shift - 1))) >> BigInt(shift) : high;
  return Number(rounded < 0n ? 0n : rounded > 127n ? 127n : rounded);
}

function argmax(scores) {
  return scores.indexOf(Math.max(...scores));
}

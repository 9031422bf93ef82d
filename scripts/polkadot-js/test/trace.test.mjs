// The trace of a result, as a provider serves it. A provider is not trusted.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { TypeRegistry } from '@polkadot/types';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { root } from '../lib/blobs.mjs';
import { decodeOpening, defectOf, encodeOpening, openingOf } from '../lib/openings.mjs';
import { buildLengthRefutation, buildRefutation } from '../lib/proof.mjs';
import { assertStep, fetchOutput, fetchOutputRoots, splitOutputs } from '../lib/result.mjs';
import { committedTrace, fetchRoots, openTrace, traceOf } from '../lib/trace.mjs';

// The provider of these tests is on this machine.
const REACH = { allowPrivate: true };
const roots = Array.from({ length: 4096 }, (_, index) => root(Uint8Array.of(index & 255, index >> 8)));

let server;
let endpoint;
let blobs;
let requests;

before(async () => {
  server = http.createServer((request, response) => {
    requests.push(request.url);
    const { pathname, searchParams } = new URL(request.url, 'http://provider');
    const [, , name, isOpening] = pathname.split('/');
    const bytes = blobs.get(`0x${name}`);
    if (!bytes) {
      response.writeHead(404).end('not held here');
    } else if (isOpening) {
      const [first, count] = ['first', 'count'].map((key) => Number(searchParams.get(key)));
      response.end(encodeOpening(openingOf(bytes, [{ first, count }])));
    } else {
      response.writeHead(200, { 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${server.address().port}`;
});

beforeEach(() => {
  blobs = new Map();
  requests = [];
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** Lets the provider serve the bytes; returns their root. */
function serve(bytes) {
  blobs.set(root(bytes), bytes);
  return root(bytes);
}

const opened = () => requests.filter((url) => url.includes('/opening')).map((url) => url.replace(/^.*\?/, '')).sort();

test('a trace is the roots one after the other', async () => {
  const { bytes, buffer } = traceOf(roots.slice(0, 3));
  assert.equal(bytes.length, 96);
  assert.equal(u8aToHex(bytes.subarray(32, 64)), roots[1]);
  assert.deepEqual(buffer, { root: serve(bytes), len: 96 });
  assert.deepEqual(await fetchRoots(endpoint, buffer, REACH), roots.slice(0, 3));
});

test('of a long trace, only the chunks with the roots are fetched, and their openings are merged', async () => {
  const { bytes, buffer } = traceOf(roots);
  serve(bytes);
  const instances = [4095, 0, 70, 40, 31, 70];
  const { roots: found, opening } = await openTrace(endpoint, buffer, instances, REACH);
  assert.deepEqual(found, instances.map((instance) => roots[instance]));
  assert.deepEqual(opened(), ['first=0&count=3', 'first=127&count=1']);
  const merged = decodeOpening(opening);
  assert.deepEqual(merged.ranges, [{ first: 0, count: 3 }, { first: 127, count: 1 }]);
  assert.equal(defectOf(merged, buffer.root, buffer.len), undefined);
});

test('the last chunk of a trace may be short', async () => {
  const { bytes, buffer } = traceOf(roots.slice(0, 33));
  serve(bytes);
  assert.deepEqual((await openTrace(endpoint, buffer, [32], REACH)).roots, [roots[32]]);
});

const REMEDY = /Without it no output can be fetched or refuted: try again before the window ends, .* node challenge\.mjs JOB --length$/;

test('a trace that is not served, or not as committed, is an error that says what it means', async () => {
  const { bytes, buffer } = traceOf(roots.slice(0, 40));
  const both = async (complaint) => {
    for (const read of [fetchRoots(endpoint, buffer, REACH), openTrace(endpoint, buffer, [39], REACH)]) {
      const { message } = await read.then(() => assert.fail('it was read'), (error) => error);
      assert.match(message, complaint);
      assert.match(message, REMEDY);
    }
  };
  await both(/^the trace of the result is not available: the provider at http:\S+ does not (serve|open) 0x[0-9a-f]{64}: 404 not held here\. /);
  const other = bytes.slice();
  other[1279] ^= 1;
  blobs.set(buffer.root, other);
  await both(/served bytes that do not match the root|sent a false opening of chunks 1\+1 of 0x[0-9a-f]{64}, a buffer of 1280 bytes: WrongRoot/);
  blobs.set(buffer.root, bytes.subarray(0, 1056));
  await both(/served 1056 bytes of 0x[0-9a-f]{64}, the chain says 1280|a buffer of 1280 bytes: MissingData/);
});

test('a provider that opens other chunks than were asked for is refused', async () => {
  const { bytes, buffer } = traceOf(roots.slice(0, 40));
  const liar = http.createServer((request, response) => response.end(encodeOpening(openingOf(bytes, [{ first: 0, count: 1 }]))));
  await new Promise((resolve) => liar.listen(0, '127.0.0.1', resolve));
  try {
    await assert.rejects(openTrace(`http://127.0.0.1:${liar.address().port}`, buffer, [39], REACH), /sent a false opening of chunks 1\+1 .*: not what was asked for/);
  } finally {
    liar.closeAllConnections();
    liar.close();
  }
});

test('a private address keeps its own remedy', async () => {
  const { buffer } = traceOf(roots.slice(0, 1));
  await assert.rejects(fetchRoots(endpoint, buffer, { allowPrivate: false }), /^Error: the provider at \S+ cannot be used: .* --allow-private/);
});

// What the chain answers about a job whose second step reads an input and the first step's output, with the types of the
// metadata that matter here.
const registry = new TypeRegistry();
registry.register({
  Buffer: { root: '[u8; 32]', len: 'u32' },
  ChunkRange: { first: 'u32', count: 'u32' },
  Opening: { ranges: 'Vec<ChunkRange>', data: 'Bytes', siblings: 'Vec<[u8; 32]>' },
  Target: { _enum: { Trace: 'Null', Output: { instance: 'u32', trace: 'Opening' } } },
  Proof: { trace: 'Opening', output: 'Opening', reads: 'Vec<Opening>' },
  Input: { buffer: 'Buffer' },
  Step: { kernel: '[u8; 32]', reads: 'Bytes', invocations: 'u32' },
  Spec: { inputs: 'Vec<Input>', steps: 'Vec<Step>' },
  Totals: { fuel: 'u64' },
  Stage: { _enum: ['Open', 'Assigned', 'Committed', 'Closed'] },
  View: { id: '[u8; 32]', spec: 'Spec', totals: 'Totals', stage: 'Stage', endpoint: 'Option<Bytes>', outputBytes: 'Vec<u32>' },
  Result: { commitment: '[u8; 32]', trace: 'Buffer' },
  Kernel: { code: 'Bytes' },
});

const INPUT = Uint8Array.from({ length: 4096 }, (_, index) => index % 253);
const OUTPUTS = [1, 2].map((seed) => Uint8Array.from({ length: 3000 }, (_, index) => (index * seed) % 251));

function committed({ trace = traceOf(OUTPUTS.map(serve)), len = 64 } = {}) {
  serve(INPUT);
  serve(trace.bytes);
  const step = (reads) => ({ kernel: root(INPUT), reads: u8aToHex(Uint8Array.from(reads)), invocations: 10 });
  const view = registry.createType('View', {
    id: `0x${'11'.repeat(32)}`,
    spec: { inputs: [{ buffer: { root: root(INPUT), len: INPUT.length } }], steps: [step([0]), step([1, 0, 1])] },
    totals: { fuel: 1000 },
    stage: 'Committed',
    endpoint: u8aToHex(Buffer.from(endpoint)),
    outputBytes: OUTPUTS.map(({ length }) => length),
  });
  const result = registry.createType('Result', { commitment: `0x${'22'.repeat(32)}`, trace: { root: trace.buffer.root, len } });
  return { view, result, trace };
}

const api = { call: { touchstoneApi: { kernel: async () => registry.createType('Option<Kernel>', { code: '0x01020304' }) } } };

test('a refutation opens each chunk of the trace once, with the output and what is read', async () => {
  const { view, result, trace } = committed();
  const { claim, limits, proof } = await buildRefutation(api, { view, result }, 1, 300, [{ first: 1, count: 1 }], REACH);
  assert.deepEqual([claim.instance, claim.word], [1, 300]);
  assert.deepEqual(limits, { fuel: 100n, codeBytes: 4 });
  const decoded = registry.createType('Proof', proof);
  assert.equal(decoded.encodedLength, proof.length);
  const parts = [decoded.trace, decoded.output, ...decoded.reads].map((part) => decodeOpening(part.toU8a()));
  const buffers = [trace.bytes, OUTPUTS[1], OUTPUTS[0], INPUT, OUTPUTS[0]];
  const ranges = [[0, 1], [1, 1], [1, 1], [0, 4], [0, 3]];
  for (const [index, opening] of parts.entries()) {
    const [first, count] = ranges[index];
    assert.deepEqual(opening, openingOf(buffers[index], [{ first, count }]), `${index}`);
  }
});

test('a refutation of a length names the trace, or an output with the chunk of the trace that has its root', async () => {
  const long = traceOf(roots.slice(0, 3));
  const ofTrace = await buildLengthRefutation(api, committed({ trace: long }), undefined, REACH);
  assert.deepEqual([ofTrace.target, ofTrace.due, ofTrace.len], ['Trace', 64, 96]);
  assert.deepEqual(decodeOpening(ofTrace.opening), openingOf(long.bytes, [{ first: 0, count: 1 }]));

  const output = new Uint8Array(3004);
  const trace = traceOf([OUTPUTS[0], output].map(serve));
  const ofOutput = await buildLengthRefutation(api, committed({ trace }), 1, REACH);
  assert.deepEqual([ofOutput.due, ofOutput.len], [3000, 3004]);
  const target = registry.createType('Target', ofOutput.target);
  assert.equal(target.asOutput.instance.toNumber(), 1);
  assert.deepEqual(decodeOpening(target.asOutput.trace.toU8a()), openingOf(trace.bytes, [{ first: 0, count: 1 }]));
  assert.deepEqual(decodeOpening(ofOutput.opening), openingOf(output, [{ first: 2, count: 1 }]));

  const right = committed();
  await assert.rejects(buildLengthRefutation(api, right, undefined, REACH), /serves 64 bytes as the trace, which is the right length/);
  await assert.rejects(buildLengthRefutation(api, right, 0, REACH), /serves 3000 bytes as the output of step 0, which is the right length/);
  await assert.rejects(buildLengthRefutation(api, right, 2, REACH), /the job has 2 steps, numbered from 0: there is no step 2/);
});

test('root and length of a trace come from the chain as they are', () => {
  const { result, view, trace } = committed();
  assert.deepEqual(committedTrace(result), trace.buffer);
  assert.throws(() => assertStep(view, 2), /there is no step 2/);
});

test('outputs that came with the commitment are read from the chain, and the provider is not asked', async () => {
  const { result, view, trace } = committed();
  const bytes = u8aConcat(...OUTPUTS);
  const chain = { call: { touchstoneApi: { outputs: async () => registry.createType('Option<Bytes>', u8aToHex(bytes)) } } };
  const carried = { trace: result.trace, carried: { isTrue: true } };
  for (const [step, output] of OUTPUTS.entries()) {
    assert.deepEqual(await fetchOutput(chain, view, carried, step), output);
  }
  assert.deepEqual(await fetchOutput(chain, view, carried), OUTPUTS.at(-1));
  assert.deepEqual(await fetchOutputRoots(chain, view, carried), OUTPUTS.map(root));
  assert.deepEqual(requests, []);

  const lengths = OUTPUTS.map(({ length }) => length);
  assert.deepEqual(splitOutputs(bytes, lengths, trace.buffer), OUTPUTS);
  const other = bytes.slice();
  other[0] ^= 1;
  for (const wrong of [other, bytes.subarray(1), u8aConcat(bytes, Uint8Array.of(0)), new Uint8Array()]) {
    assert.equal(splitOutputs(wrong, lengths, trace.buffer), undefined);
  }
  assert.equal(splitOutputs(bytes, [2996, 3004], trace.buffer), undefined);
});

// Demands without a node: answers as they lie in blocks, the way from one to the next, and refutations by what they show.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TypeRegistry } from '@polkadot/types';
import { compactToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { AnswerReader, answersIn } from '../lib/answers.mjs';
import { bytesOfWords, root } from '../lib/blobs.mjs';
import { findDemand, gather, nextMove, shownBy } from '../lib/demands.mjs';
import { rangeOf, revealedLevel, topOf } from '../lib/nodes.mjs';
import { decodeOpening, encodeOpening, openingOf } from '../lib/openings.mjs';
import { buildRefutation } from '../lib/proof.mjs';
import { ShownResult } from '../lib/shown.mjs';
import { subjectName, subjectOf } from '../lib/subject.mjs';
import { traceOf } from '../lib/trace.mjs';
import { subtreeValue } from '../lib/tree.mjs';

const CHUNK = 1024;
const COMMITMENT = new Uint8Array(32).fill(7);

const bytesOf = (length) => Uint8Array.from({ length }, (_, index) => (index * 7 + Math.floor(index / 251)) & 255);

/** The answer about a node of a buffer that has whole nodes alone. */
function answerTo(bytes, node) {
  const { first, count } = rangeOf(node, bytes.length);
  const part = (from, chunks) => bytes.subarray(from * CHUNK, (from + chunks) * CHUNK);
  const width = 2 ** (revealedLevel(node) ?? 0);
  if (width === 1) {
    return { bytes: part(first, count) };
  }
  const firsts = Array.from({ length: count / width }, (_, index) => first + index * width);
  return { nodes: firsts.map((each) => subtreeValue(part(each, width), each, false)) };
}

/** An answer in SCALE, as it follows the commitment in a call. */
function encoded({ subject: { instance, node }, answer: { nodes, bytes } }) {
  const option = instance === undefined ? Uint8Array.of(0) : u8aConcat([1], bytesOfWords([instance]));
  const content = nodes ? u8aConcat([0], compactToU8a(nodes.length), ...nodes) : u8aConcat([1], compactToU8a(bytes.length), bytes);
  return u8aConcat(option, [node.level], bytesOfWords([node.position]), content);
}

const call = (answer, commitment = COMMITMENT) => u8aConcat([46, 1], commitment, encoded(answer));

const SUBJECT = { instance: 1, node: { level: 6, position: 3 } };
const OF_BYTES = { subject: SUBJECT, answer: { bytes: Uint8Array.of(1, 2, 3, 4) } };
const OF_NODES = {
  subject: { instance: undefined, node: { level: 9, position: 0 } },
  answer: { nodes: [new Uint8Array(32).fill(5), new Uint8Array(32)] },
};

test('answers are found wherever they stand in a transaction', () => {
  assert.deepEqual(answersIn(call(OF_BYTES), COMMITMENT), [OF_BYTES]);
  const batch = u8aConcat(new Uint8Array(41).fill(9), call(OF_BYTES), call(OF_NODES), [8, 8, 8]);
  assert.deepEqual(answersIn(batch, COMMITMENT), [OF_BYTES, OF_NODES]);
  assert.deepEqual(answersIn(batch, new Uint8Array(32).fill(6)), []);
});

test('what is cut, or is no answer, is none', () => {
  const whole = call(OF_NODES);
  for (let length = 0; length < whole.length; length += 1) {
    assert.deepEqual(answersIn(whole.subarray(0, length), COMMITMENT), [], `${length}`);
  }
  for (const [at, value] of [[34, 2], [40, 2]]) {
    const other = whole.slice();
    other[at] = value;
    assert.deepEqual(answersIn(other, COMMITMENT), [], `${at}`);
  }
});

/** A chain of `best` blocks; `blocks` has the transactions of some of them. `read` lists the numbers of those that were read. */
function chainOf(best, blocks, calls = {}) {
  const read = [];
  const hash = (number) => u8aToHex(bytesOfWords([number, 0, 0, 0, 0, 0, 0, 0]));
  const getBlock = {
    raw: async (name) => {
      const number = Array.from({ length: best + 1 }, (_, each) => each).find((each) => hash(each) === name);
      read.push(number);
      return number === undefined ? null : { block: { extrinsics: (blocks[number] ?? []).map((each) => u8aToHex(each)) } };
    },
  };
  const chain = {
    getHeader: async () => ({ number: { toNumber: () => best } }),
    getBlockHash: async (number) => ({ toHex: () => hash(number) }),
    getBlock,
  };
  return { read, api: { rpc: { chain }, call: { touchstoneApi: calls } } };
}

test('blocks are read from the newest back, and none of them twice', async () => {
  const { read, api } = chainOf(60, { 59: [call(OF_BYTES)], 30: [call(OF_NODES)] });
  const reader = new AnswerReader(api, u8aToHex(COMMITMENT), 20);
  assert.deepEqual(await reader.newest(60), [OF_BYTES]);
  assert.deepEqual(await reader.newest(60), []);
  assert.deepEqual(await reader.older(), []);
  assert.deepEqual(await reader.older(), [OF_NODES]);
  assert.equal(await reader.older(), undefined);
  assert.deepEqual(read.sort((one, other) => one - other), Array.from({ length: 41 }, (_, index) => 20 + index));
});

test('a block that the node does not have yet is asked for again', async () => {
  const blocks = { 61: [call(OF_BYTES)] };
  const { api } = chainOf(60, blocks);
  const reader = new AnswerReader(api, u8aToHex(COMMITMENT), 55);
  assert.deepEqual(await reader.newest(61), []);
  api.rpc = chainOf(62, blocks).api.rpc;
  assert.deepEqual(await reader.newest(62), [OF_BYTES]);
});

const OUTPUT = bytesOf(256 * CHUNK);
const { bytes: TRACE, buffer: COMMITTED } = traceOf([root(bytesOf(4)), root(OUTPUT)]);
const TOP = { level: 0, position: 0 };
const ofTrace = { instance: undefined, node: TOP };
const shownResult = () => new ShownResult(COMMITTED, [4, OUTPUT.length]);
const rightAnswer = (subject) => ({ subject, answer: answerTo(subject.instance === undefined ? TRACE : OUTPUT, subject.node) });

test('blocks are read back until every answer of use was found', async () => {
  const [trace, foreign] = [rightAnswer(ofTrace), { subject: { instance: 0, node: TOP }, answer: { bytes: bytesOf(4) } }];
  const wrong = { subject: ofTrace, answer: { bytes: new Uint8Array(64) } };
  const start = () => {
    const { read, api } = chainOf(100, { 99: [call(wrong)], 85: [call(trace)] });
    return { read, reader: new AnswerReader(api, u8aToHex(COMMITMENT), 0), shown: shownResult() };
  };
  const lowest = async (demands, isOfUse) => {
    const { read, reader, shown } = start();
    await gather(reader, shown, 100, demands, isOfUse);
    return Math.min(...read);
  };
  const answered = ({ subject }) => ({ subject, answered: true, deadline: 9 });
  assert.equal(await lowest([]), 92);
  assert.equal(await lowest([{ ...answered(trace), answered: false }]), 92);
  assert.equal(await lowest([answered(trace)]), 76, 'the wrong one does not count');
  assert.equal(await lowest([answered(trace), answered(foreign)]), 0, 'it is in no block');
  assert.equal(await lowest([answered(trace), answered(foreign)], ({ instance }) => instance !== 0), 76);
  assert.equal(await lowest(Array.from({ length: 256 }, () => ({ ...answered(trace), answered: false }))), 0, 'not all are listed');
});

/** Asks and answers until the bytes are shown; returns what was asked, with the demands that were left each time. */
function play(shown, goal, opening) {
  const asked = [];
  for (;;) {
    const { bytes, ask } = nextMove(shown, goal, opening);
    if (bytes) {
      return { asked, bytes };
    }
    const { instance, node } = ask.subject;
    asked.push([instance, node.level, ask.left]);
    // Something that is no answer does no harm.
    shown.add([{ subject: ask.subject, answer: { bytes: Uint8Array.of(1, 1, 1, 1) } }, rightAnswer(ask.subject)]);
    if (instance !== undefined) {
      assert.deepEqual(decodeOpening(ask.target.Output.trace), openingOf(TRACE, [{ first: 0, count: 1 }]));
    }
  }
}

test('the trace leads to the root of an output, and that to its bytes', () => {
  const goal = { instance: 1, chunk: 130, len: OUTPUT.length };
  const without = play(shownResult(), goal);
  assert.deepEqual(without.asked, [[undefined, 0, 3], [1, 8, 2], [1, 6, 1]]);
  assert.deepEqual(without.bytes, OUTPUT.subarray(130 * CHUNK, 131 * CHUNK));
  const { asked, bytes } = play(shownResult(), { instance: undefined, chunk: 0, len: 64 });
  assert.deepEqual([asked, bytes], [[[undefined, 0, 1]], TRACE]);
});

test('a trace that the provider serves is not demanded', () => {
  const shown = shownResult();
  shown.know(1, root(OUTPUT));
  const opening = encodeOpening(openingOf(TRACE, [{ first: 0, count: 1 }]));
  assert.deepEqual(play(shown, { instance: 1, chunk: 130, len: OUTPUT.length }, opening).asked, [[1, 8, 2], [1, 6, 1]]);
});

test('an answer is named that shows the node and is recent', () => {
  const output = { instance: 1, node: topOf(OUTPUT.length) };
  const ask = { subject: output, len: OUTPUT.length };
  const demands = (answered) => [
    { subject: output, answered: false, deadline: 99 },
    { subject: ofTrace, answered, deadline: 9 },
  ];
  assert.deepEqual(shownBy(demands(true), ask, 9), [ofTrace]);
  assert.deepEqual(shownBy(demands(true), ask, 10), []);
  assert.deepEqual(shownBy(demands(false), ask, 9), []);
  // An old answer leads on from a recent one above it.
  const early = { subject: output, answered: true, deadline: 2, len: OUTPUT.length };
  const below = { subject: { instance: 1, node: { level: 6, position: 1 } }, len: OUTPUT.length };
  assert.deepEqual(shownBy([early, demands(true)[1]], below, 9), [ofTrace, output]);
  assert.deepEqual(shownBy([early], below, 9), []);
  assert.equal(findDemand(demands(true), { ...output }).deadline, 99);
  assert.equal(findDemand(demands(true), { instance: 1, node: { level: 6, position: 0 } }), undefined);
});

// What the chain answers, with the types of the metadata that matter here.
const registry = new TypeRegistry();
registry.register({
  Buffer: { root: '[u8; 32]', len: 'u32' },
  Node: { level: 'u8', position: 'u32' },
  Subject: { instance: 'Option<u32>', node: 'Node' },
  DemandView: { instance: 'Option<u32>', node: 'Node', len: 'u32', deadline: 'u32', answered: 'bool' },
  ChunkRange: { first: 'u32', count: 'u32' },
  Opening: { ranges: 'Vec<ChunkRange>', data: 'Bytes', siblings: 'Vec<[u8; 32]>' },
  Proof: { trace: 'Opening', output: 'Opening', reads: 'Vec<Opening>' },
  Step: { kernel: '[u8; 32]', reads: 'Bytes', invocations: 'u32' },
  Spec: { inputs: 'Vec<Buffer>', steps: 'Vec<Step>' },
  Totals: { fuel: 'u64' },
  Stage: { _enum: { Open: 'Null', Assigned: 'Null', Committed: { committedAt: 'u32' }, Closed: 'Null' } },
  View: { id: '[u8; 32]', spec: 'Spec', totals: 'Totals', stage: 'Stage', endpoint: 'Option<Bytes>', outputBytes: 'Vec<u32>' },
  Result: { commitment: '[u8; 32]', trace: 'Buffer' },
  Kernel: { code: 'Bytes' },
});

test('a subject that the chain gives is read, and named for people', () => {
  assert.deepEqual(subjectOf(registry.createType('Subject', SUBJECT)), SUBJECT);
  assert.deepEqual(subjectOf(registry.createType('Subject', ofTrace)), ofTrace);
  assert.equal(subjectName(SUBJECT), 'node 3 of level 6 of the output of step 1');
  assert.equal(subjectName(ofTrace), 'node 0 of level 0 of the trace');
});

test('a word is refuted by what answers have shown, if the provider serves nothing', async () => {
  const subjects = [ofTrace, { instance: 1, node: topOf(OUTPUT.length) }, { instance: 1, node: { level: 6, position: 2 } }];
  const step = { kernel: COMMITMENT, reads: '0x', invocations: 10 };
  const view = registry.createType('View', {
    id: COMMITMENT,
    spec: { inputs: [], steps: [step, step] },
    totals: { fuel: 1000 },
    stage: { Committed: { committedAt: 3 } },
    // Nothing listens there.
    endpoint: u8aToHex(Buffer.from('http://127.0.0.1:1')),
    outputBytes: [4, OUTPUT.length],
  });
  const result = registry.createType('Result', { commitment: COMMITMENT, trace: COMMITTED });
  const refutation = (shown) => {
    const demands = subjects.slice(0, shown).map((subject) => ({ ...subject, len: 64, deadline: 30, answered: true }));
    const calls = {
      kernel: async () => registry.createType('Option<Kernel>', { code: '0x01' }),
      demands: async () => registry.createType('Vec<DemandView>', demands),
    };
    const answers = subjects.slice(0, shown).map((subject) => call(rightAnswer(subject)));
    const blocks = Object.fromEntries(answers.map((answer, index) => [5 + 8 * index, [answer]]));
    return buildRefutation(chainOf(30, blocks, calls).api, { view, result }, 1, 130 * 256 + 5, [], { allowPrivate: true });
  };
  const { proof } = await refutation(3);
  const { trace, output, reads } = registry.createType('Proof', proof);
  assert.equal(reads.length, 0);
  assert.deepEqual(decodeOpening(trace.toU8a()), openingOf(TRACE, [{ first: 0, count: 1 }]));
  assert.deepEqual(decodeOpening(output.toU8a()), openingOf(OUTPUT, [{ first: 130, count: 1 }]));
  for (const [shown, message] of [[0, /the trace of the result is not available: .* does not answer/], [2, /does not answer/]]) {
    await assert.rejects(refutation(shown), message);
  }
});

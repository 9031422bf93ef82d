// Buffers that answers to demands show, against trees over buffers that are known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexToU8a, u8aToHex } from '@polkadot/util';
import { root } from '../lib/blobs.mjs';
import { levelsOf, nodeOver, rangeOf, revealedLevel, topOf } from '../lib/nodes.mjs';
import { decodeOpening, defectOf, openingOf } from '../lib/openings.mjs';
import { Shown, ShownResult } from '../lib/shown.mjs';
import { shows } from '../lib/subject.mjs';
import { traceOf } from '../lib/trace.mjs';
import { chunkCount, subtreeValue } from '../lib/tree.mjs';

const CHUNK = 1024;
/** One chunk and less, whole and cut subtrees, whole and cut nodes of level 6, and lengths at the edge of each. */
const LENGTHS = [4, 1020, 1024, 1028, 2048, 3 * CHUNK, 64 * CHUNK, 64 * CHUNK + 4, 65 * CHUNK, 97 * CHUNK + 8, 128 * CHUNK, 206 * CHUNK + 4, 300 * CHUNK];

const bytesOf = (length) => Uint8Array.from({ length }, (_, index) => (index * 7 + Math.floor(index / 251)) & 255);
const bufferOf = (bytes) => ({ root: root(bytes), len: bytes.length });
const partOf = (bytes, { first, count }) => bytes.subarray(first * CHUNK, (first + count) * CHUNK);

/** The value of a node, from the bytes under it. Each is computed once. */
function valueOf(bytes, node) {
  const values = known.get(bytes) ?? known.set(bytes, new Map()).get(bytes);
  const name = `${node.level}:${node.position}`;
  if (!values.has(name)) {
    const range = rangeOf(node, bytes.length);
    values.set(name, subtreeValue(partOf(bytes, range), range.first, range.count === chunkCount(bytes.length)));
  }
  return values.get(name);
}

const known = new WeakMap();

/** The answer about a node of a buffer. */
function answerTo(bytes, node) {
  const range = rangeOf(node, bytes.length);
  const level = revealedLevel(node);
  if (level === undefined) {
    return { bytes: partOf(bytes, range) };
  }
  const firsts = Array.from({ length: Math.ceil(range.count / 2 ** level) }, (_, index) => range.first + index * 2 ** level);
  return { nodes: firsts.map((first) => valueOf(bytes, nodeOver(first, level, bytes.length))) };
}

/** A path proves a node, which has these bytes, if its siblings make an opening of all of them. */
function assertPath({ root: expected, len }, { node, value, path }, bytes) {
  const range = rangeOf(node, len);
  assert.deepEqual(value, subtreeValue(bytes, range.first, range.count === chunkCount(len)));
  const [left, right] = [[], []];
  const siblings = [...path];
  for (let { level } = node; level < topOf(len).level; level += 1) {
    const here = Math.floor(range.first / 2 ** level);
    if (here % 2) {
      left.unshift(siblings.shift());
    } else if ((here + 1) * 2 ** level < chunkCount(len)) {
      right.push(siblings.shift());
    }
  }
  assert.deepEqual(siblings, []);
  assert.equal(defectOf({ ranges: [range], data: bytes, siblings: [...left, ...right] }, expected, len), undefined);
}

/** Asks and answers until a chunk is shown; returns the levels of what was asked. */
function reach(shown, bytes, chunk) {
  const asked = [];
  for (;;) {
    const { bytes: found, question } = shown.towards(chunk);
    if (found) {
      assert.deepEqual(found, partOf(bytes, { first: chunk, count: 1 }));
      return asked;
    }
    assertPath(shown, question, partOf(bytes, rangeOf(question.node, bytes.length)));
    asked.push(question.node.level);
    assert.equal(shown.learn(question.node, answerTo(bytes, question.node)), undefined);
  }
}

test('every chunk of a buffer is reached by demands that lead to the root, at the right edge too', () => {
  for (const length of LENGTHS) {
    const bytes = bytesOf(length);
    const last = chunkCount(length) - 1;
    for (const chunk of new Set([0, last, last >> 1, Math.max(0, last - 1), Math.min(63, last), Math.min(64, last)])) {
      const levels = reach(new Shown(bufferOf(bytes)), bytes, chunk);
      assert.ok(levels.length <= 2, `chunk ${chunk} of ${length}: ${levels}`);
    }
  }
});

test('a chunk of a buffer of more than 16 MiB takes three demands, and those near it fewer', () => {
  // Of all but the first 128 chunks and the last one, the values of nodes are enough.
  const length = 16_385 * CHUNK;
  const [first, last] = [bytesOf(128 * CHUNK), bytesOf(CHUNK)];
  const nodes = Array.from({ length: 129 }, (_, index) => hexToU8a(root(Uint8Array.of(index))));
  [nodes[0], nodes[128]] = [subtreeValue(first, 0, false), subtreeValue(last, 16_384, false)];
  const { levels } = levelsOf(topOf(length), { nodes }, length);
  const shown = new Shown({ root: u8aToHex(levels.at(-1)[0]), len: length });

  assert.deepEqual(shown.towards(100).question, { node: topOf(length), value: hexToU8a(shown.root), path: [] });
  assert.equal(shown.learn(topOf(length), { nodes }), undefined);
  const { question } = shown.towards(100);
  assert.deepEqual(question.node, { level: 7, position: 0 });
  assertPath(shown, question, first);
  const halves = [0, 1].map((half) => subtreeValue(partOf(first, { first: 64 * half, count: 64 }), 64 * half, false));
  assert.equal(shown.learn(question.node, { nodes: halves }), undefined);
  for (const [chunk, position] of [[100, 1], [63, 0]]) {
    const half = partOf(first, { first: 64 * position, count: 64 });
    assert.deepEqual(shown.towards(chunk).question.node, { level: 6, position });
    assertPath(shown, shown.towards(chunk).question, half);
    assert.equal(shown.learn({ level: 6, position }, { bytes: half }), undefined);
    assert.deepEqual(shown.towards(chunk).bytes, partOf(first, { first: chunk, count: 1 }));
  }
  assert.deepEqual(shown.towards(16_384).question.node, { level: 0, position: 16_384 });
  assertPath(shown, shown.towards(16_384).question, last);
});

test('what has been shown opens as the buffer itself does, and what has not been shown does not open', () => {
  for (const length of LENGTHS) {
    const bytes = bytesOf(length);
    const shown = new Shown(bufferOf(bytes));
    const last = chunkCount(length) - 1;
    reach(shown, bytes, last);
    const ranges = [{ first: last, count: 1 }];
    assert.deepEqual(shown.open(ranges), openingOf(bytes, ranges), `${length}`);
    assert.equal(shown.open([{ first: last, count: 2 }]), undefined);
    if (last >= 128) {
      assert.equal(shown.open([{ first: 0, count: 1 }]), undefined);
    }
  }
});

test('there is no way to a chunk that the buffer does not have', () => {
  for (const length of LENGTHS) {
    const shown = new Shown(bufferOf(bytesOf(length)));
    assert.equal(shown.towards(chunkCount(length)), undefined, `${length}`);
    assert.equal(shown.towards(2 ** 21), undefined);
  }
});

test('an answer that breaks a rule shows nothing', () => {
  const bytes = bytesOf(100 * CHUNK);
  const shown = new Shown(bufferOf(bytes));
  const [top, low] = [topOf(bytes.length), { level: 6, position: 0 }];
  const { nodes } = answerTo(bytes, top);
  assert.equal(shown.learn(low, answerTo(bytes, low)), 'UnknownNode');
  assert.equal(shown.learn({ level: 200, position: 2 ** 32 - 1 }, { bytes }), 'UnknownNode');
  for (const [answer, defect] of [
    [{ bytes }, 'WrongKind'],
    [{ nodes: nodes.slice(1) }, 'Short'],
    [{ nodes: [...nodes, nodes[0]] }, 'Long'],
    [{ nodes: [...nodes].reverse() }, 'WrongValue'],
  ]) {
    assert.equal(shown.learn(top, answer), defect);
    assert.deepEqual(shown.towards(99).question.node, top);
  }
  assert.equal(shown.learn(top, { nodes }), undefined);
  assert.equal(shown.learn(low, { nodes }), 'WrongKind');
  assert.equal(shown.learn(low, { bytes: bytes.subarray(0, 64 * CHUNK - 1) }), 'Short');
  assert.equal(shown.learn(low, { bytes: bytes.subarray(0, 65 * CHUNK) }), 'Long');
  assert.equal(shown.learn(low, { bytes: bytes.subarray(CHUNK, 65 * CHUNK) }), 'WrongValue');
  assert.equal(shown.chunk(0), undefined);
});

test('a node has one name: the lowest level with its chunks', () => {
  assert.deepEqual(topOf(4), { level: 0, position: 0 });
  assert.deepEqual(topOf(65 * CHUNK), { level: 7, position: 0 });
  assert.deepEqual(nodeOver(64, 6, 65 * CHUNK), { level: 0, position: 64 });
  assert.equal(rangeOf({ level: 6, position: 1 }, 65 * CHUNK), undefined);
  assert.deepEqual(rangeOf({ level: 2, position: 16 }, 67 * CHUNK), { first: 64, count: 3 });
  assert.equal(nodeOver(67, 2, 67 * CHUNK), undefined);
  assert.equal(rangeOf({ level: 255, position: 1 }, 4), undefined);
});

test('an answer shows nodes of exactly one level, and the bytes of the trace show roots of outputs', () => {
  const length = 206 * CHUNK;
  const output = (level, position) => ({ instance: 40, node: { level, position } });
  const trace = (level, position) => ({ instance: undefined, node: { level, position } });
  assert.ok(shows(output(8, 0), output(6, 1), length));
  assert.ok(!shows(output(8, 0), output(7, 1), length), 'a level between');
  assert.ok(!shows(output(6, 1), output(0, 64), length), 'bytes are no nodes');
  assert.ok(!shows({ ...output(8, 0), instance: 41 }, output(6, 1), length));
  // The last 14 chunks have a node of level 4 as their name.
  assert.ok(shows(output(8, 0), output(4, 12), length));
  assert.ok(shows(trace(1, 0), output(8, 0), length), 'root 40 is in chunk 1');
  assert.ok(!shows(trace(0, 0), output(8, 0), length));
  assert.ok(!shows(trace(1, 0), output(6, 1), length), 'not the root');
  assert.ok(!shows(trace(8, 0), output(8, 0), length), 'nodes of the trace are no roots');
  assert.ok(!shows(output(1, 0), trace(8, 0), length));
});

const instances = [bytesOf(70 * CHUNK), bytesOf(300 * CHUNK)];

/** The answer about a node, as it is found in a block. */
const answered = (bytes, instance, node) => ({ subject: { instance, node }, answer: answerTo(bytes, node) });

test('answers about a result count in whatever order they were found', () => {
  const { bytes: traceBytes, buffer } = traceOf(instances.map(root));
  const output = instances[1];
  const answers = [
    answered(output, 1, { level: 6, position: 2 }),
    answered(output, 1, topOf(output.length)),
    { subject: { instance: 1, node: topOf(output.length) }, answer: { bytes: Uint8Array.of(1, 2, 3, 4) } },
    { subject: { instance: undefined, node: topOf(64) }, answer: { bytes: new Uint8Array(64) } },
  ];
  const shown = new ShownResult(buffer, instances.map(({ length }) => length));
  shown.add(answers);
  assert.equal(shown.output(1), undefined);
  assert.ok(!shown.has(answers[0].subject) && !shown.has({ instance: undefined, node: topOf(64) }));
  shown.add([answered(traceBytes, undefined, topOf(64))]);
  assert.ok(shown.has({ instance: undefined, node: topOf(64) }));
  assert.ok(answers.slice(0, 2).every(({ subject }) => shown.has(subject)));
  assert.deepEqual(shown.output(1).chunk(130), partOf(output, { first: 130, count: 1 }));
  const { roots, opening } = shown.openTrace([1, 0]);
  assert.deepEqual(roots, [root(output), root(instances[0])]);
  assert.deepEqual(decodeOpening(opening), openingOf(traceBytes, [{ first: 0, count: 1 }]));
});

test('the root of an output may be known from elsewhere', () => {
  const { buffer } = traceOf(instances.map(root));
  const shown = new ShownResult(buffer, instances.map(({ length }) => length));
  shown.add([answered(instances[0], 0, topOf(instances[0].length))]);
  shown.know(0, root(instances[0]));
  assert.ok(shown.has({ instance: 0, node: topOf(instances[0].length) }));
  assert.equal(shown.openTrace([0]), undefined);
  assert.deepEqual(shown.output(0).towards(0).question.value, valueOf(instances[0], { level: 6, position: 0 }));
});

// Openings against the test vectors of the kernel language, and against those that this library makes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { hexToU8a, u8aToHex } from '@polkadot/util';
import { root } from '../lib/blobs.mjs';
import { decodeOpening, defectOf, encodeOpening, mergeOpenings, openingOf, rangesOf } from '../lib/openings.mjs';

async function vectors(name) {
  const text = await readFile(new URL(`../../../kir/vectors/data/${name}.jsonl`, import.meta.url), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line));
}

const bytesOf = (hex) => hexToU8a(`0x${hex}`);
const buffer = (length) => Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 10)) % 251);

test('the vectors of openings verify, or break the rule that they name', async () => {
  const lines = await vectors('openings');
  assert.ok(lines.length > 100);
  for (const { name, root: expected, length, proves, error, encoded, opening: parts } of lines) {
    const opening = {
      ranges: parts.ranges.map(([first, count]) => ({ first, count })),
      data: bytesOf(parts.data),
      siblings: parts.siblings.map(bytesOf),
    };
    assert.equal(defectOf(opening, `0x${expected}`, length), proves ? undefined : error, name);
    if (encoded) {
      assert.equal(u8aToHex(encodeOpening(opening)), `0x${encoded}`, name);
      assert.deepEqual(decodeOpening(bytesOf(encoded)), opening, name);
    }
  }
});

test('the vectors of buffers open whole and by their last chunk under their roots', async () => {
  for (const { name, bytes: hex, root: expected } of await vectors('roots')) {
    const bytes = bytesOf(hex);
    const chunks = Math.ceil(bytes.length / 1024);
    for (const range of [{ first: 0, count: chunks }, { first: chunks - 1, count: 1 }]) {
      assert.equal(defectOf(openingOf(bytes, [range]), `0x${expected}`, bytes.length), undefined, name);
    }
  }
});

test('chunks become the fewest ranges, in order and each once', () => {
  assert.deepEqual(rangesOf([]), []);
  assert.deepEqual(rangesOf([10, 2, 1, 2, 9]), [{ first: 1, count: 2 }, { first: 9, count: 2 }]);
});

test('openings of single chunks merge into the one opening of all of them', () => {
  for (const length of [32, 1024, 1025, 7168, 20_000, 33_792]) {
    const bytes = buffer(length);
    const chunks = Math.ceil(length / 1024);
    const sets = [[0], [chunks - 1], [0, chunks - 1], [chunks >> 1, 0], Array.from({ length: chunks }, (_, index) => index)];
    for (let step = 2; step < 7; step += 1) {
      sets.push(Array.from({ length: chunks }, (_, index) => index).filter((index) => index % step === 1).concat(0));
    }
    for (const set of sets) {
      const merged = mergeOpenings(set.map((first) => openingOf(bytes, [{ first, count: 1 }])), length);
      assert.deepEqual(merged, openingOf(bytes, rangesOf(set)), `${set} of ${length}`);
      assert.equal(defectOf(merged, root(bytes), length), undefined);
    }
  }
});

test('openings that overlap merge too', () => {
  const bytes = buffer(20_000);
  const parts = [[{ first: 1, count: 4 }], [{ first: 3, count: 6 }, { first: 19, count: 1 }]].map((ranges) => openingOf(bytes, ranges));
  assert.deepEqual(mergeOpenings(parts, bytes.length), openingOf(bytes, [{ first: 1, count: 8 }, { first: 19, count: 1 }]));
});

test('what is no encoding of an opening is not decoded, however large the numbers in it', () => {
  const encoded = encodeOpening(openingOf(buffer(5000), [{ first: 2, count: 1 }]));
  assert.ok(decodeOpening(encoded));
  for (let length = 0; length < encoded.length; length += 1) {
    assert.equal(decodeOpening(encoded.subarray(0, length)), undefined, `${length}`);
  }
  assert.equal(decodeOpening(Uint8Array.of(...encoded, 0)), undefined);
  for (const first of [2, 3, 0xfe, 0xff]) {
    assert.equal(decodeOpening(new Uint8Array(80).fill(first)), undefined, `${first}`);
  }
});

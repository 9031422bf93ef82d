// The tree over a buffer: BLAKE3, whose leaves are chunks of 1 KiB. See https://github.com/BLAKE3-team/BLAKE3-specs, section 2.

import { compress } from '@noble/hashes/blake2';
import { u8aConcat } from '@polkadot/util';
import { CHUNK, bytesOfWords, wordsOfBytes } from './blobs.mjs';

const IV = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
const BLOCK = 64;
const ROUNDS = 7;
const [CHUNK_START, CHUNK_END, PARENT, ROOT] = [1, 2, 4, 8];

/** The order of the words of a block in all rounds. */
const SCHEDULE = (() => {
  const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
  const rounds = [Array.from({ length: 16 }, (_, index) => index)];
  while (rounds.length < ROUNDS) {
    rounds.push(permutation.map((index) => rounds.at(-1)[index]));
  }
  return Uint8Array.from(rounds.flat());
})();

/** Chunks of a buffer of `length` bytes. */
export function chunkCount(length) {
  return Math.ceil(length / CHUNK);
}

/** Bytes of a range of chunks { first, count } in a buffer of `length` bytes. */
export function span({ first, count }, length) {
  return Math.min((first + count) * CHUNK, length) - Math.min(first * CHUNK, length);
}

/** Chunks of the left subtree of a node with `count` chunks: the largest power of two below. */
export function leftOf(count) {
  return 2 ** (31 - Math.clz32(count - 1));
}

/** The value, 8 words, after one block of at most 64 bytes. */
function compressed(value, block, counter, flags) {
  const words = new Uint8Array(BLOCK);
  words.set(block);
  const state = compress(SCHEDULE, 0, wordsOfBytes(words), ROUNDS, ...value, ...IV.subarray(0, 4), counter, 0, block.length, flags);
  return Uint32Array.from(value, (_, index) => state[`v${index}`] ^ state[`v${index + 8}`]);
}

/** The value of the chunk with this index and these bytes; its root if it is the whole buffer. */
export function chunkValue(bytes, index, isRoot) {
  let value = IV;
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const isLast = from + BLOCK >= bytes.length;
    const flags = (from ? 0 : CHUNK_START) | (isLast ? CHUNK_END : 0) | (isLast && isRoot ? ROOT : 0);
    value = compressed(value, bytes.subarray(from, from + BLOCK), index, flags);
  }
  return bytesOfWords([...value]);
}

/** The value of a node from those of the two under it. */
export function parentValue(left, right, isRoot) {
  return bytesOfWords([...compressed(IV, u8aConcat(left, right), 0, PARENT | (isRoot ? ROOT : 0))]);
}

/** The value of the subtree that begins at chunk `first` and holds these bytes. */
export function subtreeValue(bytes, first, isRoot) {
  const count = chunkCount(bytes.length);
  if (count === 1) {
    return chunkValue(bytes, first, isRoot);
  }
  const left = leftOf(count);
  const cut = left * CHUNK;
  return parentValue(subtreeValue(bytes.subarray(0, cut), first, false), subtreeValue(bytes.subarray(cut), first + left, false), isRoot);
}

// Openings: chunks of a buffer with the hashes that prove them against its root (docs/kernel-language.md, section 8).

import { compress } from '@noble/hashes/blake2';
import { compactFromU8a, compactToU8a, u8aConcat, u8aEq } from '@polkadot/util';
import { CHUNK, bytesOfWords, opening as fetchBytes, wordsOfBytes } from './blobs.mjs';

/** Bytes of a hash. */
const HASH = 32;

/** Bytes of the largest buffer. */
const MAX_BUFFER = 2 ** 31;

/** The fewest ranges { first, count } that hold exactly these chunks. */
export function rangesOf(chunks) {
  const ranges = [];
  for (const chunk of [...new Set(chunks)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last.first + last.count === chunk) {
      last.count += 1;
    } else {
      ranges.push({ first: chunk, count: 1 });
    }
  }
  return ranges;
}

/** An opening { ranges, data, siblings } in SCALE, as calls take it. */
export function encodeOpening({ ranges, data, siblings }) {
  const numbers = bytesOfWords(ranges.flatMap(({ first, count }) => [first, count]));
  return u8aConcat(compactToU8a(ranges.length), numbers, compactToU8a(data.length), data, compactToU8a(siblings.length), ...siblings);
}

/** The opening { ranges, data, siblings } with these SCALE bytes, not verified; undefined if they are not one. */
export function decodeOpening(bytes) {
  let rest = bytes;
  const list = (size) => {
    const [prefix, count] = rest?.length ? compactFromU8a(rest) : [1, undefined];
    // A number of 53 bits or more is no number of bytes here.
    const end = prefix + (count?.bitLength() < 53 ? count.toNumber() * size : NaN);
    const content = end <= rest?.length ? rest.subarray(prefix, end) : undefined;
    rest = content && rest.subarray(end);
    return content;
  };
  const [numbers, data, hashes] = [list(8), list(1), list(HASH)];
  if (rest?.length !== 0) {
    return undefined;
  }
  const words = wordsOfBytes(numbers);
  const ranges = Array.from({ length: words.length / 2 }, (_, index) => ({ first: words[2 * index], count: words[2 * index + 1] }));
  const siblings = Array.from({ length: hashes.length / HASH }, (_, index) => hashes.subarray(index * HASH, (index + 1) * HASH));
  return { ranges, data, siblings };
}

/** The rule that an opening of a buffer with this root and length in bytes breaks; undefined if it proves its chunks. */
export function defectOf({ ranges, data, siblings }, root, length) {
  if (!(length >= 1 && length <= MAX_BUFFER)) {
    return 'WrongLength';
  }
  const tree = treeOf(length);
  const defect = rangesDefect(ranges, tree.count);
  if (defect) {
    return defect;
  }
  const bytes = ranges.reduce((sum, range) => sum + span(range, length), 0);
  if (data.length !== bytes) {
    return data.length < bytes ? 'MissingData' : 'ExtraData';
  }
  const closed = fold(ranges, tree, { closed: () => 1, opened: () => 0, merged: (left, right) => left + right });
  const wanted = ranges.length ? closed : 0;
  if (siblings.length !== wanted) {
    return siblings.length < wanted ? 'MissingSibling' : 'ExtraSibling';
  }
  if (!ranges.length) {
    return undefined;
  }
  let [from, next] = [0, 0];
  const computed = fold(ranges, tree, {
    closed: () => siblings[next++],
    opened: (node) => {
      const start = from;
      from += span(node, length);
      return subtreeValue(data.subarray(start, from), node.first, node.count === tree.count);
    },
    merged: (left, right, { count }) => parentValue(left, right, count === tree.count),
  });
  return u8aEq(computed, root) ? undefined : 'WrongRoot';
}

/** The opening of these ranges of chunks of a buffer, from its bytes. */
export function openingOf(bytes, ranges) {
  const part = ({ first, count }) => bytes.subarray(first * CHUNK, (first + count) * CHUNK);
  const siblings = fold(ranges, treeOf(bytes.length), {
    closed: (node) => [subtreeValue(part(node), node.first, false)],
    opened: () => [],
    merged: (left, right) => [...left, ...right],
  });
  return { ranges, data: u8aConcat(...ranges.map(part)), siblings: ranges.length ? siblings : [] };
}

/** The one opening of all chunks that these openings of one buffer of `length` bytes prove. They must be verified. */
export function mergeOpenings(openings, length) {
  const tree = treeOf(length);
  const name = ({ first, count }) => `${first}+${count}`;
  const [chunks, values] = [new Map(), new Map()];
  for (const { ranges, data, siblings } of openings) {
    let [from, next] = [0, 0];
    for (const chunk of ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index))) {
      chunks.set(chunk, data.subarray(from, (from += CHUNK)));
    }
    fold(ranges, tree, { closed: (node) => values.set(name(node), siblings[next++]), opened: () => {}, merged: () => {} });
  }
  const indices = [...chunks.keys()].sort((a, b) => a - b);
  const ranges = rangesOf(indices);
  // A largest subtree without any of the chunks is one for at least one of the openings too: its hash is known.
  const siblings = fold(ranges, tree, {
    closed: (node) => [values.get(name(node))],
    opened: () => [],
    merged: (left, right) => [...left, ...right],
  });
  return { ranges, data: u8aConcat(...indices.map((index) => chunks.get(index))), siblings };
}

/** Fetches the opening of chunks { first, count } of a buffer { root, len } from a provider, and verifies it. */
export async function fetchOpening(endpoint, { root, len }, { first, count }, reach) {
  const opening = decodeOpening(await fetchBytes(endpoint, root, first, count, reach));
  const [range, ...others] = opening?.ranges ?? [];
  const isAsked = range?.first === first && range.count === count && !others.length;
  const defect = isAsked ? defectOf(opening, root, len) : 'not what was asked for';
  if (defect) {
    throw new Error(`the provider at ${endpoint} sent a false opening of chunks ${first}+${count} of ${root}, a buffer of ${len} bytes: ${defect}`);
  }
  return opening;
}

function rangesDefect(ranges, chunks) {
  let before;
  for (const { first, count } of ranges) {
    if (count === 0) {
      return 'Empty';
    }
    if (first + count > chunks) {
      return 'OutOfBuffer';
    }
    const end = before && before.first + before.count;
    if (first < before?.first) {
      return 'Unsorted';
    }
    if (first < end) {
      return 'Overlapping';
    }
    if (first === end) {
      return 'Adjacent';
    }
    before = { first, count };
  }
  return undefined;
}

/** The root node of a buffer of `length` bytes. */
function treeOf(length) {
  return { first: 0, count: Math.ceil(length / CHUNK) };
}

/** Bytes of a range of chunks in a buffer of `length` bytes. */
function span({ first, count }, length) {
  return Math.min((first + count) * CHUNK, length) - Math.min(first * CHUNK, length);
}

/** Chunks of the left subtree of a node with `count` chunks: the largest power of two below. */
function leftOf(count) {
  return 2 ** (31 - Math.clz32(count - 1));
}

/**
 * Folds a tree, from left to right, and goes down only into nodes { first, count } that are opened in part. `closed(node)`
 * and `opened(node)` give the values of the others, `merged(left, right, node)` that of a node from those of its subtrees.
 */
function fold(ranges, node, visitor) {
  const { first, count } = node;
  const inside = ranges.filter((range) => range.first < first + count && range.first + range.count > first);
  if (!inside.length) {
    return visitor.closed(node);
  }
  if (inside[0].first <= first && inside[0].first + inside[0].count >= first + count) {
    return visitor.opened(node);
  }
  const size = leftOf(count);
  const left = fold(inside, { first, count: size }, visitor);
  return visitor.merged(left, fold(inside, { first: first + size, count: count - size }, visitor), node);
}

// BLAKE3: https://github.com/BLAKE3-team/BLAKE3-specs, section 2.

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

/** The value, 8 words, after one block of at most 64 bytes. */
function compressed(value, block, counter, flags) {
  const words = new Uint8Array(BLOCK);
  words.set(block);
  const state = compress(SCHEDULE, 0, wordsOfBytes(words), ROUNDS, ...value, ...IV.subarray(0, 4), counter, 0, block.length, flags);
  return Uint32Array.from(value, (_, index) => state[`v${index}`] ^ state[`v${index + 8}`]);
}

function chunkValue(bytes, index, isRoot) {
  let value = IV;
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const isLast = from + BLOCK >= bytes.length;
    const flags = (from ? 0 : CHUNK_START) | (isLast ? CHUNK_END : 0) | (isLast && isRoot ? ROOT : 0);
    value = compressed(value, bytes.subarray(from, from + BLOCK), index, flags);
  }
  return bytesOfWords([...value]);
}

function parentValue(left, right, isRoot) {
  return bytesOfWords([...compressed(IV, u8aConcat(left, right), 0, PARENT | (isRoot ? ROOT : 0))]);
}

/** The chaining value of the subtree that begins at chunk `first` and holds these bytes. */
function subtreeValue(bytes, first, isRoot) {
  const count = Math.ceil(bytes.length / CHUNK);
  if (count === 1) {
    return chunkValue(bytes, first, isRoot);
  }
  const left = leftOf(count);
  const cut = left * CHUNK;
  return parentValue(subtreeValue(bytes.subarray(0, cut), first, false), subtreeValue(bytes.subarray(cut), first + left, false), isRoot);
}

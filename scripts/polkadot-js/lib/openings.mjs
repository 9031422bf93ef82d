// Openings: chunks of a buffer with the hashes that prove them against its root (docs/kernel-language.md, section 8).

import { compactToU8a, u8aConcat, u8aEq } from '@polkadot/util';
import { CHUNK, bytesOfWords, opening as fetchBytes, wordsOfBytes } from './blobs.mjs';
import { Reader, itemsOf } from './scale.mjs';
import { chunkCount, leftOf, parentValue, span, subtreeValue } from './tree.mjs';

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
  const reader = new Reader(bytes);
  const [numbers, data, hashes] = [reader.list(8), reader.list(1), reader.list(HASH)];
  if (!reader.isDone) {
    return undefined;
  }
  const ranges = itemsOf(wordsOfBytes(numbers), 2).map(([first, count]) => ({ first, count }));
  return { ranges, data, siblings: itemsOf(hashes, HASH) };
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
  return openingFrom(bytes.length, ranges, { part, value: (node) => subtreeValue(part(node), node.first, false) });
}

/**
 * The opening of these ranges of chunks of a buffer of `length` bytes. `part(range)` gives the bytes of a range, and
 * `value(range)` the value of the subtree over chunks that are not opened.
 */
export function openingFrom(length, ranges, { part, value }) {
  const siblings = fold(ranges, treeOf(length), {
    closed: (node) => [value(node)],
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
  // A largest subtree without any of the chunks is one for at least one of the openings too: its hash is known.
  return openingFrom(length, rangesOf(chunks.keys()), {
    part: ({ first, count }) => u8aConcat(...Array.from({ length: count }, (_, index) => chunks.get(first + index))),
    value: (node) => values.get(name(node)),
  });
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
  return { first: 0, count: chunkCount(length) };
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

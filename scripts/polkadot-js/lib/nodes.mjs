// Nodes of the tree over a buffer, by level and position: what a demand names and an answer reveals. The rules are those of
// kir/src/nodes.rs. A node { level, position } is the subtree over the chunks position·2^level up to (position + 1)·2^level, or
// up to the end of the buffer. The level is the lowest with these chunks, so that a subtree has one name.

import { CHUNK } from './blobs.mjs';
import { chunkCount, chunkValue, parentValue, span } from './tree.mjs';

/** Levels that one answer descends, at most: 256 descendants. */
const REVEALED_LEVELS = 8;

/** Level of the highest nodes that are revealed by their bytes: 64 chunks. */
const BYTES_LEVEL = 6;

/** The root of the tree over a buffer of `length` bytes. */
export function topOf(length) {
  return { level: 32 - Math.clz32(chunkCount(length) - 1), position: 0 };
}

/** The chunks { first, count } of a node in a buffer of `length` bytes; undefined if the tree has no such node. */
export function rangeOf({ level, position }, length) {
  const width = 2 ** level;
  const first = position * width;
  const count = Math.min(width, chunkCount(length) - first);
  // A node of one half or less has a lower level.
  return count > width / 2 ? { first, count } : undefined;
}

/** The level of the descendants that an answer about a node shows; undefined if it shows bytes. */
export function revealedLevel({ level }) {
  return level > BYTES_LEVEL ? Math.max(level - REVEALED_LEVELS, BYTES_LEVEL) : undefined;
}

/** Whether a node of one level lies over a chunk, or over the first chunk of a node of a lower level. */
export function isOver({ level, position }, chunk) {
  return Math.floor(chunk / 2 ** level) === position;
}

/** The node over a chunk on this or a lower level, under its one name; undefined if the buffer has no such chunk. */
export function nodeOver(chunk, level, length) {
  for (let at = level; at >= 0 && chunk < chunkCount(length); at -= 1) {
    const node = { level: at, position: Math.floor(chunk / 2 ** at) };
    if (rangeOf(node, length)) {
      return node;
    }
  }
  return undefined;
}

/** Whether two nodes are the same. */
export function isSameNode(one, other) {
  return one.level === other.level && one.position === other.position;
}

/**
 * The values that an answer shows of a node in a buffer of `length` bytes, by level: `levels[0]` has those of level `lowest`
 * from left to right, and the last one has the value of the node alone, which proves the answer. `{ defect }` names the rule
 * that the answer breaks. An answer is { nodes }, a list of values, or { bytes }.
 */
export function levelsOf(node, { nodes, bytes }, length) {
  const range = rangeOf(node, length);
  if (!range) {
    return { defect: 'NoSuchNode' };
  }
  const level = revealedLevel(node);
  const given = level === undefined ? bytes : nodes;
  if (!given) {
    return { defect: 'WrongKind' };
  }
  const due = level === undefined ? span(range, length) : Math.ceil(range.count / 2 ** level);
  if (given.length !== due) {
    return { defect: given.length < due ? 'Short' : 'Long' };
  }
  const isWhole = range.count === chunkCount(length);
  const levels = [level === undefined ? leaves(bytes, range, isWhole) : nodes];
  while (levels.at(-1).length > 1) {
    levels.push(parents(levels.at(-1), isWhole));
  }
  return { lowest: level ?? 0, levels };
}

function leaves(bytes, { first, count }, isWhole) {
  const chunk = (index) => bytes.subarray(index * CHUNK, (index + 1) * CHUNK);
  return Array.from({ length: count }, (_, index) => chunkValue(chunk(index), first + index, isWhole && count === 1));
}

/** The values of the next level up. Where a node has no neighbour, its value moves up unchanged. */
function parents(values, isWhole) {
  const isRoot = isWhole && values.length === 2;
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, index) => {
    const [left, right] = values.slice(2 * index, 2 * index + 2);
    return right ? parentValue(left, right, isRoot) : left;
  });
}

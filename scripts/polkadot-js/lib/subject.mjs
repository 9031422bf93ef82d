// What a demand is of: a node of the trace, or of the output of a step instance (pallets/primitives/src/subject.rs). Here it is
// { instance, node: { level, position } }, without `instance` if it is the trace.

import { isOver, isSameNode, nodeOver, rangeOf, revealedLevel, topOf } from './nodes.mjs';
import { chunkOf } from './trace.mjs';

/** The subject that the chain gave. Events, calls and reads have it in the same two fields. */
export function subjectOf({ instance, node: { level, position } }) {
  return { instance: instance.unwrapOr(undefined)?.toNumber(), node: { level: level.toNumber(), position: position.toNumber() } };
}

/** A subject as the key of a map. */
export function keyOf({ instance, node }) {
  return `${instance ?? ''}:${node.level}:${node.position}`;
}

/** The trace, or the output of an instance, for people. Each step has one instance. */
export function bufferName(instance) {
  return instance === undefined ? 'trace' : `output of step ${instance}`;
}

/** A subject for people. */
export function subjectName({ instance, node }) {
  return `node ${node.position} of level ${node.level} of the ${bufferName(instance)}`;
}

/**
 * Whether an answer about `by` shows the value of `other`, of a buffer of `length` bytes. The two may be of different
 * buffers: the bytes of the trace are the roots of outputs.
 */
export function shows(by, other, length) {
  if (by.instance === other.instance) {
    return hasShown(by.node, other.node, length);
  }
  const isRoot = by.instance === undefined && isSameNode(other.node, topOf(length));
  return isRoot && revealedLevel(by.node) === undefined && isOver(by.node, chunkOf(other.instance));
}

/** Whether the answer has the value of this node. Levels between the two do not count, so that a chain of answers is short. */
function hasShown(by, node, length) {
  const [level, range] = [revealedLevel(by), rangeOf(node, length)];
  if (level === undefined || !range) {
    return false;
  }
  // At the end of the buffer, a node of the level that is shown has a lower one by name.
  return isSameNode(nodeOver(range.first, level, length), node) && isOver(by, range.first);
}

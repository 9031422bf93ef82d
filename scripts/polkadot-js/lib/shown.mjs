// Data that its provider does not serve, as far as answers to demands show it. Nothing that an answer shows is believed: it
// counts once it hashes to a value that is known already, and the first known value is the committed root.

import { hexToU8a, u8aConcat, u8aEq } from '@polkadot/util';
import { CHUNK } from './blobs.mjs';
import { levelsOf, nodeOver, rangeOf, topOf } from './nodes.mjs';
import { encodeOpening, openingFrom, rangesOf } from './openings.mjs';
import { keyOf } from './subject.mjs';
import { chunkOf, rootIn } from './trace.mjs';
import { chunkCount } from './tree.mjs';

/** A buffer { root, len } of which at first only root and length are known. */
export class Shown {
  #values = new Map();
  #chunks = new Map();

  constructor({ root, len }) {
    this.root = root;
    this.len = len;
    this.#keep(topOf(len), hexToU8a(root));
  }

  /** The bytes of a chunk; undefined if they have not been shown. */
  chunk(index) {
    return this.#chunks.get(index);
  }

  /**
   * Checks an answer about a node, { nodes } or { bytes }, and keeps what it shows. Returns the rule that it breaks;
   * 'UnknownNode' if the value of the node has not been shown yet, so that the answer cannot be checked.
   */
  learn(node, answer) {
    const value = this.#values.get(nameOf(node));
    if (!value) {
      return 'UnknownNode';
    }
    const { defect, lowest, levels } = levelsOf(node, answer, this.len);
    if (defect) {
      return defect;
    }
    if (!u8aEq(levels.at(-1)[0], value)) {
      return 'WrongValue';
    }
    const { first, count } = rangeOf(node, this.len);
    levels.forEach((values, up) => {
      const level = lowest + up;
      // At the end of the buffer a node may have a lower level by name.
      values.forEach((each, index) => this.#keep(nodeOver(first + index * 2 ** level, level, this.len), each));
    });
    for (let index = 0; answer.bytes && index < count; index += 1) {
      this.#chunks.set(first + index, answer.bytes.subarray(index * CHUNK, (index + 1) * CHUNK));
    }
    return undefined;
  }

  /**
   * How to get to a chunk: `bytes` if they have been shown, or else what has to be demanded, `question`: a node, its value,
   * and the siblings on the way to the root, upwards. Undefined if the buffer has no such chunk.
   */
  towards(chunk) {
    if (chunk >= chunkCount(this.len)) {
      return undefined;
    }
    const bytes = this.chunk(chunk);
    return bytes ? { bytes } : { question: this.#question(this.#lowestOver(chunk)) };
  }

  /** The opening of these ranges of chunks; undefined if one of the chunks has not been shown. */
  open(ranges) {
    const chunksIn = ({ first, count }) => Array.from({ length: count }, (_, index) => this.chunk(first + index));
    if (!ranges.flatMap(chunksIn).every(Boolean)) {
      return undefined;
    }
    // Where a chunk was shown, the values beside its way to the root are known.
    const value = ({ first, count }) => this.#value(nodeOver(first, topOf(count * CHUNK).level, this.len));
    return openingFrom(this.len, ranges, { part: (range) => u8aConcat(...chunksIn(range)), value });
  }

  #keep(node, value) {
    this.#values.set(nameOf(node), value);
  }

  #value(node) {
    return this.#values.get(nameOf(node));
  }

  /** The lowest node over a chunk whose value is known: at last the root. */
  #lowestOver(chunk) {
    for (let level = 0; ; level += 1) {
      const node = nodeOver(chunk, level, this.len);
      if (this.#value(node)) {
        return node;
      }
    }
  }

  #question(node) {
    const top = topOf(this.len);
    const { first } = rangeOf(node, this.len);
    const path = [];
    for (let { level } = node; level < top.level; level += 1) {
      const beside = Math.floor(first / 2 ** level) ^ 1;
      const sibling = nodeOver(beside * 2 ** level, level, this.len);
      // Where there is no neighbour, the value moves up unchanged.
      if (sibling) {
        path.push(this.#value(sibling));
      }
    }
    return { node, value: this.#value(node), path };
  }
}

/** A node as the key of a map. */
function nameOf({ level, position }) {
  return `${level}:${position}`;
}

/** The data of a result, as far as answers show it: its trace { root, len }, and outputs of the lengths that the chain says. */
export class ShownResult {
  #roots = new Map();
  #buffers = new Map();
  #waiting = new Map();
  #right = new Set();

  constructor(trace, outputLengths) {
    this.outputLengths = outputLengths;
    this.#buffers.set(undefined, new Shown(trace));
  }

  /** Takes what looks like answers, { subject, answer }. */
  add(answers) {
    for (const each of answers) {
      const { instance } = each.subject;
      const waiting = this.#waiting.get(instance) ?? [];
      waiting.push(each);
      this.#waiting.set(instance, waiting);
    }
  }

  /** The root of an instance's output is known from elsewhere. */
  know(instance, root) {
    this.#roots.set(instance, root);
  }

  /** The trace. */
  get trace() {
    return this.#learned(undefined);
  }

  /** The output of an instance; undefined if its root is not known. */
  output(instance) {
    const root = this.#roots.get(instance) ?? this.openTrace([instance])?.roots[0];
    if (root && !this.#buffers.has(instance)) {
      this.#buffers.set(instance, new Shown({ root, len: this.outputLengths[instance] }));
    }
    return root && this.#learned(instance);
  }

  /** As `openTrace` in trace.mjs, from what has been shown; undefined if that is not enough. */
  openTrace(instances) {
    const { trace } = this;
    const opening = trace.open(rangesOf(instances.map(chunkOf)));
    if (!opening) {
      return undefined;
    }
    const roots = instances.map((instance) => rootIn(trace.chunk(chunkOf(instance)), instance));
    return { roots, opening: encodeOpening(opening) };
  }

  /** Whether the right answer about a subject has been found. */
  has(subject) {
    // What waits is checked when its buffer is looked at.
    const shown = subject.instance === undefined ? this.trace : this.output(subject.instance);
    return shown !== undefined && this.#right.has(keyOf(subject));
  }

  /** A buffer whose root is known, with all that the answers show of it. */
  #learned(instance) {
    const shown = this.#buffers.get(instance);
    // An answer counts once the value of its node is known, and that is shown from above.
    const waiting = (this.#waiting.get(instance) ?? []).sort((one, other) => other.subject.node.level - one.subject.node.level);
    const later = waiting.filter(({ subject, answer }) => {
      const defect = shown.learn(subject.node, answer);
      if (!defect) {
        this.#right.add(keyOf(subject));
      }
      return defect === 'UnknownNode';
    });
    this.#waiting.set(instance, later);
    return shown;
  }
}

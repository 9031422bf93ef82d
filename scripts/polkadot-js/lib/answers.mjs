// Answers to demands, as they lie in the blocks. An answer is in the transaction that gave it, which may wrap it in other
// calls. So it is looked for behind the id of the commitment, wherever that stands. What is found is not believed: see shown.mjs.

import { hexToU8a } from '@polkadot/util';
import { Reader, itemsOf } from './scale.mjs';

/** Bytes of a commitment's id, and of the value of a node. */
const HASH = 32;

/** Blocks that are read side by side. */
const BLOCKS = 16;

/** So many of the last blocks may have been replaced since they were read. */
const REPLACED = 8;

/** What looks like answers about a commitment in the bytes of a transaction: a list of { subject, answer }. */
export function answersIn(bytes, commitment) {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = [];
  for (let at = text.indexOf(commitment); at >= 0; at = text.indexOf(commitment, at + 1)) {
    found.push(...answerAt(bytes.subarray(at + HASH)));
  }
  return found;
}

/** The arguments of `demands.reveal` that follow the commitment: none or one. */
function answerAt(bytes) {
  const reader = new Reader(bytes);
  const option = reader.byte();
  const instance = option ? reader.word() : undefined;
  const node = { level: reader.byte(), position: reader.word() };
  const kind = reader.byte();
  const content = reader.list(kind === 0 ? HASH : 1);
  // After something that is missing, everything is.
  if (option > 1 || kind > 1 || !content) {
    return [];
  }
  return [{ subject: { instance, node }, answer: kind === 0 ? { nodes: itemsOf(content, HASH) } : { bytes: content } }];
}

/** Reads the answers about a commitment in the blocks of the best chain: the newest ones, and from there back. */
export class AnswerReader {
  #seen = new Set();
  #low;
  #high;

  /** No block before number `since` has an answer. */
  constructor(api, commitment, since) {
    this.api = api;
    this.commitment = hexToU8a(commitment);
    this.since = since;
  }

  /** What looks like answers in blocks up to this one that were not read yet: the first time, in the last few of them. */
  async newest(number) {
    const from = Math.max(this.since, (this.#high ?? number) - REPLACED);
    this.#low ??= from;
    this.#high = number;
    return this.#read(from, number);
  }

  /** The same of the blocks before all that were read; undefined if there are none. */
  async older() {
    const to = this.#low - 1;
    if (to < this.since) {
      return undefined;
    }
    this.#low = Math.max(this.since, to - BLOCKS + 1);
    return this.#read(this.#low, to);
  }

  async #read(from, to) {
    const found = [];
    for (let first = from; first <= to; first += BLOCKS) {
      const numbers = Array.from({ length: Math.min(BLOCKS, to - first + 1) }, (_, index) => first + index);
      found.push(...(await Promise.all(numbers.map((number) => this.#inBlock(number)))).flat());
    }
    return found;
  }

  async #inBlock(number) {
    const { chain } = this.api.rpc;
    const hash = (await chain.getBlockHash(number)).toHex();
    if (this.#seen.has(hash)) {
      return [];
    }
    // As the node sends it: transactions of an earlier runtime cannot be decoded with the types of this one.
    const answer = await chain.getBlock.raw(hash);
    if (!answer) {
      return [];
    }
    this.#seen.add(hash);
    return answer.block.extrinsics.flatMap((extrinsic) => answersIn(hexToU8a(extrinsic), this.commitment));
  }
}

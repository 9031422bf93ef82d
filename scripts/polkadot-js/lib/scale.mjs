// SCALE that strangers have written.

import { compactFromU8a } from '@polkadot/util';
import { wordsOfBytes } from './blobs.mjs';

/** Reads values from the front of bytes. What the bytes do not have is undefined, and so is everything after it. */
export class Reader {
  #rest;

  constructor(bytes) {
    this.#rest = bytes;
  }

  /** So many bytes. */
  take(count) {
    const taken = count <= this.#rest?.length ? this.#rest.subarray(0, count) : undefined;
    this.#rest = taken && this.#rest.subarray(count);
    return taken;
  }

  /** A number of one byte. */
  byte() {
    return this.take(1)?.[0];
  }

  /** A number of four bytes. */
  word() {
    const bytes = this.take(4);
    return bytes && wordsOfBytes(bytes)[0];
  }

  /** A list of items of `size` bytes each: the bytes of all of them. */
  list(size) {
    const [prefix, count] = this.#rest?.length ? compactFromU8a(this.#rest) : [1, undefined];
    this.take(prefix);
    // A number of 53 bits or more is no number of bytes here.
    return this.take(count?.bitLength() < 53 ? count.toNumber() * size : NaN);
  }

  /** Whether all bytes were read, and nothing more. */
  get isDone() {
    return this.#rest?.length === 0;
  }
}

/** The items of `size` bytes each in bytes that are a multiple of that. */
export function itemsOf(bytes, size) {
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

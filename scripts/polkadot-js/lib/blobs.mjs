// Content-addressed bytes: roots, and the provider's data endpoint.

import { setTimeout as sleep } from 'node:timers/promises';
import { blake3 } from '@noble/hashes/blake3';
import { u8aToHex } from '@polkadot/util';

/** The BLAKE3 root of bytes, as hex: their name on the chain. */
export function root(bytes) {
  return u8aToHex(blake3(bytes));
}

/**
 * A copy that is filled up with zeros to a positive multiple of 4 bytes, which is what a buffer has. Nothing does this by
 * itself: a kernel sees the length.
 */
export function padded(bytes) {
  const length = Math.max(4, Math.ceil(bytes.length / 4) * 4);
  if (length === bytes.length) {
    return bytes;
  }
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** A 32-bit word from a number, signed (in two's complement) or not; a RangeError if it is neither. */
export function wordOf(value) {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) {
    throw new RangeError(`${JSON.stringify(value) ?? value} is no 32-bit word: an integer from -2147483648 to 4294967295 is expected`);
  }
  return value >>> 0;
}

/** Little-endian bytes of 32-bit words, as `wordOf` takes them. */
export function bytesOfWords(words) {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(index * 4, wordOf(word), true));
  return bytes;
}

/** 32-bit words of little-endian bytes. */
export function wordsOfBytes(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(index * 4, true));
}

function blobUrl(endpoint, blobRoot) {
  return new URL(`blobs/${blobRoot.replace(/^0x/, '')}`, endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
}

/**
 * Hands an input to the assigned provider. A provider may need a moment until it sees its assignment (409, 425) or
 * answers at all; retries for `patience` milliseconds.
 */
export async function put(endpoint, bytes, patience = 20_000) {
  const until = Date.now() + patience;
  for (;;) {
    const { done, complaint } = await tryPut(endpoint, bytes);
    if (done) {
      return;
    }
    if (Date.now() >= until) {
      throw new Error(`the provider at ${endpoint} did not take an input: ${complaint}`);
    }
    await sleep(300);
  }
}

async function tryPut(endpoint, bytes) {
  let response;
  try {
    response = await fetch(blobUrl(endpoint, root(bytes)), { method: 'PUT', body: bytes });
  } catch (error) {
    return { done: false, complaint: error.cause?.message ?? error.message };
  }
  const text = (await response.text()).trim();
  if (response.ok) {
    return { done: true };
  }
  if (![409, 425, 429, 503].includes(response.status)) {
    throw new Error(`the provider at ${endpoint} refuses an input: ${response.status} ${text}`);
  }
  return { done: false, complaint: `${response.status} ${text}` };
}

/** Fetches a buffer and checks every byte against its root. */
export async function get(endpoint, blobRoot, length) {
  const response = await fetch(blobUrl(endpoint, blobRoot));
  if (!response.ok) {
    throw new Error(`the provider at ${endpoint} does not serve ${blobRoot}: ${response.status} ${await response.text()}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length !== length) {
    throw new Error(`the provider at ${endpoint} served ${bytes.length} bytes of ${blobRoot}, the chain says ${length}`);
  }
  if (root(bytes) !== blobRoot) {
    throw new Error(`the provider at ${endpoint} served bytes that do not match the root ${blobRoot}`);
  }
  return bytes;
}

/** The SCALE-encoded opening of `count` chunks of 1 KiB from chunk `first`, with the hashes that tie them to the root. */
export async function opening(endpoint, blobRoot, first, count) {
  const url = new URL(`${blobUrl(endpoint, blobRoot)}/opening?first=${first}&count=${count}`);
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`the provider at ${endpoint} does not open ${blobRoot}: ${response.status} ${await response.text()}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

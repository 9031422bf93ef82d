// Content-addressed bytes: roots, and the provider's data endpoint.

import { setTimeout as sleep } from 'node:timers/promises';
import { blake3 } from '@noble/hashes/blake3';
import { u8aToHex } from '@polkadot/util';
import { PrivateAddress, close, request } from './http.mjs';

/** Bytes of a chunk, the leaf of a root's tree. */
export const CHUNK = 1024;

/** The most bytes that an opening of one range has besides its chunks: three lengths, the range, and two hashes per level. */
const OPENING_OVERHEAD = 4096;

/** Characters of a provider's error text that are shown. */
const MAX_TEXT = 300;

/** The BLAKE3 root of bytes, as hex: their name on the chain. */
export function root(bytes) {
  return u8aToHex(blake3(bytes));
}

/**
 * A copy padded with zeros to a positive multiple of 4 bytes, the only lengths that a buffer can have. Padding is never
 * automatic, because a kernel sees the length.
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

/** The 32-bit word of a number, signed (two's complement) or unsigned; a RangeError if it does not fit. */
export function wordOf(value) {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) {
    throw new RangeError(`${JSON.stringify(value) ?? value} is not a 32-bit word: expected an integer from -2147483648 to 4294967295`);
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

// `reach` says which addresses are connected to: see `request` in http.mjs. `reachOf` in chain.mjs gives that of a chain.

/**
 * Delivers an input to the assigned provider. It may not have seen its assignment yet (409, 425), or not answer yet:
 * retries for `patience` milliseconds, while `isAwaited`: a provider that has committed takes no more inputs.
 */
export async function put(endpoint, bytes, { patience = 20_000, isAwaited = async () => true, reach } = {}) {
  const until = Date.now() + patience;
  for (;;) {
    const { done, complaint } = await tryPut(endpoint, bytes, reach);
    if (done || !(await isAwaited())) {
      return;
    }
    if (Date.now() >= until) {
      throw new Error(`an input could not be delivered: ${complaint}`);
    }
    await sleep(300);
  }
}

async function tryPut(endpoint, bytes, reach) {
  let response;
  try {
    response = await ask(endpoint, blobUrl(endpoint, root(bytes)), bytes.length, { method: 'PUT', body: bytes, reach });
  } catch (error) {
    if (error.cause instanceof PrivateAddress) {
      throw error;
    }
    return { done: false, complaint: error.message };
  }
  const text = await textOf(response);
  if (isOk(response)) {
    return { done: true };
  }
  const { statusCode } = response;
  if (![409, 425, 429, 503].includes(statusCode)) {
    throw new Error(`the provider at ${endpoint} refuses an input: ${statusCode} ${text}`);
  }
  return { done: false, complaint: `the provider at ${endpoint} answers ${statusCode} ${text}` };
}

/** Fetches a buffer of `length` bytes and checks all of them against its root. Reads no more than `length` bytes. */
export async function get(endpoint, blobRoot, length, reach) {
  const response = await ask(endpoint, blobUrl(endpoint, blobRoot), length, { reach });
  if (!isOk(response)) {
    throw new Error(`the provider at ${endpoint} does not serve ${blobRoot}: ${response.statusCode} ${await textOf(response)}`);
  }
  const bytes = await bodyOf(endpoint, response, length);
  if (bytes?.length !== length) {
    const served = bytes ? `${bytes.length}` : `more than ${length}`;
    throw new Error(`the provider at ${endpoint} served ${served} bytes of ${blobRoot}, the chain says ${length}`);
  }
  if (root(bytes) !== blobRoot) {
    throw new Error(`the provider at ${endpoint} served bytes that do not match the root ${blobRoot}`);
  }
  return bytes;
}

/** The length of a buffer, as the provider states it. */
export async function lengthOf(endpoint, blobRoot, reach) {
  const response = await ask(endpoint, blobUrl(endpoint, blobRoot), 0, { method: 'HEAD', reach });
  close(response);
  const length = Number(response.headers['content-length'] ?? NaN);
  if (!isOk(response) || !Number.isSafeInteger(length)) {
    throw new Error(`the provider at ${endpoint} does not say how long ${blobRoot} is: ${response.statusCode}`);
  }
  return length;
}

/**
 * The SCALE-encoded opening of `count` chunks of 1 KiB from chunk `first`, with the hashes that tie them to the root. The
 * chain checks it.
 */
export async function opening(endpoint, blobRoot, first, count, reach) {
  const url = new URL(`${blobUrl(endpoint, blobRoot)}/opening?first=${first}&count=${count}`);
  const most = count * CHUNK + OPENING_OVERHEAD;
  const response = await ask(endpoint, url, most, { reach });
  if (!isOk(response)) {
    throw new Error(`the provider at ${endpoint} does not open ${blobRoot}: ${response.statusCode} ${await textOf(response)}`);
  }
  const bytes = await bodyOf(endpoint, response, most);
  if (!bytes) {
    throw new Error(`the provider at ${endpoint} sent more than an opening of ${count} chunks of ${blobRoot} can be`);
  }
  return bytes;
}

/** One request to a provider, which is not trusted: a limit of 30 s plus one second per 128 KiB of `size`. */
async function ask(endpoint, url, size, options) {
  try {
    return await request(url, { seconds: 30 + Math.ceil(size / 131_072), ...options });
  } catch (cause) {
    const defect = cause instanceof PrivateAddress ? 'cannot be used' : 'does not answer';
    throw new Error(`the provider at ${endpoint} ${defect}: ${reasonOf(cause)}`, { cause });
  }
}

/** An error for several addresses has a code and no message. */
function reasonOf({ message, code }) {
  return message || code;
}

function isOk({ statusCode }) {
  return statusCode >= 200 && statusCode < 300;
}

/** The body of a response of at most `most` bytes. If there are more, the connection is closed and the result is undefined. */
async function bodyOf(endpoint, response, most) {
  const pieces = [];
  let size = 0;
  try {
    for await (const piece of response) {
      size += piece.length;
      if (size > most) {
        return undefined;
      }
      pieces.push(piece);
    }
  } catch (error) {
    throw new Error(`the provider at ${endpoint} closed the connection: ${reasonOf(error)}`);
  }
  return new Uint8Array(Buffer.concat(pieces, size));
}

/** The error text of a response: one short line without control characters; what has arrived of one that breaks off. */
async function textOf(response) {
  let text = '';
  try {
    for await (const piece of response) {
      text += piece.toString();
      if (text.length > MAX_TEXT) {
        break;
      }
    }
  } catch {
    text += ' …';
  } finally {
    close(response);
  }
  return text.slice(0, MAX_TEXT).trim().replace(/\p{Cc}+/gu, ' ');
}

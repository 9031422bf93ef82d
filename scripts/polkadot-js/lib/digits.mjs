// The handwritten digits and the int8 network that reads them: data/digits.csv.gz, data/digits/.

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

const DATA = new URL('../../../data/', import.meta.url);

/** { count, pixels: one byte each, 64 per digit, labels, network, heldOut: indices of the digits it never saw }. */
export async function loadDigits() {
  const text = gunzipSync(await readFile(new URL('digits.csv.gz', DATA))).toString();
  const rows = text.trim().split('\n').map((line) => line.split(',').map(Number));
  const network = JSON.parse(await readFile(new URL('digits/network.json', DATA)));
  const layers = await Promise.all(
    network.layers.map(async (layer) => ({
      ...layer,
      weights: new Uint8Array(await readFile(new URL(`digits/${layer.weights}`, DATA))),
      bias: new Uint8Array(await readFile(new URL(`digits/${layer.bias}`, DATA))),
    })),
  );
  return {
    count: rows.length,
    pixels: Uint8Array.from(rows.flatMap((row) => row.slice(0, 64))),
    labels: rows.map((row) => row[64]),
    layers,
    heldOut: network.split.held_out_lines,
    trained: network.split.train,
  };
}

/** How many of the digits `which` have the label that was computed for them. */
export function countRight(computed, labels, which) {
  return which.filter((index) => computed[index] === labels[index]).length;
}

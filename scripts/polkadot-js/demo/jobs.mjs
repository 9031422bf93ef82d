// The jobs of the demonstration. Parameters and layouts are documented in kernels/README.md.

import { readFile } from 'node:fs/promises';
import { loadDigits } from '../lib/digits.mjs';
import { decodeJpeg } from '../lib/image.mjs';
import { JobBuilder } from '../lib/job.mjs';

/** The kernels that the jobs use: files in kernels/kir/. */
export const KERNEL_NAMES = ['matmul_i8', 'pack_i8', 'argmax', 'convolve_rgba', 'mandelbrot'];

const CLASSES = 10;

/**
 * The 1,797 digits through the int8 network, in four steps: matmul_i8 (64 → 64, requantised), pack_i8, matmul_i8
 * (64 → 10, raw), argmax. `layout[step](word)` names the chunks that the invocation behind a word reads.
 */
export async function digitsJob(kernels) {
  const digits = await loadDigits();
  const [first, second] = digits.layers;
  const job = new JobBuilder();
  const pixels = job.input(digits.pixels);
  const [w1, b1, w2, b2] = [first.weights, first.bias, second.weights, second.bias].map((bytes) => job.input(bytes, 'Inline'));
  const hidden = job.step({
    kernel: kernels.matmul_i8,
    reads: [pixels, w1, b1],
    invocations: digits.count * first.n,
    params: matmulParams(first),
  });
  const packed = job.step({ kernel: kernels.pack_i8, reads: [hidden], invocations: (digits.count * first.n) / 4 });
  const scores = job.step({
    kernel: kernels.matmul_i8,
    reads: [packed, w2, b2],
    invocations: digits.count * second.n,
    params: matmulParams(second),
  });
  job.step({ kernel: kernels.argmax, reads: [scores], invocations: digits.count, params: [CLASSES] });
  return { job, digits };
}

function matmulParams({ n, k, multiplier = 0, shift = 0, relu = false, raw = false }) {
  return [n, k / 4, multiplier, shift, Number(relu), Number(raw)];
}

/** A 3 × 3 filter over data/china.jpg. */
export async function photoJob(kernels, { coefficients, divisorShift, bias }) {
  const photo = decodeJpeg(await readFile(new URL('../../../data/china.jpg', import.meta.url)));
  const job = new JobBuilder();
  job.step({
    kernel: kernels.convolve_rgba,
    reads: [job.input(photo.bytes)],
    invocations: photo.width * photo.height,
    params: [photo.width, photo.height, divisorShift, bias, ...coefficients],
  });
  return { job, width: photo.width, height: photo.height };
}

/** Filters for `photoJob`: the sum of the products is taken with a bias and shifted right. */
export const FILTERS = {
  sharpen: { coefficients: [0, -4, 0, -4, 32, -4, 0, -4, 0], divisorShift: 4, bias: 8 },
  edges: { coefficients: [-1, -1, -1, -1, 8, -1, -1, -1, -1], divisorShift: 0, bias: 0 },
};

/** A Mandelbrot set of `width` × `height` pixels, which has no inputs. */
export function mandelbrotJob(kernels, width = 640, height = 480) {
  const fixed = (value) => Math.round(value * 2 ** 28);
  const job = new JobBuilder();
  const step = 3.2 / width;
  job.step({
    kernel: kernels.mandelbrot,
    invocations: width * height,
    params: [width, height, fixed(-2.3), fixed((-step * height) / 2), fixed(step), 128],
  });
  return { job, width, height };
}

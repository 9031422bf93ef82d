// Pictures as packed RGBA words (red in the lowest byte), from JPEG and to PNG.

import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';

/** { width, height, bytes }: one little-endian word of RGBA for each pixel, row by row. */
export function decodeJpeg(file) {
  const { width, height, data } = jpeg.decode(file, { useTArray: true, formatAsRGBA: true });
  return { width, height, bytes: data };
}

/** A PNG file of packed RGBA words. */
export function encodePng(width, height, bytes) {
  if (bytes.length !== width * height * 4) {
    throw new Error(`${bytes.length} bytes are not a picture of ${width} × ${height} RGBA pixels`);
  }
  const png = new PNG({ width, height });
  png.data = Buffer.from(bytes);
  return PNG.sync.write(png);
}

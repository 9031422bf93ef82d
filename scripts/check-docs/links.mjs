// Checks that the relative links of a page lead to a file or folder of the repository, and to a heading that is there.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { read } from './page.mjs';

const TOP = /^(kir|compiler|gpu|kernels|pallets|runtime|node|client|gpu-worker|benches|scripts|data|docs)\//;

/** What is wrong with the links of `page`, the file `path` under `root`: `{ line, message }`. */
export function checkLinks(root, path, page) {
  const faults = [];
  const from = dirname(join(root, path));
  for (const { href, line, undefinedLabel } of page.links) {
    if (undefinedLabel) {
      faults.push({ line, message: `[${undefinedLabel}] is not defined on this page` });
    } else if (!/^[a-z][a-z0-9+.-]*:/i.test(href)) {
      const message = href.startsWith('#')
        ? page.anchors.has(href.slice(1)) ? null : `this page has no heading ${href}`
        : linkFault(root, from, href);
      if (message) faults.push({ line, message });
    }
  }
  return faults;
}

function linkFault(root, from, href) {
  const [encoded, anchor] = href.split('#');
  const target = resolve(from, decodeURIComponent(encoded));
  const shown = relative(root, target);
  if (shown.startsWith('..')) return `${href} leads out of the repository`;
  if (!existsSync(target)) return `${href}: there is no ${shown}`;
  if (anchor === undefined) return null;
  if (target.endsWith('.md')) {
    return read(target).anchors.has(anchor) ? null : `${href}: ${shown} has no heading #${anchor}`;
  }
  const lines = anchor.match(/^L(\d+)(?:-L(\d+))?$/);
  if (!lines || statSync(target).isDirectory()) return `${href}: ${shown} has no headings`;
  const length = readFileSync(target, 'utf8').split('\n').length;
  return Number(lines[2] ?? lines[1]) <= length ? null : `${href}: ${shown} has only ${length} lines`;
}

/** The paths in code spans, and the kernels of job descriptions, that are not in the repository. */
export function checkPaths(root, page) {
  const faults = [];
  const named = page.spans.filter(({ text }) => TOP.test(text) && /^[\w./-]+$/.test(text));
  for (const { text, language, line } of page.blocks.filter((block) => ['toml', 'json'].includes(block.language))) {
    if (language === 'json') {
      try {
        JSON.parse(text);
      } catch (error) {
        faults.push({ line, message: `this is not JSON: ${error.message}` });
      }
    }
    for (const [, kernel] of text.matchAll(/\bkernel"?\s*[:=]\s*"([^"]+\/[^"]+)"/g)) named.push({ text: kernel, line });
  }
  for (const { text, line } of named) {
    // Names in capitals stand for any name.
    if (!/[A-Z]{4}/.test(text.replace(/README|CHANGELOG|LICENSE/, '')) && !existsSync(join(root, text)) &&
        !existsSync(join(root, `${text}.rs`))) {
      faults.push({ line, message: `there is no ${text}` });
    }
  }
  return faults;
}

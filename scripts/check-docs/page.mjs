// Reads a Markdown page: its links, its anchors, and the code that it shows, each with its line.

import { readFileSync } from 'node:fs';

import GithubSlugger from 'github-slugger';
import { marked } from 'marked';

/**
 * The page of this text. `links` are `{ href, line }`; `anchors` are the names that a link can have after `#`; `spans` (code
 * inside a sentence) and `blocks` are `{ text, line }`, blocks also with their `language`.
 */
export function parse(text) {
  const page = { links: [], anchors: new Set(), spans: [], blocks: [] };
  const slugs = new GithubSlugger();
  let offset = 0;
  for (const token of marked.lexer(text)) {
    // The lexer normalises line ends and tabs, but keeps the order of what it found.
    const found = text.indexOf(token.raw, offset);
    const start = found < 0 ? offset : found;
    visit(token, (inner) => {
      const within = Math.max(token.raw.indexOf(inner.raw), 0);
      const line = lineAt(text, start + within);
      switch (inner.type) {
        case 'link':
        case 'image':
          page.links.push({ href: inner.href, line });
          break;
        case 'heading':
          page.anchors.add(slugs.slug(plainText(inner.tokens)));
          break;
        case 'html':
          for (const [, id] of inner.raw.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) page.anchors.add(id);
          break;
        case 'codespan':
          page.spans.push({ text: inner.text, line });
          break;
        case 'code':
          // The first line of a fenced block is its fence.
          page.blocks.push({ text: inner.text, language: inner.lang ?? '', line: line + (inner.raw.startsWith('```') ? 1 : 0) });
          break;
        case 'text':
          // The lexer leaves a reference without a definition as text.
          for (const [, label] of inner.raw.matchAll(/\]\[([^\]]+)\]/g)) {
            if (!inner.tokens) page.links.push({ href: '', line, undefinedLabel: label });
          }
          break;
      }
    });
    offset = start + token.raw.length;
  }
  return page;
}

/** The page in this file. */
export const read = (path) => parse(readFileSync(path, 'utf8'));

function visit(token, see) {
  see(token);
  for (const children of [token.tokens, token.items, token.header, ...(token.rows ?? [])]) {
    for (const child of Array.isArray(children) ? children : []) visit(child, see);
  }
}

function plainText(tokens) {
  return tokens.map((token) => (token.tokens ? plainText(token.tokens) : (token.text ?? token.raw))).join('');
}

function lineAt(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

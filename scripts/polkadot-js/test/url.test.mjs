// Which URLs an input may be pulled from: the rule of the chain, with the cases of the chain's own tests.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { checkUrl } from '../lib/url.mjs';

const RUST = new URL('../../../pallets/primitives/src/', import.meta.url);
const cases = await readFile(new URL('tests/url.rs', RUST), 'utf8');
const rule = await readFile(new URL('url.rs', RUST), 'utf8');
const job = await readFile(new URL('job.rs', RUST), 'utf8');

/** The body of a test of the chain. */
function bodyOf(name) {
  const [, body] = new RegExp(`fn ${name}\\(\\) \\{(.*?)\\n\\}`, 's').exec(cases);
  return body;
}

/** The text of a Rust string literal without its quotation marks. */
function textOf(literal) {
  const characters = { n: '\n', r: '\r', t: '\t', 0: '\0', '\\': '\\', '"': '"', "'": "'" };
  return literal.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gi, (_, code, character) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : characters[character],
  );
}

const STRING = '"((?:[^"\\\\]|\\\\.)*)"';

test('the URLs that the chain takes are taken', () => {
  const [, list] = /for url in \[(.*?)\] \{/s.exec(bodyOf('urls_of_the_web_are_taken'));
  const urls = [...list.matchAll(new RegExp(STRING, 'g'))].map(([, literal]) => textOf(literal));
  assert.ok(urls.length >= 13 && urls.includes('HTTP://example.org/a'), `${urls}`);
  for (const url of urls) {
    assert.equal(checkUrl(url), undefined, url);
  }
});

test('every other text has the defect that the chain finds, in its words', () => {
  const words = new Map([...rule.matchAll(new RegExp(`Self::(\\w+) => ${STRING}`, 'g'))].map(([, name, literal]) => [name, textOf(literal)]));
  const pairs = [...bodyOf('every_other_text_has_its_defect').matchAll(new RegExp(`\\(${STRING}, UrlDefect::(\\w+)\\)`, 'g'))];
  assert.ok(pairs.length >= 33, `${pairs.length}`);
  for (const [, literal, name] of pairs) {
    const url = textOf(literal);
    assert.ok(words.has(name), name);
    assert.equal(checkUrl(url), words.get(name), JSON.stringify(url));
  }
});

test('a URL that is longer than the chain takes is a defect', () => {
  const most = Number(/MAX_URL_BYTES: u32 = (\d+);/.exec(job)[1]);
  const url = 'https://example.org/'.padEnd(most, 'x');
  assert.equal(checkUrl(url), undefined);
  assert.equal(checkUrl(`${url}x`), `it is longer than ${most} bytes`);
});

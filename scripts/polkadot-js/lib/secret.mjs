// Recognises mnemonics and seeds where something else is expected, so that no script shows or uses them.

import { existsSync } from 'node:fs';
import english from '@polkadot/util-crypto/mnemonic/wordlists/en';

/** What is shown in the place of a secret. */
const HIDDEN = '[hidden]';

/** So many words of the BIP-39 list among so many words in a row are a mnemonic, perhaps with a few mistakes. */
const WORDS = 10;
const IN_A_ROW = 12;

/** So many of them are different: neither lists of a few names nor sentences have as many. */
const DIFFERENT = 9;

/** So many words of the list without any other between them are a mnemonic, even if they are all the same word. */
const UNBROKEN = 11;

const LIST = new Set(english);

/** A mnemonic or a seed was given where something else belongs. `place` names where; the secret is not in the text. */
export class MisplacedSecret extends Error {
  constructor(place) {
    super(
      `${place} looks like a mnemonic or a seed; it is neither used nor shown. Put the secret into a file that only you can ` +
        'read and name that file (--signer FILE), or into a variable and name that variable (--signer env:NAME)',
    );
  }
}

/** Throws if a text is a secret. `place` names where it was given. A file may have a hash as its name. */
export function refuseSecret(place, text) {
  if (hasPhrase(text) || (isSeed(text) && !existsSync(text))) {
    throw new MisplacedSecret(place);
  }
}

/** True if a text is a seed, or has a mnemonic in it, whatever stands around it. */
export function isSecret(text) {
  return hasPhrase(text) || isSeed(text);
}

/** True if a text has a mnemonic in it. */
export function hasPhrase(text) {
  return phrases(text).length > 0;
}

/**
 * True if a whole text is a seed (64 hex digits, or 128 with its nonce), perhaps behind `env:` or the like, perhaps with a
 * path of derivation behind it. A hash cannot be told from a seed.
 */
export function isSeed(text) {
  const bare = text.trim().replace(/^["']+|["']+$/g, '').replace(/^[a-z]*:\/*/i, '');
  return isHexSeed(bare.split('/')[0]);
}

/** The text without mnemonics. Hashes stay: seeds cannot be told from them. */
export function withoutPhrases(text) {
  return replaced(text, phrases(text));
}

/** The text without anything that may be a secret, hashes included. */
export function withoutSecrets(text) {
  const seeds = pieces(text, /[\p{Alphabetic}\p{Number}]+/gu).filter(({ piece }) => isHexSeed(piece));
  return replaced(text, [...phrases(text), ...seeds].sort((a, b) => a.start - b.start));
}

/** A URL as it can be shown: without secrets, and without the user and password that may stand before its host. */
export function shownUrl(url) {
  return withoutSecrets(url.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1…@'));
}

function isHexSeed(text) {
  return /^(0x)?(?:[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text);
}

/** Where mnemonics are in a text: words set apart as people set words apart, most of them in the list. */
function phrases(text) {
  const rows = [];
  for (const word of pieces(text, /\p{Alphabetic}+/gu)) {
    const row = rows.at(-1);
    const listed = LIST.has(word.piece.toLowerCase()) ? word.piece.toLowerCase() : undefined;
    if (row && /^[\s,;\-_'"]*$/.test(text.slice(row.at(-1).end, word.start))) {
      row.push({ ...word, listed });
    } else {
      rows.push([{ ...word, listed }]);
    }
  }
  return rows.flatMap((row) => [...misspelt(row), ...unbroken(row)]).sort((a, b) => a.start - b.start);
}

/** The ranges of a row of words in which nearly all are in the list, and most of them different. */
function misspelt(row) {
  const windows = Array.from({ length: Math.max(row.length - IN_A_ROW, 0) + 1 }, (_, first) => row.slice(first, first + IN_A_ROW));
  return windows
    .map((window) => window.filter(({ listed }) => listed))
    .filter((known) => known.length >= WORDS && new Set(known.map(({ listed }) => listed)).size >= DIFFERENT)
    .map((known) => ({ start: known[0].start, end: known.at(-1).end }));
}

/** The ranges of a row of words in which all are in the list. */
function unbroken(row) {
  const runs = [[]];
  for (const word of row) {
    if (word.listed) {
      runs.at(-1).push(word);
    } else {
      runs.push([]);
    }
  }
  return runs.filter(({ length }) => length >= UNBROKEN).map((run) => ({ start: run[0].start, end: run.at(-1).end }));
}

function pieces(text, pattern) {
  return [...text.matchAll(pattern)].map(({ 0: piece, index }) => ({ piece, start: index, end: index + piece.length }));
}

/** The text with HIDDEN in the place of each range; the ranges are in order and may overlap. */
function replaced(text, ranges) {
  let shown = '';
  let rest = 0;
  let hidden = false;
  for (const { start, end } of ranges) {
    if (!hidden || start > rest) {
      shown += text.slice(rest, start) + HIDDEN;
      hidden = true;
    }
    rest = Math.max(rest, end);
  }
  return shown + text.slice(rest);
}

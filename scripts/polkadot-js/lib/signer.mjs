// Keys: what --signer names, without ever printing a secret.

import { readFile } from 'node:fs/promises';
import { Keyring } from '@polkadot/api';
import { isHex } from '@polkadot/util';
import { mnemonicValidate } from '@polkadot/util-crypto';
import { isSecret } from './secret.mjs';

const FORMS = '//Alice on a development chain, env:NAME, or a file that holds a mnemonic or seed';

/**
 * The key pair that --signer names: a development name (//Alice), env:NAME for a variable that holds a mnemonic or seed,
 * or a file that holds one in a single line. A mnemonic on the command line would be visible in the list of processes.
 */
export async function signerOf(api, text) {
  const name = /^env:(.*)$/s.exec(text)?.[1];
  if (isSecret(text) || isNearlySecret(name ?? text)) {
    throw new Error(`--signer was given a secret itself, which other users can see in the list of processes: expected ${FORMS}`);
  }
  if (text.startsWith('//')) {
    return pairOf(api, text, text);
  }
  if (name !== undefined && !/^\w+$/.test(name)) {
    throw new Error('env: takes the name of a variable, which has letters, digits and underscores: write --signer env:NAME');
  }
  const [source, secret] =
    name === undefined ? [`the key file ${text}`, await contents(text)] : [`the variable ${name}`, process.env[name] || undefined];
  if (secret === undefined) {
    throw new Error(`${source} is not set: put a mnemonic or seed there, or pass another --signer`);
  }
  return pairOf(api, source, oneLine(source, secret));
}

/** True if a text is nearly a mnemonic or a seed: where a key is expected, such a text is never repeated. */
function isNearlySecret(text) {
  const words = text.trim().split(/\s+/);
  const isSeed = /^(0x)?[0-9a-f]{60,70}$/i.test(words[0]);
  return isSeed || (words.length >= 6 && words.every((word) => /^[a-z]+$/i.test(word)));
}

async function contents(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`the key file ${file} cannot be read: ${error.code}`);
  }
}

function oneLine(source, text) {
  if (text.startsWith('\ufeff')) {
    throw new Error(`${source} begins with a byte order mark: save it as plain UTF-8 without one`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (lines.length !== 1) {
    throw new Error(`${source} has ${lines.length} lines that are not empty: expected one, with a mnemonic or seed`);
  }
  return lines[0].trim();
}

/** The reasons are our own: the messages of the library can contain the secret. */
function pairOf(api, source, secret) {
  const words = secret.split(/\s+/);
  if (!secret.startsWith('//') && !isHex(secret, 256)) {
    if (![12, 15, 18, 21, 24].includes(words.length)) {
      throw new Error(`${source} has ${words.length} words: expected a mnemonic of 12 to 24 words, or a seed of 0x and 64 hex digits`);
    }
    if (!mnemonicValidate(words.join(' '))) {
      throw new Error(`${source} has ${words.length} words that are not a valid mnemonic: a word is misspelt or the checksum is wrong`);
    }
  }
  const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
  try {
    return keyring.addFromUri(words.join(' '));
  } catch {
    throw new Error(`${source} holds no valid key: expected ${FORMS}`);
  }
}

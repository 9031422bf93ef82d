// The node: connecting, signing, errors.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

/** Milliseconds in which a node has to agree to talk, and then to describe its chain. */
const HANDSHAKE = 10_000;
const DESCRIPTION = 60_000;

/**
 * Connects to a node; waits up to `patience` milliseconds for one that is just starting.
 * The caller ends with `api.disconnect()`.
 */
export async function connect(url, patience = 0) {
  const address = parseUrl(url);
  const until = Date.now() + patience;
  for (;;) {
    const obstacle = await handshake(address);
    if (!obstacle) {
      break;
    }
    if (Date.now() >= until) {
      throw new Error(`${obstacle} at ${url}: start \`touchstone-node --dev\` or pass --url`);
    }
    await sleep(250);
  }
  // It reconnects for ever by itself, which is right only once it has been a node.
  const provider = new WsProvider(url);
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`what answers at ${url} is no node of a chain: it says nothing for ${DESCRIPTION / 1000} s`)), DESCRIPTION);
  });
  try {
    const api = await Promise.race([ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true }), late]);
    if (!api.call.touchstoneApi) {
      throw new Error(`${url} is a node of ${api.runtimeVersion.specName}, which is no Touchstone chain: pass --url`);
    }
    return api;
  } catch (error) {
    await provider.disconnect().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function parseUrl(url) {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!['ws:', 'wss:'].includes(address?.protocol)) {
    throw new Error(`${url} is no address of a node: it looks like ws://127.0.0.1:9944`);
  }
  return address;
}

/** What keeps a WebSocket from being opened, in words; undefined if one can be. */
function handshake(address) {
  const { request } = address.protocol === 'wss:' ? https : http;
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  };
  return new Promise((resolve) => {
    const attempt = request(`http${address.href.slice(2)}`, { headers, agent: false });
    const timer = setTimeout(() => answer('something that is no node answers'), HANDSHAKE);
    const answer = (obstacle) => {
      clearTimeout(timer);
      attempt.destroy();
      resolve(obstacle);
    };
    attempt.once('upgrade', () => answer(undefined));
    attempt.once('response', ({ statusCode }) => answer(`something that is no node answers (HTTP ${statusCode})`));
    attempt.on('error', ({ code }) => answer(`no node answers${code === 'ECONNREFUSED' ? '' : ` (${code})`}`));
    attempt.end();
  });
}

/**
 * The key pair of what a person writes after --signer: a development name (//Alice), env:NAME for a variable that holds
 * a mnemonic or seed, or a file whose first line holds it. A bare mnemonic would show in the list of processes.
 */
export async function signerOf(api, text) {
  const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
  const name = /^env:(.+)$/.exec(text)?.[1];
  const secret = text.startsWith('//') ? text : name ? process.env[name] : await firstLine(text);
  if (!secret) {
    throw new Error(`${text} holds no key: put the mnemonic or seed there, or name another --signer`);
  }
  try {
    return keyring.addFromUri(secret.trim());
  } catch {
    // The library's own message may repeat the secret.
    throw new Error(`${text} holds no key: //Alice, a mnemonic of 12 to 24 words or a seed of 64 hex digits is expected`);
  }
}

async function firstLine(path) {
  try {
    return (await readFile(path, 'utf8')).split('\n')[0];
  } catch (error) {
    throw new Error(`the key file ${path} cannot be read: ${error.code}`);
  }
}

/** An extrinsic that the chain did not take or did not carry out. */
export class ExtrinsicError extends Error {
  constructor(pallet, name, docs) {
    super(`${pallet}.${name}${docs ? `: ${docs}` : ''}`);
    this.pallet = pallet;
    this.errorName = name;
  }
}

// One account's extrinsics are signed one after the other: the next nonce counts those that are in the pool already.
const queues = new Map();

/**
 * Signs and sends a call and waits until it is in a best block.
 * Returns { extrinsic, blockHash, blockNumber, events }; throws ExtrinsicError with the pallet's own error.
 */
export async function transact(api, signer, call) {
  const before = queues.get(signer.address) ?? Promise.resolve();
  let sent;
  const submitted = before.then(() => {
    const watched = watch(api, signer, call);
    sent = watched.included;
    return watched.pooled;
  });
  queues.set(signer.address, submitted.catch(() => {}));
  await submitted;
  const { status, events, dispatchError, txHash } = await sent;
  if (dispatchError) {
    throw decodeError(api, dispatchError);
  }
  const blockHash = status.asInBlock;
  const { number } = await api.rpc.chain.getHeader(blockHash);
  return { extrinsic: txHash.toHex(), blockHash, blockNumber: number.toNumber(), events };
}

function watch(api, signer, call) {
  let unsubscribe = () => {};
  let pooled;
  const included = new Promise((resolve, reject) => {
    pooled = api.rpc.system.accountNextIndex(signer.address).then((nonce) =>
      call.signAndSend(signer, { nonce, era: 64 }, (result) => {
        if (result.status.isInBlock) {
          resolve(result);
          unsubscribe();
        } else if (result.isError) {
          reject(new Error(`the transaction pool dropped the extrinsic: ${result.status.type}`));
          unsubscribe();
        }
      }),
    );
    pooled.then((stop) => (unsubscribe = stop), reject);
  });
  included.catch(() => {});
  return { pooled, included };
}

/** The pallet's own name and explanation of a dispatch error. */
export function decodeError(api, error) {
  if (error.isModule) {
    const { section, name, docs } = api.registry.findMetaError(error.asModule);
    return new ExtrinsicError(section, name, docs.join(' ').trim());
  }
  return new ExtrinsicError('runtime', error.type, error.isToken ? error.asToken.type : '');
}

/** Free and held (stake, collateral, payments, deposits) coin of an account at the best block. */
export async function balance(api, address) {
  const { data } = await api.query.system.account(address);
  return { free: data.free.toBigInt(), held: data.reserved.toBigInt() };
}

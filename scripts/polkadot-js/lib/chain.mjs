// The node: connecting, sending, errors.

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { isLoopback } from './http.mjs';
import { shownUrl } from './secret.mjs';

/** Milliseconds in which a node has to accept a WebSocket, and then to describe its chain. */
const HANDSHAKE = 10_000;
const DESCRIPTION = 60_000;

const reaches = new WeakMap();

/**
 * Connects to a node; waits up to `patience` milliseconds for one that is just starting. With `allowPrivate`, the addresses
 * of providers may be those of this machine and its network, as they are on a development chain whose node runs here.
 * The caller ends with `api.disconnect()`.
 */
export async function connect(url, { patience = 0, allowPrivate = false } = {}) {
  const address = parseUrl(url);
  const shown = shownUrl(url);
  const until = Date.now() + patience;
  for (;;) {
    const obstacle = await handshake(address);
    if (!obstacle) {
      break;
    }
    if (Date.now() >= until) {
      throw new Error(`${obstacle} at ${shown}: start \`touchstone-node --dev\` or pass --url`);
    }
    await sleep(250);
  }
  // WsProvider reconnects without end, which is right only for an address where a node has answered.
  const provider = new WsProvider(url);
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${shown} does not describe a chain within ${DESCRIPTION / 1000} s: pass the URL of a Touchstone node with --url`)), DESCRIPTION);
  });
  try {
    const api = await Promise.race([ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true }), late]);
    if (!api.call.touchstoneApi) {
      throw new Error(`${shown} is a node of ${api.runtimeVersion.specName}, which is not a Touchstone chain: pass --url`);
    }
    reaches.set(api, { allowPrivate: allowPrivate || (isLoopback(address.hostname) && (await isForDevelopment(api))) });
    return api;
  } catch (error) {
    await provider.disconnect().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function isForDevelopment(api) {
  const type = await api.rpc.system.chainType();
  return type.isDevelopment || type.isLocal;
}

/** Which addresses of a chain's providers are connected to: see `request` in http.mjs. */
export function reachOf(api) {
  return reaches.get(api);
}

function parseUrl(url) {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!['ws:', 'wss:'].includes(address?.protocol)) {
    throw new Error(`${shownUrl(url)} is not the address of a node: use one such as ws://127.0.0.1:9944`);
  }
  return address;
}

/** Why a WebSocket cannot be opened; undefined if it can. */
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
    const timer = setTimeout(() => answer('something other than a node answers'), HANDSHAKE);
    const answer = (obstacle) => {
      clearTimeout(timer);
      attempt.destroy();
      resolve(obstacle);
    };
    attempt.once('upgrade', () => answer(undefined));
    attempt.once('response', ({ statusCode }) => answer(`something other than a node answers (HTTP ${statusCode})`));
    attempt.on('error', ({ code }) => answer(`no node answers${code === 'ECONNREFUSED' ? '' : ` (${code})`}`));
    attempt.end();
  });
}

/** An extrinsic that failed, with the name of the error. */
export class ExtrinsicError extends Error {
  constructor(pallet, name, docs) {
    super(`${pallet}.${name}${docs ? `: ${docs}` : ''}`);
    this.pallet = pallet;
    this.errorName = name;
  }
}

// The extrinsics of one account are signed one after the other: the next nonce counts those that are in the pool.
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

/** The name and the explanation that the pallet gives a dispatch error. */
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

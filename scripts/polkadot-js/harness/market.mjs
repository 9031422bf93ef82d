// A market for tests and the demonstration: a development node, providers, a watcher.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../lib/chain.mjs';
import { onInterrupt } from '../lib/cli.mjs';
import { BIN, Programs, freePort } from './programs.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a standard kernel, compiled. */
export function kernelFile(name) {
  return path.join(ROOT, 'kernels', 'kir', `${name}.kir`);
}

/** A running development chain with its providers and watchers. */
export class Market {
  #closed;

  /** Starts a node; `logs` is the folder for what the programs print. */
  static async open(logs) {
    const market = new Market();
    market.programs = new Programs(BIN, logs);
    onInterrupt(() => {
      console.error('\nstopped: ending the node and all other programs');
      return market.close();
    });
    market.folder = await mkdtemp(path.join(os.tmpdir(), 'touchstone-'));
    try {
      await market.programs.check('touchstone-node', 'touchstone', 'gpu-worker');
      const [rpc, p2p] = [await freePort(), await freePort()];
      market.url = `ws://127.0.0.1:${rpc}`;
      // The device is tested once, while the node starts.
      const tested = market.#folderOf('tested');
      market.tested = market.programs.run('self-test', 'gpu-worker', ['self-test', '--kernels', '8', '--data', tested]);
      market.tested.catch(() => {});
      const base = ['--dev', '--base-path', path.join(market.folder, 'node')];
      const args = [...base, '--rpc-port', rpc, '--listen-addr', `/ip4/127.0.0.1/tcp/${p2p}`, '--no-prometheus', '--no-mdns'];
      const node = market.programs.start('node', 'touchstone-node', args.map(String));
      // Takes seconds on an idle machine, and minutes while a build keeps all cores busy.
      const fallen = node.ended.then(() => Promise.reject(new Error(`touchstone-node does not run: see ${logs}`)));
      market.api = await Promise.race([connect(market.url, { patience: 300_000 }), fallen]);
      fallen.catch(() => {});
    } catch (error) {
      await market.close();
      throw error;
    }
    return market;
  }

  /** Ends all programs that were started. Later calls do nothing. */
  close() {
    this.#closed ??= (async () => {
      await this.api?.disconnect().catch(() => {});
      await this.programs.end();
      await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
    })();
    return this.#closed;
  }

  /** Runs the `touchstone` command line. */
  touchstone(args, options) {
    return this.programs.run('touchstone', 'touchstone', args, { ...options, env: { TOUCHSTONE_URL: this.url } });
  }

  #folderOf(name) {
    return path.join(this.folder, name);
  }

  /** The data folder of a provider, which already has the result of this device's self-test. */
  async #data(name) {
    await this.tested;
    const data = this.#folderOf(name);
    await cp(path.join(this.#folderOf('tested'), 'devices'), path.join(data, 'devices'), { recursive: true });
    return data;
  }

  /** Registers a provider (`stake`, `price` per gigafuel in coins) that serves at `endpoint`. */
  async register(name, signer, { endpoint, stake, price, slots = 8 }) {
    const data = await this.#data(name);
    const terms = ['--data', data, '--endpoint', endpoint, '--stake', `${stake}TSN`, '--price', `${price}TSN`, '--slots', slots];
    const args = ['register', '--url', this.url, '--signer', signer, ...terms];
    await this.programs.run(`${name}-register`, 'gpu-worker', args.map(String));
  }

  /** Registers a provider and starts it. Returns { endpoint, description }. */
  async provider(name, signer, { flags = [], ...terms }) {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const common = ['--url', this.url, '--signer', signer];
    await this.register(name, signer, { endpoint, ...terms });
    const args = ['run', ...common, '--listen', `127.0.0.1:${port}`, '--data', this.#folderOf(name), ...flags];
    this.programs.start(name, 'gpu-worker', args.map(String));
    return { endpoint, description: await this.#untilUp(endpoint) };
  }

  /** Starts a watcher. It has to fetch from loopback addresses here, which it refuses by default. */
  watcher(name, signer) {
    const args = ['watch', '--url', this.url, '--signer', signer, '--data', this.#folderOf(name), '--allow-private'];
    this.programs.start(name, 'gpu-worker', args);
  }

  async #untilUp(endpoint) {
    for (const until = Date.now() + 300_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const response = await fetch(endpoint).catch(() => undefined);
      if (response?.ok) {
        return response.json();
      }
      if (Date.now() > until || this.programs.fallen().length) {
        throw new Error(`${this.programs.fallen()[0] ?? 'a provider'} does not run: see ${this.programs.logs}`);
      }
    }
  }
}

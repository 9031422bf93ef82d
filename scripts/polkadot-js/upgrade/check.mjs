#!/usr/bin/env node
// Takes a chain of an earlier release, upgrades its runtime, and watches the market go on.

import { mkdir, readFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { blake2AsHex } from '@polkadot/util-crypto';
import { u8aToHex } from '@polkadot/util';
import { UsageError, onInterrupt, run } from '../lib/cli.mjs';
import { connect, transact } from '../lib/chain.mjs';
import { atEachBlock, follow, stageName } from '../lib/follow.mjs';
import { readJob } from '../lib/job.mjs';
import { signerOf } from '../lib/signer.mjs';
import { BIN, Programs, freePort } from '../harness/programs.mjs';

const help = `
Starts this node on the chain of an earlier release, fills it with that release's own script, and writes its state. Then
it upgrades the running chain to a new runtime, and checks that blocks are finalised, that every job is still there, and
that a committed job settles.

  node upgrade/check.mjs --spec FILE --release FOLDER --code FILE --state FILE --folder FOLDER

  --spec FILE        the chain's raw specification, from the example release_spec of the node
  --release FOLDER   the source tree of the release, with the packages of its scripts/polkadot-js
  --code FILE        the Wasm of the new runtime
  --state FILE       where to write the state before the upgrade, as a raw specification
  --folder FOLDER    for the chain's database and the logs
`;

const options = Object.fromEntries(['spec', 'release', 'code', 'state', 'folder'].map((name) => [name, { type: 'string' }]));

run({ help, options }, async (values) => {
  const missing = Object.keys(options).find((name) => values[name] === undefined);
  if (missing) {
    throw new UsageError(`--${missing} is missing`);
  }
  await mkdir(values.folder, { recursive: true });
  const check = new Check(values);
  onInterrupt(() => check.close());
  try {
    await check.run();
  } finally {
    await check.close();
  }
});

class Check {
  constructor({ spec, release, code, state, folder }) {
    Object.assign(this, { spec, release, code, state, folder });
    this.programs = new Programs(BIN, path.join(folder, 'logs'));
  }

  async run() {
    await this.programs.check('touchstone-node');
    const before = await this.start('before');
    const jobs = await this.populate();
    const at = await this.untilFinal(before.api, (await before.api.rpc.chain.getHeader()).number.toNumber());
    const stages = await this.stages(before.api, jobs);
    console.log(`a chain of the release, at block ${at}: ${Object.entries(stages).map((entry) => entry.join(' ')).join(', ')}`);
    await this.stop(before);
    await this.exportState(at);

    const { api, node } = await this.start('after');
    await this.upgrade(api);
    await api.disconnect();
    // A new connection reads the metadata of the new runtime.
    const after = { api: await connect(this.url), node };
    const still = await this.stages(after.api, jobs);
    await follow(after.api, jobs.committed, { timeout: 300_000 });
    const ended = stageName(await readJob(after.api, jobs.committed));
    if (ended !== 'Settled') {
      throw new Error(`the job that was committed before the upgrade ended as ${ended}, not Settled`);
    }
    console.log(`after the upgrade all ${Object.keys(still).length} jobs are readable, and the committed one has settled`);
    await this.stop(after);
  }

  close() {
    return this.programs.end();
  }

  async start(name) {
    const [rpc, p2p] = [await freePort(), await freePort()];
    this.url = `ws://127.0.0.1:${rpc}`;
    const args = [
      ...this.chain(),
      ...['--alice', '--validator', '--force-authoring', '--rpc-port', rpc, '--listen-addr', `/ip4/127.0.0.1/tcp/${p2p}`],
      ...['--no-prometheus', '--no-mdns', '--no-telemetry'],
    ];
    const node = this.programs.start(`node-${name}`, 'touchstone-node', args.map(String));
    const fallen = node.ended.then(() => Promise.reject(new Error(`touchstone-node has ended: see ${this.programs.logs}`)));
    const api = await Promise.race([connect(this.url, { patience: 300_000 }), fallen]);
    fallen.catch(() => {});
    return { api, node };
  }

  /** The state of the exported block is needed after the node has gone on, so that nothing is pruned. */
  chain() {
    return ['--chain', this.spec, '--base-path', path.join(this.folder, 'chain'), '--state-pruning', 'archive'];
  }

  async stop({ api, node }) {
    await api.disconnect();
    node.child.kill('SIGINT');
    await node.ended;
  }

  /** Runs the release's own script: it knows that release's calls. */
  async populate() {
    const script = path.join(this.release, 'scripts/polkadot-js/upgrade/populate.mjs');
    const { stdout } = await promisify(execFile)('node', [script, '--url', this.url], { timeout: 300_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  }

  async stages(api, jobs) {
    const entries = Object.entries(jobs).map(async ([name, id]) => [name, stageName(await readJob(api, id))]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Waits until the block with this number is final. */
  untilFinal(api, number) {
    return atEachBlock(api, async () => {
      const final = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
      return final.number.toNumber() >= number ? number : undefined;
    });
  }

  exportState(block) {
    const program = path.join(this.programs.bin, 'touchstone-node');
    const args = ['export-state', ...this.chain(), `${block}`];
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let errors = '';
      child.stderr.on('data', (text) => (errors += text));
      child.stdout.pipe(createWriteStream(this.state));
      child.once('error', reject);
      child.once('close', (code) => (code ? reject(new Error(`export-state failed: ${errors}`)) : resolve()));
    });
  }

  async upgrade(api) {
    const code = u8aToHex(await readFile(this.code));
    const alice = await signerOf(api, '//Alice');
    // The checks of set_code would refuse a runtime of the same version, which a tree between two releases has.
    const call = api.tx.system.setCodeWithoutChecks(code);
    const { blockNumber } = await transact(api, alice, api.tx.sudo.sudoUncheckedWeight(call, { refTime: 0, proofSize: 0 }));
    await this.untilFinal(api, blockNumber + 2);
    const found = await api.rpc.state.getStorageHash('0x3a636f6465');
    if (found.toHex() !== blake2AsHex(code, 256)) {
      throw new Error('the chain does not have the new runtime');
    }
    console.log(`upgraded in block ${blockNumber}; block ${blockNumber + 2} is final`);
  }
}

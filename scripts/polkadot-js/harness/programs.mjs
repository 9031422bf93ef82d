// Starts the node, workers and watchers of a test or the demonstration, and ends the ones it started.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the programs: $TARGET_BIN, or where `scripts/test.sh build` puts them. A variable that is empty is not set. */
export const BIN = process.env.TARGET_BIN || path.join(process.env.CARGO_TARGET_DIR || fileURLToPath(new URL('../../../target', import.meta.url)), 'ci');

/** A loopback port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs programs from the folder `bin`; what they print goes to files in `logs`. */
export class Programs {
  #running = [];
  #ending = false;

  constructor(bin, logs) {
    this.bin = bin;
    this.logs = logs;
  }

  /** Fails with a remedy if a program has not been built. */
  async check(...programs) {
    for (const program of programs) {
      await access(path.join(this.bin, program)).catch(() => {
        throw new Error(`${program} is not in ${this.bin}: build it, or set TARGET_BIN to the folder that has it`);
      });
    }
    await mkdir(this.logs, { recursive: true });
  }

  /** Starts a program that keeps running; `name` is the name of its log. */
  start(name, program, args, env = {}) {
    const child = this.#spawn(program, args, env);
    const log = createWriteStream(path.join(this.logs, `${name}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const running = { name, child, ended: new Promise((resolve) => child.once('close', resolve)) };
    this.#running.push(running);
    return running;
  }

  /** Runs a program to its end and returns what it printed; an exit code outside `allowed` is an error. `nice` lowers its priority. */
  async run(name, program, args, { allowed = [0], env = {}, nice = 0 } = {}) {
    const child = this.#spawn(program, args, env);
    if (nice && child.pid) {
      os.setPriority(child.pid, nice);
    }
    const running = { name, child, ended: new Promise((resolve) => child.once('close', resolve)) };
    this.#running.push(running);
    const text = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (text.stdout += chunk));
    child.stderr.on('data', (chunk) => (text.stderr += chunk));
    const code = await running.ended;
    this.#running = this.#running.filter((other) => other !== running);
    createWriteStream(path.join(this.logs, `${name}.log`), { flags: 'a' }).end(text.stderr + text.stdout);
    if (this.#ending) {
      // It did not fail, it was ended together with all others. This program is ending too.
      return new Promise(() => {});
    }
    if (!allowed.includes(code)) {
      throw new Error(`${program} ${args[0]} failed (${code}): ${text.stderr.trim() || text.stdout.trim()}`);
    }
    return { ...text, code };
  }

  /** The names of programs that have ended although they should keep running. */
  fallen() {
    return this.#running.filter(({ child }) => child.exitCode !== null).map(({ name }) => name);
  }

  /** Ends all running programs, the last one first: with SIGINT, and after 5 seconds with SIGKILL. */
  async end() {
    this.#ending = true;
    for (const { child, ended } of this.#running.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) {
        continue;
      }
      child.kill('SIGINT');
      const force = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(force);
    }
  }

  #spawn(program, args, env) {
    // In a process group of its own, so that Ctrl-C reaches this program alone, which then ends the others in order.
    const options = { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    const child = spawn(path.join(this.bin, program), args, options);
    child.once('error', (error) => console.error(`${program}: ${error.message}`));
    return child;
  }
}

// Checks that the commands on a page exist: programs, subcommands, options, scripts, crates, benches and examples.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

import { parseHelp } from './help.mjs';
import { commands } from './shell.mjs';

const PROGRAMS = ['touchstone', 'gpu-worker', 'touchstone-node'];
const SHELL = ['', 'sh', 'bash', 'shell', 'console'];
const BUILT_IN_PROFILES = ['dev', 'release', 'test', 'bench'];

/** Checks commands for the repository in `root`, whose programs are in the folder `programs`. */
export class CommandChecker {
  #root;
  #programs;
  #helps = new Map();
  #packages;

  constructor(root, programs) {
    this.#root = root;
    this.#programs = programs;
  }

  /** What is wrong with the commands that `page`, the file `path`, shows: `{ line, message }`. */
  check(path, page) {
    const faults = [];
    const folder = dirname(path);
    for (const block of page.blocks.filter(({ language }) => SHELL.includes(language))) {
      // In a console only what follows a prompt is a command.
      const prompts = /^\$ /m.test(block.text);
      const script = prompts ? block.text.replace(/^(?!\$ ).*$/gm, '').replace(/^\$ /gm, '') : block.text;
      let cwd = '.';
      for (const { words, line } of commands(script)) {
        const fault = (message) => faults.push({ line: block.line + line, message: `${words.join(' ')}: ${message}` });
        if (words[0] === 'cd') {
          cwd = join(cwd, words[1] ?? '');
          if (!existsSync(join(this.#root, cwd))) fault(`there is no folder ${cwd}`);
        } else {
          this.#one(words, [cwd, folder, 'scripts/polkadot-js'], true).forEach(fault);
        }
      }
    }
    for (const { text, line } of page.spans) {
      for (const { words } of commands(text)) {
        this.#one(words, ['.', folder, 'scripts/polkadot-js'], false).forEach((message) => {
          faults.push({ line, message: `${words.join(' ')}: ${message}` });
        });
      }
    }
    return faults;
  }

  /** Faults of one command. A `whole` one has to have all its arguments; a mention in a sentence may leave them out. */
  #one([program, ...words], folders, whole) {
    if (PROGRAMS.includes(program)) return this.#clap(program, words, whole);
    if (program === 'cargo') return this.#cargo(words);
    if (program === 'node') return this.#script(words, folders, /\.mjs$/, (file) => ['node', file]);
    if (program === 'source' || program === '.') {
      return existsSync(join(this.#root, words[0] ?? '')) ? [] : [`there is no ${words[0]}`];
    }
    if (/\.sh$/.test(program) && program.includes('/')) {
      return this.#script([program, ...words], folders, /\.sh$/, (file) => [file]);
    }
    return [];
  }

  #clap(program, words, whole) {
    if (!words.length) return [];
    const path = join(this.#programs, program);
    if (!existsSync(path)) throw new Error(`there is no ${path}: build first (scripts/test.sh build)`);
    const faults = [], positionals = [];
    let help = this.#help([path]);
    let chain = [path];
    let asksHelp = false;
    for (let at = 0; at < words.length; at++) {
      const word = words[at];
      if (word === '--') break;
      if (/^-\w|^--\w/.test(word)) {
        const [name, value] = word.split(/=(.*)/s);
        asksHelp ||= ['--help', '-h', '--version', '-V'].includes(name);
        const takesValue = help.options.get(name);
        if (takesValue === undefined) faults.push(`${chain.map((part) => basename(part)).join(' ')} has no option ${name}`);
        if (takesValue && value === undefined) at++;
        if (takesValue && at >= words.length && whole) faults.push(`${name} takes a value`);
      } else if (help.subcommands.size) {
        if (!help.subcommands.has(word)) {
          return [`${chain.map((part) => basename(part)).join(' ')} has no command ${word}`];
        }
        chain = [...chain, word];
        help = this.#help(chain);
      } else {
        positionals.push(word);
      }
    }
    if (whole && !asksHelp && (positionals.length < help.least || positionals.length > help.most)) {
      faults.push(`it takes ${help.least === help.most ? help.least : `${help.least} to ${help.most}`} arguments, not ${positionals.length}`);
    }
    return faults;
  }

  #script(words, folders, kind, command) {
    const [name, ...rest] = words;
    if (!name || !kind.test(name)) return [];
    const file = folders.map((folder) => resolve(this.#root, folder, name)).find(existsSync);
    if (!file) return [`there is no ${name}`];
    const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length);
    if (!options.length) return [];
    const help = this.#help([...command(file), '--help'], true);
    const faults = options
      .filter((word) => /^--?[a-z]/.test(word))
      .map((word) => word.split('=')[0])
      .filter((option) => option !== '--help' && option !== '-h' && !new RegExp(`(^|[^\\w-])${option}(?![\\w-])`, 'm').test(help.text))
      .map((option) => `${basename(name)} has no option ${option}`);
    // A script that takes names from a list says so in its usage, and lists them.
    if (/Usage: .*\[(STAGE|TABLE|TARGET)\.\.\.\]/.test(help.text)) {
      for (const word of options.filter((option) => /^[a-z]+$/.test(option))) {
        if (!help.choices.has(word)) faults.push(`${basename(name)} knows no ${word}`);
      }
    }
    return faults;
  }

  #cargo(words) {
    const options = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length);
    const values = (...names) => options.flatMap((word, at) => (names.includes(word) ? [options[at + 1]] : [])).filter(Boolean);
    const manifest = values('--manifest-path')[0];
    if (manifest) return existsSync(join(this.#root, manifest)) ? [] : [`there is no ${manifest}`];
    const faults = [];
    const all = this.#workspace();
    // A name in capitals stands for any crate.
    const named = values('-p', '--package').filter((name) => !/^[A-Z_]+$/.test(name));
    for (const name of named.filter((name) => !all.has(name))) faults.push(`the workspace has no crate ${name}`);
    const packages = named.length ? named.map((name) => all.get(name)).filter(Boolean) : [...all.values()];
    for (const kind of ['bench', 'example', 'test', 'bin']) {
      for (const name of values(`--${kind}`)) {
        const found = packages.some(({ targets }) => targets.some((target) => target.name === name && target.kind.includes(kind)));
        if (packages.length && !found) faults.push(`there is no ${kind} ${name}`);
      }
    }
    for (const name of values('--features').flatMap((list) => list.split(','))) {
      if (packages.length && !packages.some(({ features }) => name in features)) faults.push(`there is no feature ${name}`);
    }
    for (const name of values('--profile').filter((name) => !name.startsWith('$'))) {
      const declared = readFileSync(join(this.#root, 'Cargo.toml'), 'utf8').includes(`[profile.${name}]`);
      if (!declared && !BUILT_IN_PROFILES.includes(name)) faults.push(`there is no profile ${name}`);
    }
    return faults;
  }

  #workspace() {
    this.#packages ??= new Map(
      JSON.parse(
        execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1', '--offline'], {
          cwd: this.#root, encoding: 'utf8', maxBuffer: 1 << 26,
        }),
      ).packages.map((each) => [each.name, each]),
    );
    return this.#packages;
  }

  #help(command, asked = false) {
    const key = command.join(' ');
    if (!this.#helps.has(key)) {
      const [program, ...words] = command;
      const shown = relative(this.#root, program);
      try {
        const text = execFileSync(program, asked ? words : [...words, '--help'], {
          cwd: this.#root, encoding: 'utf8', maxBuffer: 1 << 24, stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.#helps.set(key, parseHelp(text));
      } catch (error) {
        throw new Error(`${shown} ${words.join(' ')} --help failed: ${error.stderr || error.message}`);
      }
    }
    return this.#helps.get(key);
  }
}

#!/usr/bin/env node
// Checks that what the Markdown pages of the repository refer to exists.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { checkRecords } from './adr.mjs';
import { CommandChecker } from './commands.mjs';
import { checkLinks, checkPaths } from './links.mjs';
import { read } from './page.mjs';

const HELP = `Usage: node scripts/check-docs [--help] [--links-only] [FILE...]

Checks all Markdown files of the repository, or those named:
  links     relative links lead to files that exist, and to headings that exist
  paths     paths in code spans, and kernels in job descriptions, exist
  commands  the programs, scripts, crates, benches and examples that are shown exist, with these subcommands, options and
            numbers of arguments, according to their --help
  records   every ADR has a date and a status, and the index lists it with the same ones

  --links-only  no commands: needs no build

Programs are taken from $TARGET_BIN (default: target/ci). Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage.`;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

function main() {
  let options;
  try {
    options = parseArgs({
      options: { help: { type: 'boolean', short: 'h' }, 'links-only': { type: 'boolean' } },
      allowPositionals: true,
    });
  } catch (error) {
    console.error(`check-docs: ${error.message}\n${HELP}`);
    return 2;
  }
  if (options.values.help) {
    console.log(HELP);
    return 0;
  }
  const pages = options.positionals.length
    ? options.positionals
    : execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate', '*.md'], { cwd: root, encoding: 'utf8' })
        .trim().split('\n').filter((path) => existsSync(join(root, path)));
  const checker = new CommandChecker(root, process.env.TARGET_BIN || join(root, 'target/ci'));
  let faults = 0;
  for (const path of pages) {
    const page = read(join(root, path));
    const found = [...checkLinks(root, path, page), ...checkPaths(root, page)];
    if (!options.values['links-only']) found.push(...checker.check(path, page));
    found.sort((a, b) => a.line - b.line);
    for (const { line, message } of found) console.error(`${path}:${line}: ${message}`);
    faults += found.length;
  }
  if (!options.positionals.length) {
    const found = checkRecords(join(root, 'docs/adr'));
    for (const { file, message } of found) console.error(`docs/adr/${file}: ${message}`);
    faults += found.length;
  }
  console.log(`check-docs: ${pages.length} pages, ${faults || 'no'} fault${faults === 1 ? '' : 's'}`);
  return faults ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`check-docs: ${error.message}`);
  process.exitCode = 1;
}

// The checks find what is wrong on a page, and say nothing of what is right.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

import { checkRecords } from '../adr.mjs';
import { CommandChecker } from '../commands.mjs';
import { parseHelp } from '../help.mjs';
import { checkLinks, checkPaths } from '../links.mjs';
import { parse } from '../page.mjs';
import { commands } from '../shell.mjs';

const root = mkdtempSync(join(tmpdir(), 'check-docs-'));
after(() => rmSync(root, { recursive: true }));

function file(path, text, mode = 0o644) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

const GLOBAL = `Options:
      --url <URL>        Address of a node
      --json             Print results as JSON
  -h, --help             Print help
  -V, --version          Print version
`;

/** A program whose help is laid out as clap does it. */
file('bin/touchstone', `#!/bin/sh
case "$1" in
fetch) cat <<'TEXT'
Download a result

Usage: touchstone fetch [OPTIONS] --output <FILE> <JOB>

Arguments:
  <JOB>  The job

Options:
  -o, --output <FILE>    Where to write
      --step <N>         The step
${GLOBAL.replace('Options:\n', '')}TEXT
;;
*) cat <<'TEXT'
Buy computation

Usage: touchstone [OPTIONS] <COMMAND>

Commands:
  fetch  Download a result
  help   Print this message

${GLOBAL}TEXT
;;
esac
`, 0o755);
file('scripts/test.sh', `#!/bin/sh
cat <<'TEXT'
Usage: scripts/test.sh [--help] [STAGE...]

  format   cargo fmt --check
  build    everything
TEXT
`, 0o755);
file('docs/target.md', '# A title: with `code`, twice\n\n# A title: with code, twice\n\n<a id="own"></a>\n');
file('src/main.rs', 'fn main() {}\n');

const faultsOfLinks = (text) => checkLinks(root, 'docs/page.md', parse(text)).map(({ line, message }) => `${line}: ${message}`);
const checker = new CommandChecker(root, join(root, 'bin'));
const faultsOfCommands = (text) => checker.check('docs/page.md', parse(text)).map(({ message }) => message);
const shown = (script) => commands(script).map(({ words }) => words);

test('links to files, headings, repeated headings, named anchors and lines are accepted', () => {
  const links = ['target.md', '#here', 'target.md#a-title-with-code-twice', 'target.md#a-title-with-code-twice-1', 'target.md#own',
    '../src', '../src/main.rs#L1', 'https://example.org/none'];
  assert.deepEqual(faultsOfLinks(`# Here\n\n${links.map((link) => `[x](${link})`).join('\n')}`), []);
});

test('a link that leads nowhere is named with its line, also in lists and tables', () => {
  assert.deepEqual(faultsOfLinks('# A\n\n- one\n- [x](none.md)\n\n| a |\n|---|\n| [y](target.md#none) |\n'), [
    '4: none.md: there is no docs/none.md',
    '8: target.md#none: docs/target.md has no heading #none',
  ]);
});

test('a link out of the repository, to a line behind the end, or by an undefined name is a fault', () => {
  assert.deepEqual(faultsOfLinks('[a](../../x)\n\n[b](../src/main.rs#L9)\n\n[c][nowhere]\n'), [
    '1: ../../x leads out of the repository',
    '3: ../src/main.rs#L9: src/main.rs has only 2 lines',
    '5: [nowhere] is not defined on this page',
  ]);
});

test('links in code are no links', () => {
  assert.deepEqual(faultsOfLinks('`[x](none.md)`\n\n```\n[x](none.md)\n```\n'), []);
});

test('paths that are mentioned have to exist', () => {
  const faults = checkPaths(root, parse('`docs/target.md`, `docs/gone`, `kernels/NAMES.wgsl`\n\n```toml\nkernel = "kernels/none.wgsl"\n```\n'));
  assert.deepEqual(faults.map(({ message }) => message), ['there is no docs/gone', 'there is no kernels/none.wgsl']);
});

test('a job description in JSON has to be JSON', () => {
  assert.match(checkPaths(root, parse('```json\n{ "a": 1, }\n```\n'))[0].message, /^this is not JSON/);
});

test('a script is split into its commands', () => {
  assert.deepEqual(shown('A=1 one two # comment\nthree \\\n  four && five | six > out\n'), [
    ['one', 'two'], ['three', 'four'], ['five'], ['six'],
  ]);
});

test('quotes span lines, and descriptions in a table of commands are left out', () => {
  assert.deepEqual(shown('node -e "\na; b\n"\n./run.sh     says what it does\ntool --a   --b\n'), [
    ['node', '-e', '\na; b\n'], ['./run.sh'], ['tool', '--a', '--b'],
  ]);
});

test('help tells options with and without values, subcommands, and how many arguments there are', () => {
  const help = parseHelp(`Usage: touchstone [OPTIONS] <COMMAND>\n\nCommands:\n  fetch  Download\n\n${GLOBAL}`);
  assert.deepEqual([...help.subcommands], ['fetch']);
  assert.deepEqual([help.options.get('--url'), help.options.get('--json'), help.options.get('-h')], [true, false, false]);
  assert.deepEqual([parseHelp('Usage: a [OPTIONS] <X> [Y]').least, parseHelp('Usage: a [OPTIONS] <X> [Y]').most], [1, 2]);
  assert.equal(parseHelp('Usage: a <X> [Y]...').most, Infinity);
});

test('commands as the programs know them are accepted', () => {
  assert.deepEqual(faultsOfCommands('```\ntouchstone --url ws://x fetch JOB -o out   --step 1\nscripts/test.sh format\n```\n`touchstone fetch`'), []);
});

test('an unknown command, option, stage or script, and a wrong number of arguments are faults', () => {
  const text = '```sh\ntouchstone fetsh JOB\ntouchstone fetch JOB --out x\ntouchstone fetch --output x\nscripts/test.sh formt\nscripts/none.sh\ncd none\n```\n';
  assert.deepEqual(faultsOfCommands(text), [
    'touchstone fetsh JOB: touchstone has no command fetsh',
    'touchstone fetch JOB --out x: touchstone fetch has no option --out',
    'touchstone fetch JOB --out x: it takes 1 arguments, not 2',
    'touchstone fetch --output x: it takes 1 arguments, not 0',
    'scripts/test.sh formt: test.sh knows no formt',
    'scripts/none.sh: there is no scripts/none.sh',
    'cd none: there is no folder none',
  ]);
});

test('in a console only what follows the prompt is a command', () => {
  assert.deepEqual(faultsOfCommands('```\n$ touchstone fetsh\ntouchstone said: nothing\n```\n'), ['touchstone fetsh: touchstone has no command fetsh']);
});

test('a program that is not built is an error that says so', () => {
  const bare = new CommandChecker(root, join(root, 'none'));
  assert.throws(() => bare.check('docs/page.md', parse('`touchstone fetch`')), /build first/);
});

test('a decision record needs a date, a status, its number, and a row in the index that agrees', () => {
  file('adr/README.md', '| | decision | date | status |\n|---|---|---|---|\n' +
    '| [0001](0001-a.md) | One | 2026-01-02 | Accepted |\n| [0002](0002-b.md) | Zwei | 2026-01-03 | Accepted |\n');
  file('adr/0001-a.md', '# 0001: One\n\n- Date: 2026-01-02\n- Status: Accepted\n');
  file('adr/0002-b.md', '# 0002: Two\n\n- Date: 2026-01-02\n');
  file('adr/0002-c.md', '# 0003: Three\n\n- Date: soon\n- Status: Superseded by [0001](0001-a.md)\n');
  assert.deepEqual(checkRecords(join(root, 'adr')).map(({ file, message }) => `${file}: ${message}`), [
    '0002-b.md: there is no line "- Status:" with Proposed, Accepted or Superseded',
    '0002-b.md: the index has another title: Zwei',
    '0002-b.md: the index has another date: 2026-01-03',
    '0002-c.md: 0002-b.md has the same number',
    '0002-c.md: the title does not begin with "# 0002: "',
    '0002-c.md: there is no line "- Date: YYYY-MM-DD"',
    '0002-c.md: the index does not list it',
  ]);
});

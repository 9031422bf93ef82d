// Shared by all scripts: options, --help, errors and exit codes (0 done, 1 failed, 2 wrong usage).

import { parseArgs } from 'node:util';
import { MisplacedSecret, hasPhrase, isSeed, refuseSecret, withoutPhrases, withoutSecrets } from './secret.mjs';

// Options are those of `parseArgs`, and may have two more entries: `variable` names a variable of the environment, which
// counts if the option is not given, and `hash: true` says that the value may be 64 hex digits, which elsewhere are a seed.

export const NODE_OPTIONS = {
  url: { type: 'string', variable: 'TOUCHSTONE_URL', default: 'ws://127.0.0.1:9944' },
};

export const SIGNER_OPTIONS = {
  signer: { type: 'string', variable: 'TOUCHSTONE_SIGNER', default: '//Alice' },
};

/** For scripts that connect to providers. */
export const REACH_OPTIONS = {
  'allow-private': { type: 'boolean', variable: 'TOUCHSTONE_ALLOW_PRIVATE', default: false },
};

export const NODE_HELP = '  --url URL        the node (default: $TOUCHSTONE_URL or ws://127.0.0.1:9944)';
export const SIGNER_HELP =
  '  --signer KEY     who signs: //Alice … on a development chain, env:NAME or a file that holds a mnemonic or seed\n                   (default: $TOUCHSTONE_SIGNER or //Alice)';
export const REACH_HELP =
  '  --allow-private  connect to providers at addresses of this machine and its network too (default: $TOUCHSTONE_ALLOW_PRIVATE,\n                   1 or 0); a development chain on this machine needs no option';

/** A mistake in the command line: exit code 2. */
export class UsageError extends Error {}

let interrupted = false;

/** On Ctrl-C and SIGTERM, `finish()` runs and the program ends. An error that the interruption causes is not reported. */
export function onInterrupt(finish) {
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
    process.on(signal, async () => {
      if (!interrupted) {
        interrupted = true;
        const finished = Promise.resolve(finish());
        // polkadot.js reports every request that is pending when the connection closes.
        console.error = () => {};
        await finished.catch(() => {});
        process.exit(code);
      }
    });
  }
}

/**
 * Parses the command line and runs `main(values, positionals)`. `arity` is [least, most] positional arguments, and `hashes`
 * has the indices of those that may be 64 hex digits. A mnemonic, or a seed where no hash is expected, is refused. No error
 * shows a secret.
 */
export async function run({ help, options = {}, arity = [0, 0], hashes = [] }, main) {
  try {
    const { values, positionals } = parse({ options, arity, hashes });
    if (values.help) {
      console.log(help.trim());
    } else {
      await main(values, positionals);
    }
    process.exitCode ??= 0;
  } catch (error) {
    if (interrupted) {
      return;
    }
    const usage = error instanceof UsageError;
    // Other errors name jobs and kernels by their hashes.
    const shown = usage ? withoutSecrets : withoutPhrases;
    console.error(shown(`error: ${error.message}${usage ? '\nTry --help.' : ''}`));
    if (process.env.DEBUG) {
      console.error(shown(`${error.stack}`));
    }
    process.exitCode = usage || error instanceof MisplacedSecret ? 2 : 1;
  }
}

function parse({ options: own, arity: [least, most], hashes }) {
  const options = { ...own, help: { type: 'boolean', short: 'h', default: false } };
  const args = process.argv.slice(2);
  // A mnemonic without quotation marks is many arguments. One within an argument is refused by its place below.
  if (hasPhrase(args.map((text) => (/\s/.test(text) || hasPhrase(text) ? '//' : text)).join(' '))) {
    throw new MisplacedSecret('the command line');
  }
  const { values: given, tokens } = parseTokens(options, args);
  const positionals = tokens.filter(({ kind }) => kind === 'positional');
  positionals.forEach(({ value, index }, position) => check(`argument ${index + 1}`, value, hashes.includes(position)));
  const settled = Object.entries(options).map(([name, option]) => [name, settle(name, option, given[name])]);
  const values = Object.fromEntries(settled);
  if (!values.help && positionals.length < least) {
    throw new UsageError('an argument is missing');
  }
  if (!values.help && positionals.length > most) {
    throw new UsageError(`argument ${positionals[most].index + 1} is one too many`);
  }
  return { values, positionals: positionals.map(({ value }) => value) };
}

function parseTokens(options, args) {
  // Without the defaults, which `settle` applies after the variables.
  const known = Object.entries(options).map(([name, { type, short, multiple = false }]) => [name, { type, multiple, ...(short && { short }) }]);
  try {
    return parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true, tokens: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** The value of an option: as given, or that of its variable, or its default. A variable that is empty is not set. */
function settle(name, { type, variable, hash = false, default: otherwise }, given) {
  const text = variable && process.env[variable];
  const place = given === undefined ? `the variable ${variable}` : `--${name}`;
  const value = given ?? (text || otherwise);
  [value].flat().filter((each) => typeof each === 'string').forEach((each) => check(place, each, hash));
  return type === 'boolean' && typeof value === 'string' ? switchOf(variable, value) : value;
}

function check(place, text, isHash) {
  if (isHash && isSeed(text)) {
    if (!/^0x[0-9a-f]{64}$/i.test(text)) {
      throw new UsageError(`${place} takes 0x and 64 hex digits`);
    }
  } else {
    refuseSecret(place, text);
  }
}

function switchOf(variable, text) {
  const word = text.trim().toLowerCase();
  const isOn = ['1', 'true', 'yes', 'on'].includes(word);
  if (!isOn && !['0', 'false', 'no', 'off'].includes(word)) {
    throw new UsageError(`the variable ${variable} is not a switch (1 or 0): correct it, or unset it`);
  }
  return isOn;
}

/** The value of an option that takes a natural number. */
export function natural(name, text) {
  if (!/^\d+$/.test(text ?? '')) {
    throw new UsageError(`--${name} takes a natural number, not ${text}`);
  }
  return Number(text);
}

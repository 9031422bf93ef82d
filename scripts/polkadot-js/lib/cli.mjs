// Shared by all scripts: options, --help, errors and exit codes (0 done, 1 failed, 2 wrong usage).

import { parseArgs } from 'node:util';

export const NODE_OPTIONS = {
  url: { type: 'string', default: process.env.TOUCHSTONE_URL ?? 'ws://127.0.0.1:9944' },
};

export const SIGNER_OPTIONS = {
  signer: { type: 'string', default: process.env.TOUCHSTONE_SIGNER ?? '//Alice' },
};

export const NODE_HELP = '  --url URL        the node (default: $TOUCHSTONE_URL or ws://127.0.0.1:9944)';
export const SIGNER_HELP =
  '  --signer KEY     who signs: //Alice … on a development chain, env:NAME or a file that holds a mnemonic or seed\n                   (default: $TOUCHSTONE_SIGNER or //Alice)';

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
 * Parses the command line and runs `main(values, positionals)`.
 * `arity` is [least, most] positional arguments.
 */
export async function run({ help, options = {}, arity = [0, 0] }, main) {
  try {
    const { values, positionals } = parse({ options, arity });
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
    console.error(`error: ${error.message}${usage ? '\nTry --help.' : ''}`);
    if (process.env.DEBUG) {
      console.error(error.stack);
    }
    process.exitCode = usage ? 2 : 1;
  }
}

function parse({ options, arity: [least, most] }) {
  try {
    const parsed = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true,
    });
    const count = parsed.positionals.length;
    if (!parsed.values.help && (count < least || count > most)) {
      throw new UsageError(count < least ? 'an argument is missing' : `one argument too many: ${parsed.positionals[most]}`);
    }
    return parsed;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error.message);
  }
}

/** The value of an option that takes a natural number. */
export function natural(name, text) {
  if (!/^\d+$/.test(text ?? '')) {
    throw new UsageError(`--${name} takes a natural number, not ${text}`);
  }
  return Number(text);
}

// What a program says about its command line with --help.

/** The options, subcommands and arguments in a help text, in clap's layout or in that of the scripts here. */
export function parseHelp(text) {
  const options = new Map();
  for (const line of text.split('\n')) {
    const entry = line.match(/^\s+(?:(-\w),? )?\s*(--[\w-]+)(?:(?:[= ]|\[=)(<[^>]+>|[A-Z][\w:+,|…-]*)?)?/) ??
      line.match(/^\s+(-\w)(?:[ ](<[^>]+>))?()/);
    if (!entry) continue;
    const [, first, second, value] = entry;
    for (const name of second?.startsWith('--') ? [first, second] : [first]) {
      if (name) options.set(name, Boolean(value ?? (second?.startsWith('<') ? second : undefined)));
    }
  }
  const subcommands = new Set();
  for (const [, name] of section(text, 'Commands').matchAll(/^ {2}([a-z][\w-]*)/gm)) subcommands.add(name);
  const usage = text.match(/^Usage: .*$/m)?.[0] ?? '';
  const [least, most] = positionals(usage.replace(/\[(?:OPTIONS|COMMAND)\]|<COMMAND>/g, ''));
  const choices = new Set([...text.matchAll(/^ {2}([a-z][\w]*) {2,}\S/gm)].map(([, name]) => name));
  return { options, subcommands, least, most, choices, text };
}

function section(text, title) {
  return text.match(new RegExp(`^${title}:\\n((?: .*\\n|\\n(?= ))*)`, 'm'))?.[1] ?? '';
}

function positionals(usage) {
  // The value of an option that is required, as in `--key-type <KEY_TYPE>`, is not an argument.
  const own = usage.replace(/--?[\w-]+ <[^>]+>/g, '');
  const required = [...own.matchAll(/(?:^|\s)<[^>]+>(\.\.\.)?/g)];
  const optional = [...own.matchAll(/\[(?:<)?[A-Z_]+(?:>)?\](\.\.\.)?/g)];
  const open = [...required, ...optional].some(([, more]) => more) || own.includes('...');
  return [required.length, open ? Infinity : required.length + optional.length];
}

// Splits what a page shows for a shell into commands.

const OPERATORS = ['&&', '||', '|', ';', '\n', '&'];

/** The commands of a script, each `{ words, line }` with lines from 0. Comments, redirections and variables go. */
export function commands(script) {
  const result = [];
  let words = [], word = null, line = 0, at = 0, begun = 0;
  const endWord = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = () => {
    endWord();
    const kept = withoutRedirections(words);
    while (kept.length && /^\w+=/.test(kept[0])) kept.shift();
    if (kept.length) result.push({ words: kept, line: begun });
    words = [];
  };
  while (at < script.length) {
    const rest = script.slice(at);
    const operator = OPERATORS.find((candidate) => rest.startsWith(candidate));
    if (word === null && !words.length) begun = line;
    if (rest.startsWith('\\\n')) {
      endWord();
      line++;
      at += 2;
    } else if (operator) {
      endCommand();
      if (operator === '\n') line++;
      at += operator.length;
    } else if (word === null && rest[0] === '#') {
      at += rest.match(/^[^\n]*/)[0].length;
    } else if (/^ {4,}/.test(rest) && words.concat(word ?? []).length) {
      // A table of commands with their descriptions.
      at += rest.match(/^[^\n]*/)[0].length;
    } else if (/\s/.test(rest[0])) {
      endWord();
      at++;
    } else if (rest[0] === "'" || rest[0] === '"') {
      const end = closing(script, at);
      const inside = script.slice(at + 1, end);
      word = (word ?? '') + inside;
      line += inside.split('\n').length - 1;
      at = end + 1;
    } else if (rest[0] === '\\') {
      word = (word ?? '') + (rest[1] ?? '');
      at += 2;
    } else {
      word = (word ?? '') + rest[0];
      at++;
    }
  }
  endCommand();
  return result;
}

function closing(script, at) {
  const quote = script[at];
  let end = at + 1;
  while (end < script.length && script[end] !== quote) end += quote === '"' && script[end] === '\\' ? 2 : 1;
  return Math.min(end, script.length);
}

function withoutRedirections(words) {
  const kept = [];
  for (let at = 0; at < words.length; at++) {
    const redirection = words[at].match(/^\d?(?:>>|>|<)(.*)$/);
    if (!redirection) kept.push(words[at]);
    else if (!redirection[1]) at++;
  }
  return kept;
}

// Checks that every architecture decision record has a date and a status, and that the index agrees.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What is wrong with the records in `folder`: `{ file, message }`. */
export function checkRecords(folder) {
  const faults = [];
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const seen = new Map();
  for (const file of readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name)).sort()) {
    const fault = (message) => faults.push({ file, message });
    const text = readFileSync(join(folder, file), 'utf8');
    const number = file.slice(0, 4);
    if (seen.has(number)) fault(`${seen.get(number)} has the same number`);
    seen.set(number, file);
    const title = text.match(/^# (\d{4}): (.+)$/m);
    if (title?.[1] !== number) fault(`the title does not begin with "# ${number}: "`);
    const date = text.match(/^- Date: (\d{4}-\d{2}-\d{2})$/m)?.[1];
    if (!date) fault('there is no line "- Date: YYYY-MM-DD"');
    const status = text.match(/^- Status: (Proposed|Accepted|Superseded)\b/m)?.[1];
    if (!status) fault('there is no line "- Status:" with Proposed, Accepted or Superseded');
    const row = index.split('\n').find((line) => line.includes(`(${file})`));
    if (!row) {
      fault('the index does not list it');
    } else {
      const [, listed, when, state] = row.split('|').slice(1).map((cell) => cell.trim());
      if (title && listed !== title[2]) fault(`the index has another title: ${listed}`);
      if (date && when !== date) fault(`the index has another date: ${when}`);
      if (status && !state.startsWith(status)) fault(`the index has another status: ${state}`);
    }
  }
  return faults;
}

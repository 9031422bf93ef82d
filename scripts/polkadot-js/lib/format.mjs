// Amounts and tables as text.

import { withoutSecrets } from './secret.mjs';

/** An amount of the native coin, such as 12.5 TSN: to four decimals, or as many as the first digit needs, or `exact`. */
export function coin(api, amount, { exact = false } = {}) {
  const places = api.registry.chainDecimals[0] ?? 12;
  const unit = api.registry.chainTokens[0] ?? '';
  const value = BigInt(amount);
  const size = value < 0n ? -value : value;
  const digits = size.toString().padStart(places + 1, '0');
  const [whole, all] = [digits.slice(0, -places), digits.slice(-places)];
  const decimals = exact ? places : BigInt(whole) || !size ? 4 : Math.max(4, all.search(/[1-9]/) + 1);
  const fraction = all.slice(0, decimals).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''} ${unit}`.trim();
}

/** The smallest units of text such as 12.5TSN, or of a plain number of them. */
export function parseCoin(api, text) {
  const places = api.registry.chainDecimals[0] ?? 12;
  const unit = api.registry.chainTokens[0] ?? 'TSN';
  const match = /^(\d+)(?:\.(\d+))?\s*([A-Za-z]*)$/.exec(text.trim());
  const [, whole, fraction = '', symbol] = match ?? [];
  if (!match || (symbol ? symbol !== unit || fraction.length > places : fraction)) {
    throw new Error(`${withoutSecrets(text)} is not an amount: write 100${unit}, 0.5${unit}, or a whole number in the smallest unit`);
  }
  return symbol ? BigInt(whole + fraction.padEnd(places, '0')) : BigInt(whole);
}

/** Rows of equal columns, the first row underlined; columns after the first align to the right. */
export function table(rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ');
  return [line(cells[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n');
}

/** 0x1234…cdef */
export function short(hex) {
  return hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;
}

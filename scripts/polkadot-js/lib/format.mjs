// For people to read.

/** An amount of the native coin, such as 12.5 TSN; four decimals at most unless `exact`. */
export function coin(api, amount, { decimals = 4 } = {}) {
  const places = api.registry.chainDecimals[0] ?? 12;
  const unit = api.registry.chainTokens[0] ?? '';
  const value = BigInt(amount);
  const size = value < 0n ? -value : value;
  const digits = size.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).slice(0, decimals).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return `${value < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''} ${unit}`.trim();
}

/** An amount in the smallest unit, of text such as 12.5 (coins). */
export function parseCoin(api, text) {
  const places = api.registry.chainDecimals[0] ?? 12;
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match || (match[2] ?? '').length > places) {
    throw new Error(`${text} is not an amount of coin such as 12.5`);
  }
  return BigInt(match[1]) * 10n ** BigInt(places) + BigInt((match[2] ?? '').padEnd(places, '0') || '0');
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

import type { FigureTable } from '../figure-table';

/**
 * A table as RFC 4180 has it, numbers with all their digits and a point. Text that a spreadsheet would take for a formula
 * gets an apostrophe before it (OWASP, CSV injection): a token may be `=1+1`.
 */
export function csv({ columns, rows }: FigureTable): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number): string {
  if (typeof value === 'number') return numberText(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /^\s|\s$|[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** NaN and infinities as pandas and R read them. */
function numberText(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value < 0 ? '-inf' : 'inf';
}

import type { Token } from '../../src/index';

const WRITTEN: Readonly<Record<string, string>> = { '·': ' ', '⏎': '\n', '⇥': '\t', '\u2068': '', '\u2069': '' };

/**
 * A token as a reader types it: an id, its text with spaces and line breaks as they are shown (`·the`, `⏎`), or in
 * double quotes the text exactly (`"12"`, `"·"`). What isolates a token that runs from right to left is none of it.
 */
export function typedToken(typed: string): Token {
  if (/^\d+$/.test(typed)) return Number(typed);
  if (/^".+"$/s.test(typed)) return typed.slice(1, -1);
  return typed.replace(/[·⏎⇥\u2068\u2069]/g, (mark) => WRITTEN[mark]!);
}

/** Options that several commands take, and their parsers: what is wrong without a model is refused here. */
import { Option } from 'commander';
import { parseEdit } from '../edits/language';
import type { EditSpec } from '../edits/spec';
import { FluoroscopeError } from '../errors';

export const hooksOption = (
  about = 'tensors to write: hook names, * for any characters, separated by commas (all but derived ones)',
) => new Option('--hooks <globs>', about).argParser(splitHooks);

/** Repeatable; `EditSpec[]` in the order given. */
export const editOption = () =>
  new Option(
    '--edit <spec>',
    'what to do to a tensor first, such as "blocks.0.attn.hook_z[head=3,pos=-1]:zero"; repeatable',
  )
    .argParser((text, given: readonly EditSpec[]) => [...given, parseEdit(text)])
    .default([], 'none');

/** What the matrices are held in on the GPU. */
export const precisionOption = () =>
  new Option('--precision <type>', 'f16 keeps the matrices in half the memory, rounded, and computes in f32')
    .choices(['f32', 'f16'])
    .default('f32');

/** The command's `--out`: what its task makes is written there, whole or not at all. */
export const outOption = (about: string) => new Option('--out <file>', about);

/** A whole number from `least` on. */
export const wholeOption = (flags: string, about: string, least = 0) =>
  numberOption(flags, about, `a whole number from ${least} on`, (value) => Number.isInteger(value) && value >= least);

/** A token: an id, or a text that is exactly one token; digits in double quotes are text. */
export const tokenOption = (flags: string, about: string) => new Option(flags, about).argParser(parseToken);

export function parseToken(text: string): number | string {
  if (/^\d+$/.test(text)) return Number(text);
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}

/** Token ids that stand before each prompt or window. */
export const prefixOption = () =>
  new Option('--prefix <ids>', 'token ids put in front, such as 0 for <bos>')
    .argParser((text) => parseTokens(text, '--prefix').flat())
    .default([], 'none');

export function numberOption(
  flags: string,
  about: string,
  expected = 'a number',
  accepts: (value: number) => boolean = Number.isFinite,
): Option {
  return new Option(flags, about).argParser((text) => {
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isFinite(value) && accepts(value)) return value;
    throw usage(`${flags.split(' ')[0]} ${JSON.stringify(text)}: expected ${expected}.`);
  });
}

/** @throws `token-invalid` for what is no number; which numbers are tokens is the model's to say. */
export function parseTokens(text: string, flag = '--tokens'): number[][] {
  return text.split(';').map((list) => {
    if (list.trim() === '') return [];
    return list.split(',').map((id) => {
      if (/^\s*[-+]?\d+(\.\d+)?\s*$/.test(id)) return Number(id);
      const expected = 'expected whole numbers separated by commas, and prompts by semicolons, such as 1,2,3;4,5,6';
      throw new FluoroscopeError(
        'token-invalid',
        `${flag} ${text}: ${JSON.stringify(id)} is no token id; ${expected}.`,
      );
    });
  });
}

/** What lies between commas. */
export function listOption(flags: string, about: string): Option {
  return new Option(flags, about).argParser((text) => splitList(flags.split(' ')[0]!, text));
}

export function splitList(flag: string, text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.every((item) => item !== '')) return items;
  throw usage(`${flag} ${JSON.stringify(text)} holds an empty item; separate them by single commas.`);
}

function splitHooks(text: string): string[] {
  const globs = text.split(',').map((glob) => glob.trim());
  if (globs.every((glob) => glob !== '')) return globs;
  throw usage(`--hooks ${JSON.stringify(text)} holds an empty name; separate hook names by single commas.`);
}

export function usage(message: string): FluoroscopeError {
  return new FluoroscopeError('usage', message);
}

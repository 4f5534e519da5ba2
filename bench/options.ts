/** What the benchmarks' options may be: wrong ones end a run before it has begun, not after minutes of measuring. */
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError for anything but a whole number from 1 on */
export function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no whole number from 1 on.`);
}

/** @throws as `count`, for each of those that commas separate */
export function counts(text: string): number[] {
  return text.split(',').map(count);
}

/** Those of a list that commas separate; none for an empty text. @throws InvalidArgumentError for another name */
export const namesOf =
  <T extends { readonly name: string }>(all: readonly T[]) =>
  (text: string): T[] =>
    text === ''
      ? []
      : text.split(',').map((wanted) => {
          const found = all.find(({ name }) => name === wanted);
          if (found) return found;
          throw new InvalidArgumentError(
            `Nothing is named "${wanted}"; there are ${all.map(({ name }) => name).join(', ')}.`,
          );
        });

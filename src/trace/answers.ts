/**
 * Answers that a trace file carries in the metadata field `answers`: a JSON object from a question's key to its answer.
 * Whoever shows an answer checks its members; here only what any answer has to be is checked.
 */
import { isObject } from '../tensor/strict-json';

/** By the question's key: `lens?frozen=false`. */
export type Answers = ReadonlyMap<string, unknown>;

export const LONGEST = 2 ** 24; // characters of JSON in one field of the metadata, as all answers together are
export const MOST = 4096; // answers
export const DEEPEST = 64; // lists and objects, one in another

/** Stands for a number that JSON cannot hold: NaN, Infinity, -Infinity, -0. */
export const NUMBER = '$number';
const UNHELD: readonly string[] = ['NaN', 'Infinity', '-Infinity', '-0'];

/** @throws SyntaxError, with what is wrong */
export function readAnswers(answers: unknown): Map<string, unknown> {
  if (!isObject(answers)) throw new SyntaxError('they are no object from key to answer');
  const entries = Object.entries(answers);
  if (entries.length > MOST) throw new SyntaxError(`there are ${entries.length}, expected at most ${MOST}`);
  return new Map(entries.map(([key, answer]) => [key, decoded(answer, 0)]));
}

function decoded(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new SyntaxError(`one is more than ${DEEPEST} lists and objects deep`);
  if (Array.isArray(value)) return value.map((item) => decoded(item, depth + 1));
  if (!isObject(value)) return value;
  const number = value[NUMBER];
  if (typeof number === 'string' && UNHELD.includes(number)) return Number(number);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decoded(member, depth + 1)]));
}

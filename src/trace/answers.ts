/**
 * Answers that a trace file carries in the metadata field `answers`: a JSON object from a question's key to its answer.
 * Whoever shows an answer checks its members; here only what any answer has to be is checked.
 */
import { FluoroscopeError } from '../errors';
import { parseStrictJson } from '../tensor/strict-json';

/** By the question's key: `lens?frozen=false`. */
export type Answers = ReadonlyMap<string, unknown>;

const LONGEST = 2 ** 24; // characters of JSON, of all answers together
const MOST = 4096; // answers
const DEEPEST = 64; // lists and objects, one in another

/** Stands for a number that JSON cannot hold: NaN, Infinity, -Infinity, -0. */
const NUMBER = '$number';
const UNHELD: readonly string[] = ['NaN', 'Infinity', '-Infinity', '-0'];

/** @throws `trace-invalid` for what is no plain JSON, and for more than a reader takes */
export function writeAnswers(answers: Answers): string {
  if (answers.size > MOST) throw refused(`there are ${answers.size} answers, expected at most ${MOST}`);
  const entries = [...answers].map(([key, answer]) => {
    const json = JSON.stringify(encoded(answer, `the answer ${JSON.stringify(key)}`, 0));
    return `${JSON.stringify(key)}:${json}`;
  });
  const text = `{${entries.join(',')}}`;
  if (text.length <= LONGEST) return text;
  throw refused(`the answers have ${text.length} characters of JSON, expected at most ${LONGEST}`);
}

/** @throws SyntaxError, with what is wrong */
export function readAnswers(text: string): Map<string, unknown> {
  if (text.length > LONGEST) throw new SyntaxError(`they have ${text.length} characters, expected at most ${LONGEST}`);
  const answers = parseStrictJson(text);
  if (!isObject(answers)) throw new SyntaxError('they are no object from key to answer');
  const entries = Object.entries(answers);
  if (entries.length > MOST) throw new SyntaxError(`there are ${entries.length}, expected at most ${MOST}`);
  return new Map(entries.map(([key, answer]) => [key, decoded(answer, 0)]));
}

function encoded(value: unknown, at: string, depth: number): unknown {
  if (depth > DEEPEST) throw refused(`${at} is more than ${DEEPEST} lists and objects deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { [NUMBER]: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (Array.isArray(value)) return value.map((item, i) => encoded(item, `${at}[${i}]`, depth + 1));
  if (isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    if (Object.hasOwn(value, NUMBER)) throw refused(`${at} has a member ${NUMBER}, which stands for a number`);
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([name, member]) => [name, encoded(member, `${at}.${name}`, depth + 1)]));
  }
  const what = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
  throw refused(`${at} is of type ${what}, expected plain JSON: numbers, texts, lists, objects`);
}

function decoded(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new SyntaxError(`one is more than ${DEEPEST} lists and objects deep`);
  if (Array.isArray(value)) return value.map((item) => decoded(item, depth + 1));
  if (!isObject(value)) return value;
  const number = value[NUMBER];
  if (typeof number === 'string' && UNHELD.includes(number)) return Number(number);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decoded(member, depth + 1)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(why: string): FluoroscopeError {
  return new FluoroscopeError('trace-invalid', `The trace cannot be written: ${why}.`);
}

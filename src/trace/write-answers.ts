/** Answers as a trace file carries them; `answers.ts` reads them back. */
import { FluoroscopeError } from '../errors';
import { isObject } from '../tensor/strict-json';
import { type Answers, DEEPEST, LONGEST, MOST, NUMBER } from './answers';

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

function refused(why: string): FluoroscopeError {
  return new FluoroscopeError('trace-invalid', `The trace cannot be written: ${why}.`);
}

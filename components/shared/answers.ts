/** Keys of recorded answers, and what an answer must be before anything draws it: a file may hold anything. */

/** What is wrong with a value that stands at `at`, or null. */
export type Check = (value: unknown, at: string) => string | null;

type Parameter = string | number | boolean | null | undefined;

/**
 * Names a question with all that its answer depends on: `lens?frozen=false`. Parameters are sorted by name; those that
 * are not given are left out.
 */
export function answerKey(question: string, parameters: Readonly<Record<string, Parameter>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  query.sort();
  return `${question}?${query}`;
}

const kind =
  (what: string, is: (value: unknown) => boolean): Check =>
  (value, at) =>
    is(value) ? null : `${at} is no ${what}`;

export const text = kind('text', (value) => typeof value === 'string');
export const flag = kind('yes or no', (value) => typeof value === 'boolean');
/** NaN and infinities too. */
export const number = kind('number', (value) => typeof value === 'number');
export const index = kind('index', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

/** One of these texts. */
export const oneOf = (...texts: readonly string[]): Check =>
  kind(`one of ${texts.join(', ')}`, (value) => texts.includes(value as string));

export const nullable =
  (check: Check): Check =>
  (value, at) =>
    value === null ? null : check(value, at);

/** A member that may be missing. */
export const optional =
  (check: Check): Check =>
  (value, at) =>
    value === undefined ? null : check(value, at);

/** @param length how many there must be; any number unless given */
export const list =
  (check: Check, length?: number): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} is no list`;
    if (length !== undefined && value.length !== length) return `${at} has ${value.length} items, expected ${length}`;
    return first(value.map((item, i) => () => check(item, `${at}[${i}]`)));
  };

export const record =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} is no object`;
    const own = (name: string) => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
    return first(
      Object.entries(members).map(
        ([name, check]) =>
          () =>
            check(own(name), `${at}.${name}`),
      ),
    );
  };

/** The first thing that is wrong. */
function first(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== null) return wrong;
  }
  return null;
}

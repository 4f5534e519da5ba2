import { show } from './show';

const DEEPEST_PATH = 5; // keys in an error

/** `JSON.parse` takes minutes and gigabytes for a file of brackets alone. */
const DEEPEST = 1000;

/**
 * `JSON.parse` that also refuses lists and objects more than 1000 deep, and a key given twice in one object, however its
 * characters are escaped: `JSON.parse` keeps the last and says nothing.
 * @throws SyntaxError
 */
export function parseStrictJson(text: string): unknown {
  refuseExcess(text);
  return JSON.parse(text);
}

/** Walks over text that is to be JSON, so only brackets, commas and strings need looking at. */
function refuseExcess(text: string): void {
  const open: { keys: Set<string> | null; latest: string }[] = []; // keys: null in an array
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    if (open.length > DEEPEST) throw new SyntaxError(`lists and objects are more than ${DEEPEST} deep`);
    switch (text[i]) {
      case '{':
        open.push({ keys: new Set(), latest: '' });
        keyNext = true;
        break;
      case '[':
        open.push({ keys: null, latest: '' });
        keyNext = false;
        break;
      case '}':
      case ']':
        open.pop();
        keyNext = false;
        break;
      case ',':
        keyNext = !!open.at(-1)?.keys;
        break;
      case '"': {
        const begin = i;
        do i += text[i] === '\\' ? 2 : 1;
        while (i < text.length && text[i] !== '"');
        if (!keyNext) break;
        keyNext = false;
        const object = open.at(-1)!;
        const key = JSON.parse(text.slice(begin, i + 1)) as string;
        if (object.keys!.has(key)) {
          const path = open.slice(0, -1).flatMap(({ keys, latest }) => (keys ? [show(latest)] : []));
          const near = path.length > DEEPEST_PATH ? ['…', ...path.slice(-DEEPEST_PATH)] : path;
          throw new SyntaxError(`the key ${show(key)} is given twice${near.length > 0 ? ` in ${near.join('.')}` : ''}`);
        }
        object.keys!.add(key);
        object.latest = key;
      }
    }
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

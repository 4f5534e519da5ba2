/**
 * What stands behind the `#` of the address, where everybody keeps their own: `#heading&key=value&key=value`. A heading,
 * or whatever else stands there, stays.
 */

/** How long changes wait for more of them, in ms: browsers refuse more than a hundred in half a minute. */
const QUIET = 400;

const waiting = new Map<string, string | null>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** @returns null where the key is not there, undefined where its value cannot be read */
export function readHash(key: string, hash = location.hash): string | null | undefined {
  const part = partsOf(hash).find((one) => isOf(one, key));
  if (part === undefined) return null;
  return decoded(part.slice(part.indexOf('=') + 1))?.replace(/%2[25]/g, decodeURIComponent);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Puts a value there soon, together with those of others, without a new entry in the history; null takes it away. */
export function writeHash(key: string, value: string | null): void {
  waiting.set(key, value);
  if (timer === undefined) timer = setTimeout(flush, QUIET);
}

/** The page whose heading has been looked for. */
let led: string | null = null;

/**
 * Scrolls to the heading that stands before the values, when the page is opened and whenever the address changes: a
 * browser looks for a place that is named by all that follows the `#`.
 */
export function followHeading(): void {
  if (led === null) addEventListener('hashchange', ({ newURL }) => scrollToHeading(new URL(newURL).hash));
  const page = location.pathname + location.search;
  if (page === led) return;
  led = page;
  requestAnimationFrame(() => {
    if (scrollY === 0) scrollToHeading(location.hash); // Else the reader, or going back, is somewhere already.
  });
}

function scrollToHeading(hash: string): void {
  const [heading, ...values] = partsOf(hash);
  if (heading && values.length > 0) document.getElementById(decoded(heading) ?? '')?.scrollIntoView();
}

/** Takes back what has not been written yet. */
export function forgetHash(key: string): void {
  waiting.delete(key);
}

function flush(): void {
  timer = undefined;
  let parts = partsOf(location.hash);
  for (const [key, value] of waiting) {
    const at = parts.findIndex((one) => isOf(one, key));
    if (at >= 0 && value === null) parts = parts.toSpliced(at, 1);
    else if (value !== null) parts = parts.toSpliced(at < 0 ? parts.length : at, 1, hashPart(key, value));
  }
  waiting.clear();
  const hash = parts.length > 0 ? `#${parts.join('&')}` : '';
  if (hash === location.hash) return;
  try {
    history.replaceState(history.state, '', location.href.replace(/#.*/s, '') + hash);
  } catch (error) {
    // Refused to some frames, and in Safari after a hundred times in half a minute: the address then stays as it is.
    if (!(error instanceof DOMException)) throw error;
  }
}

/** A value as it stands there. VitePress looks for a link to the decoded address between quotes: there may be none in it. */
export function hashPart(key: string, value: string): string {
  return `${encoded(key)}=${encoded(value.replace(/[%"]/g, encodeURIComponent))}`;
}

const partsOf = (hash: string) => hash.replace(/^#/, '').split('&').filter(Boolean);

function isOf(part: string, key: string): boolean {
  const name = part.slice(0, Math.max(0, part.indexOf('=')));
  return name === encoded(key);
}

/** Readable where it can be; browsers and whatever makes links of texts leave these characters alone. */
const encoded = (text: string) => encodeURIComponent(text).replace(/%(3A|2C|2F|5B|5D)/g, decodeURIComponent);

import { builtInModels, builtInUrl } from '../../src/viewer';

/**
 * A model directory's address, the same however it was given, with a slash at its end.
 *
 * @param src a directory's URL, relative to the page, or a built-in model's name
 * @returns null for what is no address
 */
export function addressOf(src: string): string | null {
  const builtIn = builtInModels.find((name) => name === src);
  if (!builtIn && !URL.canParse(src, document.baseURI)) return null;
  const url = builtIn ? builtInUrl(builtIn) : new URL(src, document.baseURI);
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

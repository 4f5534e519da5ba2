/** A page's text, in which a test looks for the sentences that it has made of measured numbers. */
import { expect } from 'vitest';

/** As in the text: what breaks a line, and the markup of words that point, are no part of a sentence. */
function plain(markdown: string): string {
  return markdown.replace(/<\/?Point[^>]*>/g, '').replace(/\s+/g, ' ');
}

export function page(markdown: string): { says(sentence: string): void } {
  const text = plain(markdown);
  return { says: (sentence) => expect(text).toContain(plain(sentence)) };
}

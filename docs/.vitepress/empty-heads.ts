/** A column without a name has no header cell: an empty one would be announced as a header. */
import type { MarkdownRenderer } from 'vitepress';

export function emptyHeads(md: MarkdownRenderer): void {
  md.core.ruler.push('empty heads', ({ tokens }) => {
    tokens.forEach((token, at) => {
      if (token.type !== 'th_open' || tokens[at + 1]?.content !== '') return;
      token.tag = 'td';
      tokens[at + 2]!.tag = 'td';
    });
  });
}

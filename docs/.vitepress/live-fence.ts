/**
 * ```` ```html live ````: the fence's source is put in the page as it stands, and shown below what it draws. An address from
 * the site's root is led below its base in both.
 */
import type { MarkdownRenderer } from 'vitepress';

export function liveFence(md: MarkdownRenderer, base: string): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const [language, ...words] = token.info.split(/\s+/);
    if (!words.includes('live')) return fence(tokens, index, options, env, self);
    token.info = language!;
    token.content = token.content.replaceAll('="/', `="${base}`);
    const narrow = words.includes('narrow') ? ' narrow' : '';
    const source = md.utils.escapeHtml(token.content);
    const shown = words.includes('unseen') ? '' : fence(tokens, index, options, env, self);
    return `<LiveExample${narrow} source="${source}">${shown}</LiveExample>`;
  };
}

/** Formulas as MathML, made when the site is built: a fence with the language `math`, and $`…`$ within a line. */
import temml from 'temml';
import type { MarkdownRenderer } from 'vitepress';

export function maths(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index]!;
    return info.trim() === 'math' ? formula(content, true) : fence(tokens, index, ...rest);
  };
  md.inline.ruler.before('backticks', 'maths', (state, silent) => {
    const found = /^\$`([^`]+)`\$/.exec(state.src.slice(state.pos));
    if (!found) return false;
    if (!silent) state.push('html_inline', '', 0).content = formula(found[1]!, false);
    state.pos += found[0].length;
    return true;
  });
}

function formula(source: string, displayMode: boolean): string {
  const mathml = temml.renderToString(source, { displayMode, throwOnError: true });
  const element = mathml.replace('<math', '<math v-pre');
  return displayMode ? `<div class="formula" tabindex="0" role="group" aria-label="Formula">${element}</div>` : element;
}

import type { CSSResult, ReactiveElement } from 'lit';

const later = new WeakMap<Node, readonly CSSResult[]>();

/** Those that came later, in their order. */
export const laterStyles = (root: Node): readonly CSSResult[] => later.get(root) ?? [];

/** Gives an element the styles of a part that has come later; its own come after them, as if they had been there. */
export function addStyles(host: ReactiveElement, style: CSSResult): void {
  const { renderRoot } = host;
  const known = laterStyles(renderRoot);
  if (!style.styleSheet || known.includes(style)) return;
  later.set(renderRoot, [style, ...known]);
  const root = renderRoot as ShadowRoot;
  // Another document, such as a frame's, takes no sheet that was made in this one.
  if (root.ownerDocument !== document) void import('./restyle').then(({ restyle }) => restyle(host));
  else root.adoptedStyleSheets = [style.styleSheet, ...root.adoptedStyleSheets];
}

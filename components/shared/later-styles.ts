import type { CSSResult, ReactiveElement } from 'lit';

/** Gives an element the styles of a part that has come later; its own come after them, as if they had been there. */
export function addStyles(host: ReactiveElement, { styleSheet }: CSSResult): void {
  const root = host.renderRoot as ShadowRoot;
  if (!styleSheet || root.adoptedStyleSheets.includes(styleSheet)) return;
  root.adoptedStyleSheets = [styleSheet, ...root.adoptedStyleSheets];
}

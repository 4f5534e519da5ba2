/** Registers elements that are not registered yet. Without a document, as in a server that renders pages, it does nothing. */
export function define(elements: Readonly<Record<string, CustomElementConstructor>>): void {
  if (typeof document === 'undefined') return;
  for (const [tag, element] of Object.entries(elements)) {
    if (!customElements.get(tag)) customElements.define(tag, element);
  }
}

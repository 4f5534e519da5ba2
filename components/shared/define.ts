/** Registers elements that are not registered yet. Without a document, as in a server that renders pages, it does nothing. */
export function define(elements: Readonly<Record<string, CustomElementConstructor>>): void {
  if (typeof document === 'undefined') return;
  for (const [tag, element] of Object.entries(elements)) {
    if (!customElements.get(tag)) customElements.define(tag, element);
  }
}

/**
 * Registers elements whose code is fetched apart from the rest of the page's: what stands inside a figure and need not be
 * there when the figure is drawn first.
 */
export function defineLater(elements: Readonly<Record<string, () => Promise<CustomElementConstructor>>>): void {
  if (typeof document === 'undefined') return;
  for (const [tag, load] of Object.entries(elements)) {
    if (customElements.get(tag)) continue;
    load().then(
      (element) => define({ [tag]: element }),
      (error: Error) => console.error(`<${tag}> could not be loaded: ${error.message}`),
    );
  }
}

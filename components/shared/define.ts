import type { ReactiveElement } from 'lit';
import { announce, recordingsPainted } from './first-paint';
import { notCome } from './later';

/** Registers elements that are not registered yet. Without a document, as in a server that renders pages, it does nothing. */
export function define(elements: Readonly<Record<string, CustomElementConstructor>>): void {
  if (typeof document === 'undefined') return;
  for (const [tag, element] of Object.entries(elements)) {
    if (customElements.get(tag)) continue;
    Object.assign(element.prototype, { adoptedCallback });
    customElements.define(tag, element);
  }
}

/** Moving an element to another document takes its styles away. */
async function adoptedCallback(this: ReactiveElement): Promise<void> {
  const { restyle } = await import('./restyle');
  restyle(this);
}

/**
 * Registers elements whose code is fetched apart from the rest of the page's: what stands inside a figure and need not be
 * there when the figure is drawn first.
 *
 * @param wanted settles when they are to be fetched: once the first recordings are on screen, unless given
 */
export function defineLater(
  elements: Readonly<Record<string, () => Promise<CustomElementConstructor>>>,
  wanted?: Promise<unknown>,
): void {
  if (typeof document === 'undefined') return;
  const begin = wanted ?? firstPainted();
  for (const [tag, load] of Object.entries(elements)) {
    if (customElements.get(tag)) continue;
    begin.then(load).then(
      (element) => define({ [tag]: element }),
      (error) => console.error(notCome(`<${tag}>`, error)),
    );
  }
}

/** Registers an element that its script fetches apart: what it draws of a recording comes before any weights. */
export function defineApart(tag: string, entry: Promise<unknown>): void {
  if (typeof document !== 'undefined') announce(entry, true);
  entry.catch((error) => console.error(notCome(`<${tag}>`, error)));
}

/** The elements that are on the page have taken up their traces, and those are on screen. */
async function firstPainted(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await recordingsPainted();
}

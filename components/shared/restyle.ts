/**
 * An element that is moved to another document, as through a frame, loses the style sheets of its shadow root, and does
 * not get them back when it returns: a constructed sheet belongs to the document that it was made in.
 */
import type { CSSResult, ReactiveElement } from 'lit';
import { laterStyles } from './later-styles';

/** Those that were made for other documents, by the text of ours. */
const made = new WeakMap<Document, Map<string, CSSStyleSheet>>();

/** Gives an element its styles, and those that came later, in the document where it is. */
export function restyle(element: ReactiveElement): void {
  const root = element.shadowRoot;
  const view = element.ownerDocument.defaultView;
  if (!root || !view) return;
  const { elementStyles } = element.constructor as typeof ReactiveElement;
  const styles = [...laterStyles(root), ...elementStyles] as CSSResult[];
  root.adoptedStyleSheets = styles.map((style) => sheetOf(style, element.ownerDocument, view));
}

function sheetOf({ styleSheet, cssText }: CSSResult, owner: Document, view: Window & typeof globalThis): CSSStyleSheet {
  if (owner === document && styleSheet) return styleSheet;
  const own = made.get(owner) ?? new Map<string, CSSStyleSheet>();
  made.set(owner, own);
  let sheet = own.get(cssText);
  if (!sheet) {
    sheet = new view.CSSStyleSheet();
    sheet.replaceSync(cssText);
    own.set(cssText, sheet);
  }
  return sheet;
}

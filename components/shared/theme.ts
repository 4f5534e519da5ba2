/**
 * The look that all components share. A page sets `--fluoro-…` to change it; `color-scheme` on the page or on any
 * ancestor chooses light or dark. The components' own words are English and their figures run from left to right, on any
 * page; what a page puts into their slots runs as the page does.
 */
import { css } from 'lit';

export const theme = css`
  :host {
    --_text: var(--fluoro-text, light-dark(#1b2024, #e7e6e1));
    --_muted: var(--fluoro-muted, light-dark(#59636b, #9ba4ab));
    --_surface: var(--fluoro-surface, light-dark(#ffffff, #15191d));
    --_sunken: var(--fluoro-sunken, light-dark(#f3f4f2, #1d2227));
    --_line: var(--fluoro-line, light-dark(#dde0de, #2c3339));
    --_accent: var(--fluoro-accent, light-dark(#00705a, #4fe3b1));
    --_danger: var(--fluoro-danger, light-dark(#a32a1c, #ff9d8a));
    --_font: var(--fluoro-font, system-ui, sans-serif);
    --_mono: var(--fluoro-mono, ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace);
    --_radius: var(--fluoro-radius, 6px);
    display: block;
    position: relative;
    color: var(--_text);
    font: 0.9375rem / 1.5 var(--_font);
    overflow-wrap: break-word;
    direction: ltr;
  }
  :host(:dir(rtl)) slot {
    direction: rtl;
  }
  b {
    unicode-bidi: isolate;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  b,
  code,
  .name {
    overflow-wrap: anywhere;
  }
  code,
  .name {
    font: 0.8125rem / 1.5 var(--_mono);
  }
  code.code {
    white-space: nowrap;
  }
  p {
    margin: 0;
  }
  .muted {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .notice {
    margin-block: 0.5rem;
    direction: ltr;
    padding: 1rem;
    border: 1px dashed var(--_line);
    border-radius: var(--_radius);
    color: var(--_muted);
  }
  .problem {
    color: var(--_danger);
  }
  .tag {
    padding: 0 0.4em;
    border: 1px solid var(--_line);
    border-radius: 999px;
    color: var(--_muted);
    font-size: 0.75rem;
    white-space: nowrap;
  }
  button,
  select,
  input,
  textarea {
    padding: 0.3em 0.7em;
    border: 1px solid light-dark(#868e93, #6b757d);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: inherit;
    font: inherit;
  }
  button {
    cursor: pointer;
  }
  button:hover {
    border-color: var(--_accent);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .legend {
    display: flex;
    gap: 0.5em;
    align-items: center;
    color: var(--_muted);
    font: 0.75rem var(--_mono);
  }
  .legend > span:nth-child(2) {
    width: 6rem;
    height: 0.5rem;
    border-radius: 2px;
    forced-color-adjust: none;
  }
  @media print {
    :host {
      --_text: #1b2024;
      --_muted: #59636b;
      --_surface: #ffffff;
      --_sunken: #f3f4f2;
      --_line: #dde0de;
      --_accent: #00705a;
      --_danger: #a32a1c;
      background: var(--_surface);
      color-scheme: light;
      print-color-adjust: exact;
    }
    /* What is chosen is text there, and what chooses it is gone. */
    label:has([type='checkbox']:not(:checked)),
    [type='range'],
    button:not(td *, li *, dd *, pre *) {
      display: none !important;
    }
    select,
    input,
    textarea {
      padding: 0;
      border: 0;
      appearance: none;
    }
  }
`;

/** The frame that all figures share: the caption, the menu of actions, the table, and how it is printed. */
import { css } from 'lit';
import { tableViewStyles } from './table-view-styles';

export const figureStyles = [
  tableViewStyles,
  css`
    .frame {
      min-width: 0;
      margin: 0;
    }
    .frame::after {
      content: '';
      display: block;
      clear: both;
    }
    .frame > figcaption {
      margin: 0;
      padding-top: 0.5rem;
      color: var(--_muted);
      font-size: 0.875rem;
    }
    .frame > figcaption[hidden] {
      display: none;
    }
    .figure-actions {
      float: right;
      margin: 0.25rem 0 0 1rem;
    }
    #actions-button {
      display: block;
      padding: 0.35rem 0.5rem;
      border-color: transparent;
      background: none;
      color: var(--_muted);
    }
    #actions-button:is(:hover, :focus-visible, [aria-expanded='true']) {
      border-color: var(--_line);
      color: var(--_text);
    }
    #actions-button svg {
      display: block;
      width: 1rem;
      height: 0.9rem;
      fill: currentColor;
    }
    #actions-menu {
      position: fixed;
      inset: auto;
      width: max-content;
      max-width: calc(100vw - 8px);
      margin: 0;
      padding: 0.3rem;
      border: 1px solid var(--_line);
      border-radius: var(--_radius);
      background: var(--_surface);
      color: var(--_text);
      font: 0.875rem / 1.5 var(--_font);
      box-shadow: 0 4px 16px rgb(0 0 0 / 0.2);
    }
    #actions-menu [role^='menuitem'] {
      padding: 0.2rem 1rem 0.2rem 1.6rem;
      border-radius: calc(var(--_radius) - 2px);
      cursor: pointer;
    }
    #actions-menu [role^='menuitem']:is(:hover, :focus) {
      background: var(--_sunken);
    }
    #actions-menu [role^='menuitem']:focus-visible {
      outline-offset: -2px;
    }
    #actions-menu [aria-checked='true']::before {
      content: '✓';
      position: absolute;
      left: 0.8rem;
    }
    #actions-menu [role='group'] > .muted {
      padding: 0.3rem 0.6rem 0;
    }
    #actions-menu [role='menuitemcheckbox'] + [role='group'] {
      margin-top: 0.3rem;
      border-top: 1px solid var(--_line);
    }
    @media (forced-colors: active) {
      #actions-menu [role^='menuitem']:is(:hover, :focus) {
        forced-color-adjust: none;
        background: Highlight;
        color: HighlightText;
      }
    }
    @media print {
      .figure-actions {
        display: none;
      }
      .frame {
        break-inside: avoid;
      }
    }
  `,
];

import { css } from 'lit';

export const figureMenuStyles = css`
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
`;

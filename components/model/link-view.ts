import { css, html, nothing, type TemplateResult } from 'lit';

/** @param onUndo the way back to what the page itself shows, where there is one */
export function linkView(note: string | null, onUndo: (() => void) | null): TemplateResult | typeof nothing {
  if (note === null) return nothing;
  return html`<div part="link" class="link" role="status">
    <p>${note}</p>
    ${onUndo && html`<button @click=${onUndo}>Leave the link</button>`}
  </div>`;
}

export const linkStyles = css`
  .link {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    align-items: center;
    margin-bottom: 1rem;
    padding: 0.5rem 0.75rem;
    border: 1px dashed var(--_line);
    border-radius: var(--_radius);
  }
  .link p {
    flex: 1 1 16rem;
    overflow-wrap: anywhere;
  }
`;

/** The prompt's own text, each token on the colour of its value and with the value below it. */
import { css, html, type TemplateResult } from 'lit';
import { colorStyle } from './color-style';
import { type ColorScale, colorIndex } from './colors';
import { formatShort, formatValue, visibleToken } from './text';

export interface TextHeatmap {
  /** Says what the numbers are. */
  readonly label: string;
  readonly tokens: readonly string[];
  /** One per token; null is a void. */
  readonly values: ArrayLike<number | null>;
  readonly scale: ColorScale;
  readonly min: number;
  readonly max: number;
  /** Positions that are selected or pointed at. */
  readonly marked: readonly (number | null | undefined)[];
  readonly onPoint: (pos: number | null) => void;
}

export function textHeatmap({ label, tokens, values, scale, min, max, marked, onPoint }: TextHeatmap): TemplateResult {
  return html`
    <ol class="text" part="figure text" aria-label=${label} @pointerleave=${() => onPoint(null)}>
      ${tokens.map((token, pos) => {
        const value = values[pos]!;
        const style = value === null ? '' : colorStyle(scale, colorIndex(value, min, max));
        return html`<li class=${marked.includes(pos) ? 'marked' : ''} @pointerenter=${() => onPoint(pos)}
          title=${`pos ${pos}: ${value === null ? 'masked' : formatValue(value)}`}><span .style=${style}>${visibleToken(token)}</span
          ><small>${value === null ? '–' : formatShort(value)}</small></li>`;
      })}
    </ol>
  `;
}

export const textHeatmapStyles = css`
  .text {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 1px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .text li {
    text-align: center;
  }
  .text li > * {
    display: block;
  }
  .text li.marked span {
    outline: 2px solid var(--_accent);
  }
  @media (forced-colors: active) {
    .text li.marked span {
      outline-color: Highlight;
    }
  }
  .text span {
    min-width: 2rem;
    padding: 0.1rem 0.3rem;
    border-radius: 3px;
    font: 0.8125rem / 1.5 var(--_mono);
    overflow-wrap: anywhere;
  }
  .text small {
    padding: 0 0.2rem;
    color: var(--_muted);
    font: 0.625rem / 1.5 var(--_mono);
  }
`;

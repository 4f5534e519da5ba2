import { css, html, nothing, type TemplateResult } from 'lit';
import { tokensOf } from './highlight';

export interface SourceOptions {
  /** Says what of the shader ran. */
  readonly title: string;
  readonly code: string;
  /** Lines on which a lane can stop. */
  readonly stops: readonly number[];
  readonly breakpoints: ReadonlySet<number>;
  /** How many lanes are to run a line next, and whether these are the ones that come first. */
  readonly lanes: ReadonlyMap<number, { readonly count: number; readonly next: boolean; readonly waiting: boolean }>;
  /** The line whose number has the tab stop. */
  readonly focused: number;
  readonly onToggle: (line: number) => void;
  readonly onFocus: (line: number) => void;
}

/** The shader's text; a line's number sets a breakpoint, arrow keys go from one number to the next. */
export function sourceView(options: SourceOptions): TemplateResult {
  const { title, code, stops, focused, onFocus } = options;
  const lines = code.replace(/\n$/, '').split('\n');
  const stop = stops.includes(focused) ? focused : stops[0];
  const onKey = (event: KeyboardEvent) => {
    const at = stops.indexOf(stop ?? 0);
    const targets: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: stops.length - 1 };
    const line = stops[targets[event.key] ?? -1];
    if (!(event.key in targets) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (line === undefined) return;
    onFocus(line);
    const box = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => box.querySelector<HTMLElement>(`[data-line="${line}"]`)?.focus());
  };
  return html`<div class="source" part="source" role="group" aria-label=${title} @keydown=${onKey}>
    <div class="sheet">
      ${lines.map((text, i) => lineView(text, i + 1, i + 1 === stop, options))}
    </div>
  </div>`;
}

function lineView(text: string, line: number, tabbable: boolean, options: SourceOptions): TemplateResult {
  const { stops, breakpoints, lanes, onToggle } = options;
  const here = lanes.get(line);
  const broken = breakpoints.has(line);
  const state = here ? (here.waiting ? 'wait here' : here.next ? 'run this next' : 'come later') : '';
  return html`<div class="line ${here?.next ? 'next' : here ? 'here' : ''}" part="line">
    ${
      stops.includes(line)
        ? html`<button class="number" data-line=${line} tabindex=${tabbable ? 0 : -1} aria-pressed=${broken ? 'true' : 'false'}
            aria-label=${`Breakpoint on line ${line}`} @click=${() => onToggle(line)}>${line}</button>`
        : html`<span class="number" aria-hidden="true">${line}</span>`
    }
    <code>${tokensOf(text).map(({ kind, text: piece }) => (kind === 'text' ? piece : html`<span class=${kind}>${piece}</span>`))}</code>
    ${here ? html`<span class="lanes">${here.count} ${here.count === 1 ? 'lane' : 'lanes'}<span class="hidden"> ${state}</span></span>` : nothing}
  </div>`;
}

export const sourceStyles = css`
  .source {
    position: relative;
    overflow: auto;
  }
  .sheet {
    width: max-content;
    min-width: 100%;
    padding: 0.5rem 0;
  }
  .line {
    display: flex;
    gap: 0.75rem;
    align-items: baseline;
    padding-right: 0.75rem;
    border-left: 3px solid transparent;
  }
  .line code {
    flex: 1;
    white-space: pre;
    tab-size: 2;
  }
  .number {
    width: 3.25rem;
    padding: 0 0.5rem 0 0;
    border: 0;
    border-radius: 0;
    background: none;
    color: var(--_muted);
    font: 0.75rem / 1.625 var(--_mono);
    text-align: right;
  }
  button.number:hover {
    color: var(--_text);
    text-decoration: underline;
  }
  button.number:focus-visible {
    outline-offset: -2px;
  }
  button.number[aria-pressed='true'] {
    background: var(--_danger);
    color: var(--_surface);
    font-weight: 700;
  }
  button.number[aria-pressed='true']::before {
    content: '● ';
  }
  .line.next {
    border-left-color: var(--_accent);
    background: color-mix(in srgb, var(--_accent) 16%, transparent);
  }
  .line.here {
    background: color-mix(in srgb, var(--_accent) 7%, transparent);
  }
  .lanes {
    position: sticky;
    right: 0.25rem;
    padding: 0 0.4em;
    border-radius: 999px;
    background: var(--_surface);
    color: var(--_text);
    font: 0.75rem var(--_mono);
    white-space: nowrap;
  }
  .next .lanes::before {
    content: '◀ ';
  }
  .comment {
    color: light-dark(#56605f, #98a4a2);
    font-style: italic;
  }
  .keyword {
    color: light-dark(#8a2b74, #f0a6dc);
  }
  .type {
    color: light-dark(#1d5c9e, #8cc4ff);
  }
  .attribute {
    color: light-dark(#6a5200, #d9c069);
  }
  .literal {
    color: light-dark(#8a4500, #f3b27a);
  }
  .call {
    color: light-dark(#00644f, #6bdcb6);
  }
  @media print {
    .sheet {
      width: auto;
    }
    .line code {
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
  }
  @media (forced-colors: active) {
    .line {
      border-left-color: Canvas;
    }
    .line.next {
      forced-color-adjust: none;
      border-left-color: Highlight;
      background: Highlight;
      color: HighlightText;
    }
    .line.next code *,
    .line.next .lanes,
    .line.next .number {
      background: Highlight;
      color: HighlightText;
    }
    button.number[aria-pressed='true'] {
      forced-color-adjust: none;
      background: ButtonText;
      color: ButtonFace;
    }
  }
`;

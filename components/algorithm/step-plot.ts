/** Curves over the steps of training, with a mark per checkpoint. */
import { css, html, svg, type TemplateResult } from 'lit';

export interface Series {
  readonly name: string;
  /** Of `--line-0` to `--line-3`: a colour, a dash and a shape of its own. */
  readonly look: 0 | 1 | 2 | 3;
  /** One per checkpoint. */
  readonly values: readonly number[];
  /** The same measured more often, drawn behind. */
  readonly dense?: readonly { readonly step: number; readonly value: number }[];
}

export interface StepPlot {
  readonly title: string;
  readonly about: string;
  readonly steps: readonly number[];
  readonly series: readonly Series[];
  /** Logarithmic, or from 0 to 1. */
  readonly scale: 'log' | 'share';
  /** The checkpoint that is read. */
  readonly active: number;
}

const SHAPES = ['●', '■', '▲', '◆'] as const;

export function stepPlot({ title, about, steps, series, scale, active }: StepPlot): TemplateResult {
  const dense = series.flatMap((one) => one.dense ?? []);
  const last = Math.max(...steps, ...dense.map(({ step }) => step), 1);
  const x = (step: number) => (100 * step) / last;
  const { ticks, y } =
    scale === 'log'
      ? logScale([...series.flatMap(({ values }) => values), ...dense.map(({ value }) => value)])
      : SHARES;
  const path = (points: readonly (readonly [number, number])[]) =>
    points
      .map(([step, value], i) => `${i === 0 ? 'M' : 'L'}${x(step).toFixed(2)} ${(100 - y(value)).toFixed(2)}`)
      .join('');
  return html`<figure part="figure plot">
    <figcaption><b>${title}</b> <span class="muted">${about}</span></figcaption>
    <div class="plot" role="img" aria-label=${`${title}, ${about}, over the steps of training; the values are in the table below`}>
      ${ticks.map(({ at, text }) => html`<span class="tick" .style=${`bottom: ${at.toFixed(2)}%`}>${text}</span>`)}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        ${ticks.map(({ at }) => svg`<path class="rule" d=${`M0 ${100 - at}H100`} />`)}
        <path class="now" d=${`M${x(steps[active]!)} 0V100`} />
        ${series.map(
          ({ look, dense: behind }) =>
            behind &&
            svg`<path class=${`dense look-${look}`} d=${path(behind.map(({ step, value }) => [step, value]))} />`,
        )}
        ${series.map(({ look, values }) => svg`<path class=${`look-${look}`} d=${path(values.map((value, i) => [steps[i]!, value]))} />`)}
      </svg>
      ${series.map(({ look, values }) =>
        values.map((value, i) => {
          const place = `left: ${x(steps[i]!).toFixed(2)}%; bottom: ${y(value).toFixed(2)}%`;
          return html`<span class=${`dot look-${look}${i === active ? ' active' : ''}`} .style=${place}>${SHAPES[look]}</span>`;
        }),
      )}
      <span class="first">0</span><span class="last">step ${last.toLocaleString('en')}</span>
    </div>
    <div class="keys">${series.map(({ look, name }) => html`<span><span class=${`key look-${look}`} aria-hidden="true">${SHAPES[look]}</span> ${name}</span>`)}</div>
  </figure>`;
}

const SHARES = {
  ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: 100 * share, text: String(share) })),
  y: (value: number) => 100 * value,
};

function logScale(values: readonly number[]) {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(0, ...logs));
  const high = Math.ceil(Math.max(1, ...logs));
  const y = (value: number) => (100 * (Math.log10(Math.max(value, 10 ** low)) - low)) / (high - low);
  const every = high - low > 6 ? 2 : 1;
  const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i).filter((one) => one % every === 0);
  return {
    y,
    ticks: exponents.map((one) => ({
      at: y(10 ** one),
      text: one === 0 ? '1' : one === 1 ? '10' : `1e${one}`.replace('-', '−'),
    })),
  };
}

export const stepPlotStyles = css`
  figure {
    min-width: 0;
    margin: 0;
  }
  .plot {
    position: relative;
    height: 15rem;
    margin: 0.75rem 0.5rem 1.5rem 2.75rem;
  }
  svg {
    display: block;
    width: 100%;
    height: 100%;
    overflow: visible;
  }
  path {
    fill: none;
    stroke-width: 1.75px;
    vector-effect: non-scaling-stroke;
  }
  .rule {
    stroke: var(--_line);
    stroke-width: 1px;
  }
  .now {
    stroke: var(--_text);
    stroke-width: 1px;
    stroke-dasharray: 2 3;
  }
  path.dense {
    opacity: 0.4;
  }
  .look-0 {
    --look: light-dark(#59636b, #9ba4ab);
  }
  .look-1 {
    --look: light-dark(#2369a6, #68beff);
  }
  .look-2 {
    --look: light-dark(#00705a, #4fe3b1);
  }
  .look-3 {
    --look: light-dark(#b3401f, #ff9d6c);
  }
  [class*='look-'] {
    color: var(--look);
    stroke: var(--look);
  }
  path.look-0 {
    stroke-dasharray: 5 3;
  }
  path.look-3 {
    stroke-dasharray: 9 3;
  }
  .dot {
    position: absolute;
    translate: -50% 50%;
    font-size: 0.5625rem;
    line-height: 1;
    pointer-events: none;
  }
  .dot.active {
    font-size: 1rem;
  }
  .tick,
  .first,
  .last {
    position: absolute;
    color: var(--_muted);
    font: 0.6875rem / 1 var(--_mono);
  }
  .tick {
    right: calc(100% + 0.5rem);
    translate: 0 50%;
  }
  .first,
  .last {
    top: calc(100% + 0.5rem);
  }
  .last {
    right: 0;
  }
  .keys {
    display: flex;
    flex-wrap: wrap;
    gap: 0.125rem 1.25rem;
    font-size: 0.8125rem;
  }
  .key {
    font-size: 0.6875rem;
  }
  @media (forced-colors: active) {
    [class*='look-'] {
      --look: CanvasText;
    }
  }
`;

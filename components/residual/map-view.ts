/** The map of one measure at every token; it comes after the path and the list. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Cell } from '../shared/canvas-grid';
import { gradient } from '../shared/colors';
import { visibleToken } from '../shared/text';
import { measureMap } from './measure-map';
import { cellHeight, MEASURES, type Measure, measureWords } from './measures';
import type { PlaceMeasures, Residual } from './read-residual';

export interface MapView {
  readonly data: Residual;
  readonly place: PlaceMeasures;
  readonly pos: number;
  readonly measure: Measure;
  /** A position that is pointed at, here or elsewhere. */
  readonly over: number | null;
  /** The cell under the pointer. */
  readonly cell: Cell | null;
  readonly onMeasure: (measure: Measure) => void;
  readonly onChoose: (place: PlaceMeasures, pos: number) => void;
  readonly onPoint: (cell: Cell | null) => void;
}

export function mapView(view: MapView): TemplateResult {
  const { data, place, pos, measure, over, cell, onMeasure, onChoose, onPoint } = view;
  const { labels, places } = data;
  const { matrix, scale, min, max, ends, words } = measureMap(data, measure);
  const pointed = cell && cell.row < places.length && cell.col < labels.length ? cell : null;
  const say = ({ row, col }: Cell, value: number) =>
    `${places[row]!.label} at ${visibleToken(labels[col]!)} (${col}): ${Number.isNaN(value) && measure !== 'length' ? 'no value' : words(value)}`;
  return html`
    <div class="head map">
      <label>At every token, the
        <select part="measure" @change=${({ target }: Event) => onMeasure((target as HTMLSelectElement).value as Measure)}>
          ${MEASURES.map((one) => html`<option value=${one} .selected=${one === measure}>${measureWords[one]}</option>`)}
        </select>
      </label>
      <span class="muted over">${pointed ? say(pointed, matrix.values[pointed.row * labels.length + pointed.col]!) : nothing}</span>
      <span class="legend"><span>${ends[0]}</span><span .style=${`background: ${gradient(scale)}`}></span><span>${ends[1]}</span></span>
    </div>
    <fluoro-heatmap
      part="figure map"
      label=${`The ${measureWords[measure]}: a row per stream and write, a column per token`}
      .matrix=${matrix}
      .rowLabels=${places.map(({ label }) => label)}
      .colLabels=${labels.map(visibleToken)}
      .scale=${scale}
      .min=${min}
      .max=${max}
      .cellHeight=${cellHeight(data)}
      .maxCell=${Math.max(56, Math.floor(320 / labels.length))}
      .active=${{ row: places.indexOf(place), col: pos }}
      .hoverCols=${over === null || over >= labels.length ? [] : [over]}
      .describeCell=${(at: Cell, value: number) => (at.row < places.length && at.col < labels.length ? say(at, value) : '')}
      @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => onChoose(places[detail.row]!, detail.col)}
      @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => onPoint(detail)}
    ></fluoro-heatmap>
  `;
}

export const styles = css`
  .head.map {
    margin-top: 1.5rem;
  }
  label {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.5rem;
    align-items: center;
    min-width: 0;
  }
  select {
    min-width: 0;
    max-width: 100%;
  }
  .over {
    flex: 1 1 10rem;
    min-height: 1.5em;
  }
`;

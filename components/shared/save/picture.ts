/** A component's figures as one drawing, one under the other, with what they are above and below. */
import type { Trace } from '../../../src/index';
import { paintElement } from './element-painter';
import type { FigureSubject } from './figure-file';
import { SvgPen } from './svg-pen';

const MARGIN = 16;
const GAP = 14;
const LINE = 18;

export interface Picture {
  readonly svg: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export function picture({ table, component, figures, trace, look }: FigureSubject): Picture {
  const { backgroundColor, color, fontFamily } = look;
  const pen = new SvgPen(backgroundColor);
  let width = 320;
  let bottom = MARGIN;
  const line = (text: string, font: string, share: number) => {
    pen.save();
    pen.font = `${font} ${fontFamily}`;
    pen.fillStyle = color;
    pen.globalAlpha = share;
    pen.textBaseline = 'middle';
    pen.fillText(text, MARGIN, bottom + LINE / 2);
    pen.restore();
    width = Math.max(width, Math.ceil(pen.widthOf(text, `${font} ${fontFamily}`)) + 2 * MARGIN);
    bottom += LINE;
  };
  const title = table?.caption ?? component;
  line(title, '600 13px', 1);
  for (const figure of figures) {
    const label = figure.getAttribute('label') ?? figure.getAttribute('aria-label');
    bottom += GAP;
    if (label && figures.length > 1) line(label, '12px', 0.75);
    const drawn = paintElement(pen, figure, MARGIN, bottom);
    bottom += drawn.height;
    width = Math.max(width, Math.ceil(drawn.width) + 2 * MARGIN);
  }
  if (trace) {
    bottom += GAP;
    for (const text of origin(trace)) line(text, '11px', 0.75);
  }
  const height = Math.ceil(bottom + MARGIN);
  return { svg: pen.document(width, height, title), width, height };
}

/** Whose numbers they are. */
function origin({ info, kind, edits }: Trace): string[] {
  const weights = info.weightsHash ? `, weights ${info.weightsHash.slice(0, 12)}` : '';
  const edited = edits.length > 0 ? `, ${edits.length} ${edits.length === 1 ? 'edit' : 'edits'}` : '';
  const rounded = info.rounded === undefined ? [] : [info.rounded];
  return [`${info.model || 'unnamed model'}${weights}, ${kind}${edited}`, ...rounded];
}

/** A component's figures as one drawing, one under the other, with what they are and what their colours mean. */
import type { Trace } from '../../../src/index';
import { paintElement } from './element-painter';
import type { FigureSubject } from './figure-file';
import { legendsOf } from './legends';
import { SvgPen } from './svg-pen';

const MARGIN = 16;
const GAP = 14;
const LINE = 18;
/** Above a figure that is narrower, words take this width, in CSS pixels. */
const WORDS = 480;

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
  const most = Math.max(WORDS, ...figures.map((figure) => figure.getBoundingClientRect().width));
  const write = (text: string, font: string, share: number) => {
    pen.save();
    pen.font = `${font} ${fontFamily}`;
    pen.fillStyle = color;
    pen.globalAlpha = share;
    pen.textBaseline = 'middle';
    for (const line of linesOf(text, most, (part) => pen.measureText(part).width)) {
      pen.fillText(line, MARGIN, bottom + LINE / 2);
      width = Math.max(width, Math.ceil(pen.measureText(line).width) + 2 * MARGIN);
      bottom += LINE;
    }
    pen.restore();
  };
  const paint = (element: Element) => {
    const drawn = paintElement(pen, element, MARGIN, bottom);
    bottom += drawn.height;
    width = Math.max(width, Math.ceil(drawn.width) + 2 * MARGIN);
  };
  const title = table?.caption ?? component;
  write(title, '600 13px', 1);
  const legends = legendsOf(figures);
  for (const figure of figures) {
    const label = figure.getAttribute('label') ?? figure.getAttribute('aria-label');
    bottom += GAP;
    if (label && label !== title) write(label, '12px', 0.75);
    for (const legend of legends.get(figure)!) {
      paint(legend);
      bottom += GAP / 2;
    }
    paint(figure);
  }
  if (trace) {
    bottom += GAP;
    for (const text of origin(trace)) write(text, '11px', 0.75);
  }
  const height = Math.ceil(bottom + MARGIN);
  return { svg: pen.document(width, height, title), width, height };
}

/** Broken between words where they are wider than this. */
function linesOf(text: string, most: number, widthOf: (text: string) => number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) > most) lines.push(word);
    else lines.splice(-1, 1, longer);
    return lines;
  }, []);
}

/** Whose numbers they are. */
function origin({ info, kind, edits }: Trace): string[] {
  const weights = info.weightsHash ? `, weights ${info.weightsHash.slice(0, 12)}` : '';
  const edited = edits.length > 0 ? `, ${edits.length} ${edits.length === 1 ? 'edit' : 'edits'}` : '';
  const rounded = info.rounded === undefined ? [] : [info.rounded];
  return [`${info.model || 'unnamed model'}${weights}, ${kind}${edited}`, ...rounded];
}

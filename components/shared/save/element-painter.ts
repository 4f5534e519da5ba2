/** Draws what an element shows: grids from their values, SVGs as they are, all else box by box and line by line. */
import { CanvasGrid } from '../canvas-grid';
import { fit } from '../fit';
import { embeddedSvg } from './embedded-svg';
import type { SvgPen } from './svg-pen';

/** Controls are for the page. */
const LEFT_OUT = 'select, input, textarea, fluoro-edit-actions, .hidden';
const CLEAR = /^(transparent|rgba\(.*, 0\))$/;

interface Extent {
  readonly right: number;
  readonly bottom: number;
}

/** @returns the size of what was drawn, which is wider than the element where that scrolls */
export function paintElement(
  pen: SvgPen,
  element: Element,
  left: number,
  top: number,
): { width: number; height: number } {
  const { x, y } = element.getBoundingClientRect();
  pen.save();
  pen.translate(left - x, top - y);
  const { right, bottom } = paint(pen, element);
  pen.restore();
  return { width: right - x, height: bottom - y };
}

/** In the window's coordinates. */
function paint(pen: SvgPen, element: Element): Extent {
  const rect = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  if (element.matches(LEFT_OUT) || style.visibility === 'hidden') return { right: 0, bottom: 0 };
  if (element instanceof CanvasGrid) {
    const { width, height } = element.paintOn(pen, rect.x, rect.y);
    return { right: rect.x + width, bottom: rect.y + height };
  }
  if (element instanceof SVGSVGElement) {
    pen.embed(embeddedSvg(element, rect));
    return rect;
  }
  pen.save();
  pen.globalAlpha *= Number(style.opacity);
  if (rect.width > 0 && rect.height > 0) paintBox(pen, rect, style);
  const extents: Extent[] = [rect];
  for (const node of shownNodes(element)) {
    if (node instanceof Element) extents.push(paint(pen, node));
    else if (node instanceof Text) paintText(pen, node, style, rect);
  }
  pen.restore();
  return { right: Math.max(...extents.map((one) => one.right)), bottom: Math.max(...extents.map((one) => one.bottom)) };
}

function shownNodes(element: Element): Iterable<Node> {
  if (element instanceof HTMLSlotElement) {
    const assigned = element.assignedNodes({ flatten: true });
    return assigned.length > 0 ? assigned : element.childNodes;
  }
  return (element.shadowRoot ?? element).childNodes;
}

function paintBox(pen: SvgPen, { x, y, width, height }: DOMRect, style: CSSStyleDeclaration): void {
  const stops = gradientStops(style.backgroundImage);
  if (stops.length > 0) pen.fillStyle = pen.gradient(stops);
  else pen.fillStyle = style.backgroundColor;
  const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, width / 2, height / 2);
  if (stops.length > 0 || !CLEAR.test(style.backgroundColor)) pen.roundedRect(x, y, width, height, radius);
  const sides = (['Top', 'Right', 'Bottom', 'Left'] as const).map((side): Side => {
    const line = style[`border${side}Style`];
    const color = style[`border${side}Color`];
    const wide = line === 'none' || CLEAR.test(color) ? 0 : Number.parseFloat(style[`border${side}Width`]);
    return { wide, color, dash: DASHES[line]?.map((share) => share * wide) ?? [] };
  });
  const [top, right, bottom, left] = sides as [Side, Side, Side, Side];
  const [x2, y2] = [x + width, y + height];
  pen.save();
  const draw = ({ wide, color, dash }: Side, line: () => void) => {
    if (wide === 0) return;
    pen.strokeStyle = color;
    pen.lineWidth = wide;
    pen.setLineDash(dash);
    line();
  };
  if (sides.every((side) => side.wide > 0 && String(Object.values(side)) === String(Object.values(top)))) {
    const { wide } = top;
    draw(top, () => pen.roundedFrame(x + wide / 2, y + wide / 2, width - wide, height - wide, radius));
  } else {
    const edges = [
      { side: top, from: [x, y + top.wide / 2], to: [x2, y + top.wide / 2] },
      { side: right, from: [x2 - right.wide / 2, y], to: [x2 - right.wide / 2, y2] },
      { side: bottom, from: [x, y2 - bottom.wide / 2], to: [x2, y2 - bottom.wide / 2] },
      { side: left, from: [x + left.wide / 2, y], to: [x + left.wide / 2, y2] },
    ] as const;
    for (const { side, from, to } of edges) {
      draw(side, () => {
        pen.beginPath();
        pen.moveTo(...from);
        pen.lineTo(...to);
        pen.stroke();
      });
    }
  }
  pen.restore();
}

interface Side {
  /** In pixels; 0 where there is no border to see. */
  readonly wide: number;
  readonly color: string;
  /** In pixels; none where it is unbroken. */
  readonly dash: readonly number[];
}

/** By how much of their width lines are broken. */
const DASHES: Readonly<Record<string, readonly number[]>> = { dotted: [1, 1], dashed: [3, 2] };

/** Colours of a `linear-gradient(to right, …)` as computed, evenly spaced; none for what is no such gradient. */
export function gradientStops(image: string): [offset: number, color: string][] {
  if (!image.startsWith('linear-gradient(')) return [];
  const colors = image.match(/rgba?\([^)]*\)|color\([^)]*\)/g) ?? [];
  return colors.map((color, i) => [i / Math.max(1, colors.length - 1), color]);
}

/** A text line by line as it is broken on the page; cut off where the page cuts it off. */
function paintText(pen: SvgPen, node: Text, style: CSSStyleDeclaration, box: DOMRect): void {
  pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  for (const { text, rect } of linesOf(node)) {
    const cut = style.overflowX !== 'visible' && rect.right > box.right + 1;
    const shown = cut ? fit(pen, text, box.right - rect.left) : text;
    pen.fillText(shown, rect.left, rect.top + rect.height / 2);
  }
}

function linesOf(node: Text): { text: string; rect: DOMRect }[] {
  const lines: { text: string; rect: DOMRect }[] = [];
  const range = document.createRange();
  let at = 0;
  for (const character of node.data) {
    range.setStart(node, at);
    range.setEnd(node, (at += character.length));
    const [rect] = range.getClientRects();
    if (!rect || rect.width === 0) continue; // White space that the page has collapsed.
    const line = lines.at(-1);
    const written = /\s/.test(character) ? ' ' : character;
    if (line && Math.abs(line.rect.top - rect.top) < rect.height / 2) {
      line.text += written;
      line.rect = new DOMRect(line.rect.x, line.rect.y, rect.right - line.rect.x, line.rect.height);
    } else lines.push({ text: written, rect });
  }
  return lines.filter(({ text }) => text.trim() !== '');
}

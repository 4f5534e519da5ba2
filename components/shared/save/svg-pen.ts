/** Writes what is drawn as SVG: the part of a canvas's 2D context that our figures draw with. */
import type { Pen } from '../pen';
import { escaped, number, textAttributes } from './svg-text';

/** More rectangles than this make a file that programs are slow to open: then a matrix is an image. */
const MOST_RECTS = 20_000;

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  imageSmoothingEnabled: boolean;
  dash: readonly number[];
  transform: DOMMatrix;
}

export class SvgPen implements Pen {
  fillStyle = '#000';
  strokeStyle = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  imageSmoothingEnabled = true;
  #dash: readonly number[] = [];
  #transform = new DOMMatrix();
  #path = '';
  #rects = 0;
  readonly #states: State[] = [];
  readonly #items: string[] = [];
  readonly #defs: string[] = [];
  readonly #measuring = new OffscreenCanvas(1, 1).getContext('2d')!;

  /** @param background what lies under the figures */
  constructor(private readonly background: string) {}

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline, imageSmoothingEnabled } =
      this;
    const style = {
      fillStyle,
      strokeStyle,
      lineWidth,
      globalAlpha,
      font,
      textAlign,
      textBaseline,
      imageSmoothingEnabled,
    };
    this.#states.push({ ...style, dash: this.#dash, transform: DOMMatrix.fromMatrix(this.#transform) });
  }

  restore(): void {
    const { dash, transform, ...style } = this.#states.pop()!;
    Object.assign(this, style);
    this.#dash = dash;
    this.#transform = transform;
  }

  translate(x: number, y: number): void {
    this.#transform = this.#transform.translate(x, y);
  }

  rotate(angle: number): void {
    this.#transform = this.#transform.rotate((180 * angle) / Math.PI);
  }

  scale(x: number, y: number): void {
    this.#transform = this.#transform.scale(x, y);
  }

  setLineDash(dash: readonly number[]): void {
    this.#dash = dash;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#add('rect', `${box(x, y, width, height)} fill="${escaped(this.fillStyle)}"`);
  }

  roundedRect(x: number, y: number, width: number, height: number, radius: number): void {
    const round = radius > 0 ? ` rx="${number(radius)}"` : '';
    this.#add('rect', `${box(x, y, width, height)}${round} fill="${escaped(this.fillStyle)}"`);
  }

  roundedFrame(x: number, y: number, width: number, height: number, radius: number): void {
    const round = radius > 0 ? ` rx="${number(radius)}"` : '';
    this.#add('rect', `${box(x, y, width, height)}${round} fill="none"${this.#stroke()}`);
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#add('rect', `${box(x, y, width, height)} fill="none"${this.#stroke()}`);
  }

  /** Only the background lies under a figure. */
  clearRect(x: number, y: number, width: number, height: number): void {
    this.#add('rect', `${box(x, y, width, height)} fill="${escaped(this.background)}"`);
  }

  beginPath(): void {
    this.#path = '';
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${number(x)} ${number(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `L${number(x)} ${number(y)}`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}z`;
  }

  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void {
    this.#path += `C${[ax, ay, bx, by, x, y].map(number).join(' ')}`;
  }

  quadraticCurveTo(ax: number, ay: number, x: number, y: number): void {
    this.#path += `Q${[ax, ay, x, y].map(number).join(' ')}`;
  }

  /** Whole circles and arcs alike, as two arcs: SVG cannot draw a circle by one. */
  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const at = (angle: number) => `${number(x + radius * Math.cos(angle))} ${number(y + radius * Math.sin(angle))}`;
    const by = `A${number(radius)} ${number(radius)} 0 0 1 `;
    this.#path += `${this.#path ? 'L' : 'M'}${at(from)}${by}${at((from + to) / 2)}${by}${at(to)}`;
  }

  closePath(): void {
    this.#path += 'z';
  }

  fill(): void {
    this.#add('path', `d="${this.#path}" fill="${escaped(this.fillStyle)}"`);
  }

  stroke(): void {
    this.#add('path', `d="${this.#path}" fill="none"${this.#stroke()}`);
  }

  measureText(text: string): TextMetrics {
    this.#measuring.font = this.font;
    return this.#measuring.measureText(text);
  }

  widthOf(text: string, font: string): number {
    this.#measuring.font = font;
    return this.#measuring.measureText(text).width;
  }

  fillText(text: string, x: number, y: number): void {
    const { font, textAlign, textBaseline, fillStyle } = this;
    const attributes = textAttributes({ x, y, font, align: textAlign, baseline: textBaseline, fill: fillStyle });
    this.#add('text', attributes, escaped(text));
  }

  /** One pixel a value: as rectangles, neighbours of one colour in one, or as an image where there are too many. */
  drawImage(bitmap: OffscreenCanvas, x: number, y: number, width: number, height: number): void {
    const { width: cols, height: rows } = bitmap;
    // A copy, since browsers warn of a canvas that is drawn and read by turns.
    const copy = Object.assign(document.createElement('canvas'), { width: cols, height: rows });
    const context = copy.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    const pixels = context.getImageData(0, 0, cols, rows);
    const rects = this.imageSmoothingEnabled ? null : this.#asRects(pixels, x, y, width, height);
    if (rects) this.#items.push(...rects);
    else {
      const rendering = this.imageSmoothingEnabled ? '' : ' image-rendering="pixelated"';
      this.#add(
        'image',
        `${box(x, y, width, height)} preserveAspectRatio="none"${rendering} href="${copy.toDataURL()}"`,
      );
    }
  }

  #asRects(image: ImageData, x: number, y: number, width: number, height: number): string[] | null {
    const { width: cols, height: rows, data } = image;
    const [across, down] = [width / cols, height / rows];
    const pixels = new Uint32Array(data.buffer);
    const rects: string[] = [];
    for (let row = 0; row < rows; row++) {
      for (let col = 0, end: number; col < cols; col = end) {
        const i = row * cols + col;
        for (end = col + 1; end < cols && pixels[row * cols + end] === pixels[i]; end++);
        if (data[4 * i + 3] === 0) continue;
        const fill = `#${[0, 1, 2].map((c) => data[4 * i + c]!.toString(16).padStart(2, '0')).join('')}`;
        const place = box(x + col * across, y + row * down, (end - col) * across, down);
        rects.push(this.#element('rect', `${place} fill="${fill}"`));
        if (this.#rects + rects.length > MOST_RECTS) return null;
      }
    }
    this.#rects += rects.length;
    return rects;
  }

  /** A drawing of its own that bears its styles as attributes. */
  embed(svg: string): void {
    this.#items.push(`<g${this.#place()}>${svg}</g>`);
  }

  /** A gradient from left to right; returns what fills with it. */
  gradient(stops: readonly (readonly [offset: number, color: string])[]): string {
    const id = `gradient-${this.#defs.length}`;
    const inner = stops.map(([offset, color]) => `<stop offset="${number(offset)}" stop-color="${escaped(color)}"/>`);
    this.#defs.push(`<linearGradient id="${id}">${inner.join('')}</linearGradient>`);
    return `url(#${id})`;
  }

  /** The whole drawing. */
  document(width: number, height: number, title: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
      `<title>${escaped(title)}</title>`,
      ...(this.#defs.length > 0 ? [`<defs>${this.#defs.join('')}</defs>`] : []),
      `<rect width="${width}" height="${height}" fill="${escaped(this.background)}"/>`,
      ...this.#items,
      '</svg>\n',
    ].join('\n');
  }

  #stroke(): string {
    const dash = this.#dash.length > 0 ? ` stroke-dasharray="${this.#dash.map(number).join(' ')}"` : '';
    return ` stroke="${escaped(this.strokeStyle)}" stroke-width="${number(this.lineWidth)}"${dash}`;
  }

  #add(tag: string, attributes: string, text?: string): void {
    this.#items.push(this.#element(tag, attributes, text));
  }

  #element(tag: string, attributes: string, text?: string): string {
    const alpha = this.globalAlpha < 1 ? ` opacity="${number(this.globalAlpha)}"` : '';
    const start = `<${tag} ${attributes}${alpha}${this.#place()}`;
    return text === undefined ? `${start}/>` : `${start}>${text}</${tag}>`;
  }

  #place(): string {
    const { a, b, c, d, e, f } = this.#transform;
    return this.#transform.isIdentity ? '' : ` transform="matrix(${[a, b, c, d, e, f].map(number).join(' ')})"`;
  }
}

function box(x: number, y: number, width: number, height: number): string {
  const [left, top, across, down] = [x, y, width, height].map(number);
  return `x="${left}" y="${top}" width="${across}" height="${down}"`;
}

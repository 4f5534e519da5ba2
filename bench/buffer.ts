/** How long the frames take while a `<fluoro-buffer>` of a million values is moved and zoomed. */
import '../components/index';
import type { FluoroBuffer } from '../components/index';
import { uniform } from '../src/tensor/random';
import type { Trace } from '../src/trace/trace';
import { median } from './timing';

export interface BufferReport {
  readonly rows: number;
  readonly cols: number;
  /** Of the page, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly parts: readonly FrameTimes[];
}

export interface FrameTimes {
  readonly what: string;
  readonly frames: number;
  /** From one frame to the next. */
  readonly medianMs: number;
  readonly worstMs: number;
  readonly over50: number;
  /** What the element's own script took of a frame. */
  readonly drawMedianMs: number;
  readonly drawWorstMs: number;
}

const SIZE = 1024;
const FRAMES = 120;
/** From the first sight of the map to the first gesture, which a reader takes to reach for it. */
const SETTLE_MS = 500;
const NAME = 'hook_embed';

type Gesture = (surface: HTMLElement, frame: number) => void;

export async function panAndZoom(): Promise<BufferReport> {
  const element = document.createElement('fluoro-buffer');
  element.trace = millionValues();
  document.body.append(element);
  try {
    const map = await drawn(element);
    const canvas = map.canvas!;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const parts: FrameTimes[] = [];
    const part = async (what: string, gesture: Gesture, frames = FRAMES) => {
      parts.push(await framesOf(what, map, (frame) => gesture(canvas, frame), frames));
    };
    await part('zooming in', wheel(-60));
    await part('panning, close', drag());
    await part('zooming out', wheel(60));
    for (let i = 0; i < 12; i++) wheel(-60)(canvas);
    await part('panning, far', drag());
    await part('in and out', (surface, frame) => wheel(Math.floor(frame / 20) % 2 === 0 ? -160 : 160)(surface));
    const { innerWidth: width, innerHeight: height } = window;
    return { rows: SIZE, cols: SIZE, width, height, parts };
  } finally {
    element.remove();
  }
}

async function drawn(element: FluoroBuffer) {
  for (;;) {
    const map = element.renderRoot.querySelector('fluoro-buffer-map');
    if (map?.canvas && map.extent.rows === SIZE) return map;
    await new Promise(requestAnimationFrame);
  }
}

async function framesOf(what: string, map: { draw(): void }, act: (frame: number) => void, frames: number) {
  const between: number[] = [];
  const drawing: number[] = [];
  const draw = map.draw.bind(map);
  map.draw = () => {
    const start = performance.now();
    draw();
    drawing.push(performance.now() - start);
  };
  let last = await nextFrame();
  for (let frame = 0; frame < frames; frame++) {
    act(frame);
    const now = await nextFrame();
    between.push(now - last);
    last = now;
  }
  Reflect.deleteProperty(map, 'draw');
  return {
    what,
    frames,
    medianMs: median(between),
    worstMs: Math.max(...between),
    over50: between.filter((ms) => ms > 50).length,
    drawMedianMs: median(drawing),
    drawWorstMs: Math.max(...drawing),
  };
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
}

function placeOn(surface: HTMLElement): { clientX: number; clientY: number } {
  const { left, top, width, height } = surface.getBoundingClientRect();
  return { clientX: left + 0.4 * width, clientY: top + 0.4 * height };
}

function wheel(deltaY: number): (surface: HTMLElement) => void {
  return (surface) => {
    const init = { ...placeOn(surface), deltaY, ctrlKey: true, bubbles: true, composed: true, cancelable: true };
    surface.dispatchEvent(new WheelEvent('wheel', init));
  };
}

/** A pointer that is down and goes around. */
function drag(): Gesture {
  let [x, y] = [0, 0];
  return (surface, frame) => {
    const start = placeOn(surface);
    const send = (type: string, target: EventTarget) => {
      const place = { clientX: start.clientX + x, clientY: start.clientY + y };
      const init = { ...place, pointerId: 1, pointerType: 'mouse', bubbles: true, composed: true };
      target.dispatchEvent(new PointerEvent(type, init));
    };
    if (frame === 0) send('pointerdown', surface);
    x = 150 * Math.sin(frame / 9);
    y = 90 * Math.sin(frame / 7);
    send('pointermove', window);
    if (frame === FRAMES - 1) send('pointerup', window);
  };
}

/** A recorded pass of one tensor: noise, and what is no number here and there. */
function millionValues(): Trace {
  const next = uniform(1);
  const data = Float32Array.from({ length: SIZE * SIZE }, () => next() + next() + next() - 1.5);
  for (let i = 0; i < 1000; i++) data[Math.floor(next() * data.length)] = [Number.NaN, Infinity, -Infinity, 40][i % 4]!;
  const layout = { axes: ['pos', 'model'], shape: [SIZE, SIZE] } as const;
  const tensors = { [NAME]: { ...layout, role: 'activation', type: 'f32' } } as const;
  const program = { batch: 1, pos: SIZE, tensors, aliases: {}, steps: [], derived: [], output: NAME };
  return {
    kind: 'recorded',
    info: { model: 'bench', weightsHash: '', adapter: '' },
    program,
    edits: [],
    tokens: [Array.from({ length: SIZE }, (_, i) => i)],
    labels: [Array.from({ length: SIZE }, (_, i) => String(i))],
    names: [NAME],
    bytes: data.byteLength,
    layout: () => ({ ...layout, derived: false }),
    read: async (name) => ({ ...layout, name, derived: false, data }),
    dispose: () => undefined,
  };
}

/** How long a page takes to draw 128 tokens × 12 layers × 12 heads, and how long its frames are while one looks around. */
import '../components/index';
import type { FluoroModel } from '../components/index';
import type { CanvasGrid, Cell } from '../components/shared/canvas-grid';
import { HEADS, LAYERS, longTraceFile, POS } from './long-trace';
import { median } from './timing';

export interface LongInputReport {
  readonly pos: number;
  readonly layers: number;
  readonly heads: number;
  readonly bytes: number;
  /** From giving the page the recording to the first picture of all components. */
  readonly firstDrawMs: number;
  /** DOM nodes below `<fluoro-model>`, shadow trees included. */
  readonly nodes: number;
  readonly parts: readonly LookTimes[];
}

export interface LookTimes {
  readonly what: string;
  readonly frames: number;
  /** From one frame to the next. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** The scripts' part: from the event until all components have drawn. */
  readonly scriptMedianMs: number;
  readonly scriptWorstMs: number;
}

const TAGS = ['fluoro-tokens', 'fluoro-heads', 'fluoro-neurons', 'fluoro-program'];
const FRAMES = 60;
const AROUND = ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft'];

export async function lookAround(): Promise<LongInputReport> {
  const file = await longTraceFile();
  const url = URL.createObjectURL(new Blob([file]));
  const model = document.createElement('fluoro-model');
  model.append(...TAGS.map((tag) => document.createElement(tag)));
  try {
    const start = performance.now();
    model.recording = url;
    document.body.append(model);
    const [thumbnails, pattern] = [await drawnGrid(model, 'grid'), await drawnGrid(model, 'pattern')];
    await nextFrame();
    const firstDrawMs = performance.now() - start;
    await settled();
    const parts = [
      await times('hovering over a head', model, (frame) =>
        hover(pattern, { row: frame % POS, col: (7 * frame) % POS }),
      ),
      await times('hovering over heads', model, (frame) =>
        hover(thumbnails, { row: frame % LAYERS, col: (5 * frame) % HEADS }),
      ),
      await times('arrows in a head', model, (frame) => press(pattern, frame < FRAMES / 2 ? 'ArrowUp' : 'ArrowLeft')),
      await times('arrows over heads', model, (frame) => press(thumbnails, AROUND[frame % AROUND.length]!)),
    ];
    const sizes = { pos: POS, layers: LAYERS, heads: HEADS, bytes: file.length };
    return { ...sizes, firstDrawMs, nodes: countNodes(model), parts };
  } finally {
    model.remove();
    URL.revokeObjectURL(url);
  }
}

export function countNodes(root: Element | ShadowRoot): number {
  let count = 0;
  for (const element of root.querySelectorAll('*')) {
    count += 1 + (element.shadowRoot ? countNodes(element.shadowRoot) : 0);
  }
  return count;
}

async function drawnGrid(model: FluoroModel, part: string): Promise<CanvasGrid> {
  for (;;) {
    const heads = model.querySelector('fluoro-heads');
    const grid = heads?.shadowRoot?.querySelector<CanvasGrid>(`[part~="${part}"]`);
    if (grid?.canvas?.style.width) return grid;
    await nextFrame();
  }
}

async function times(what: string, model: FluoroModel, act: (frame: number) => void): Promise<LookTimes> {
  const [between, scripts]: [number[], number[]] = [[], []];
  let last = await nextFrame();
  for (let frame = 0; frame < FRAMES; frame++) {
    const start = performance.now();
    act(frame);
    await updated(model);
    scripts.push(performance.now() - start);
    const now = await nextFrame();
    between.push(now - last);
    last = now;
  }
  return {
    what,
    frames: FRAMES,
    medianMs: median(between),
    worstMs: Math.max(...between),
    scriptMedianMs: median(scripts),
    scriptWorstMs: Math.max(...scripts),
  };
}

/** Once all elements have drawn what an event led to: updates are microtasks, three levels deep. */
async function updated(model: FluoroModel): Promise<void> {
  for (const element of [model, ...model.children]) await (element as FluoroModel).updateComplete;
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function hover(grid: CanvasGrid, cell: Cell): void {
  const { left, top } = grid.canvas!.getBoundingClientRect();
  const { x, y, width, height } = grid.cellRect(cell);
  const place = { clientX: left + x + width / 2, clientY: top + y + height / 2 };
  grid.canvas!.dispatchEvent(new PointerEvent('pointermove', { ...place, bubbles: true, composed: true }));
}

function press(grid: CanvasGrid, key: string): void {
  grid.shadowRoot!.querySelector('[role="grid"]')!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}

/** A page with many components: one device, one model, recordings first, and nothing left behind. */
import { html } from 'lit';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { TraceElement } from '../../components/shared/trace-element';
import { countBytes } from '../harness/count-bytes';
import { testGpu } from '../harness/fixtures';
import { giveBackSharedDevice, recordingUrl, watchNetwork, weightsAsked } from './model-network';
import { grid, mount, part, prepareModel, until } from './mount';

afterEach(() => vi.restoreAllMocks());

const TWELVE = [
  ...['tokens', 'heads', 'neurons', 'lens', 'attribution', 'program'],
  ...['buffer', 'explain', 'kernel', 'patching', 'debugger', 'algorithm'],
].map((name) => `fluoro-${name}`);

const WAITING = /Reading from the trace|Waiting for|Nothing to show|no hypothesis has been tested/;

/** Whether it shows the trace: what it says while it waits is gone, and what it draws into has something in it. */
function isShown({ shadowRoot }: Element): boolean {
  const said = shadowRoot!.querySelector('[part="message"], [part="headline"]')?.textContent ?? '';
  if (shadowRoot!.textContent!.trim() === '' || WAITING.test(said)) return false;
  const canvases = [...shadowRoot!.querySelectorAll('*')].flatMap((child) => [
    ...(child.shadowRoot?.querySelectorAll('canvas') ?? []),
  ]);
  return canvases.every((canvas) => canvas.width > 0);
}

/** A figure of which the reading of a recording takes as long as the test wants. */
class Slow extends TraceElement<string> {
  reading: Promise<string> = Promise.resolve('');
  protected read = () => this.reading;
  protected draw = (text: string) => html`${text}`;
}
customElements.define('test-slow', Slow);

describe('no weights are asked for', () => {
  const start = async () => {
    const model = await prepareModel('induction', '<bos> a', 'test-slow');
    const slow = model.firstElementChild as Slow;
    let [resolve, reject] = [(_: string) => {}, (_: Error) => {}];
    slow.reading = new Promise((...given) => ([resolve, reject] = given));
    const recording = await recordingUrl();
    const asked = watchNetwork();
    await mount(Object.assign(model, { recording, loading: 'eager' }));
    await until(() => model.trace);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(weightsAsked(asked)).toEqual([]);
    return { slow, resolve, reject, isAsked: () => until(() => weightsAsked(asked).length === 1) };
  };

  test('before an element has drawn what it reads of the recording', async () => {
    const { slow, resolve, isAsked } = await start();
    resolve('drawn');
    await isAsked();
    expect(slow.shadowRoot!.textContent).toContain('drawn');
  });

  test.each([
    ['failed', ({ reject }: Awaited<ReturnType<typeof start>>) => reject(new Error('broken'))],
    ['left the page', ({ slow }: Awaited<ReturnType<typeof start>>) => slow.remove()],
  ])('before it has %s, and are asked for then', async (_, end) => {
    const started = await start();
    end(started);
    await started.isAsked();
  });
});

test.each(['eager', 'lazy'] as const)('twelve components, loading="%s"', async (loading) => {
  await giveBackSharedDevice();
  const recording = await recordingUrl('3 4 =', 'modular-addition');
  const requestDevice = vi.spyOn(GPUAdapter.prototype, 'requestDevice');
  const models: FluoroModel[] = [];
  const unpainted: string[] = [];
  const asked = watchNetwork((url, init) => {
    const elements = models.flatMap((model) => [...model.children]);
    if (url.endsWith('.safetensors') && init?.method !== 'HEAD') {
      unpainted.push(...elements.filter((element) => !isShown(element)).map(({ localName }) => localName));
    }
    return undefined;
  });
  const box = document.createElement('div');
  for (const tags of [TWELVE.slice(0, 4), TWELVE.slice(4, 8), TWELVE.slice(8)]) {
    const model = await prepareModel('modular-addition', '5 6 =', ...tags);
    models.push(Object.assign(model, { device: undefined, recording, loading }));
    box.append(model);
  }
  box.querySelector('fluoro-algorithm')!.src = '/fixtures/modular-addition/recovery.json';
  if (loading === 'lazy') box.style.cssText = 'display: grid; grid-template-columns: 1fr 1fr 1fr';
  await mount(box);
  const areLive = () => models.every(({ state, trace }) => state === 'ready' && trace?.kind === 'live');
  await until(areLive);
  expect(unpainted).toEqual([]);
  expect(weightsAsked(asked)).toHaveLength(1);
  expect(requestDevice).toHaveBeenCalledTimes(1);
  expect(new Set(models.map(({ model }) => model)).size).toBe(1);
  box.remove();
  await giveBackSharedDevice();
});

test('a hundred times on the page and off it, with all that it does, leaves nothing behind', async () => {
  const bytes = countBytes(await testGpu());
  const recording = await recordingUrl();
  const listening = countListeners();
  const observing = countObserved();
  const cycle = async (i: number) => {
    const model = await prepareModel('induction', '<bos> a b a', 'fluoro-tokens', 'fluoro-heads', 'fluoro-neurons');
    const change = { recording, loading: i % 2 ? 'eager' : 'click', permalink: 'm', edits: ['hook_embed[pos=1]:zero'] };
    await mount(Object.assign(model, change));
    await until(() => model.trace);
    // Or the model at once, where what the cycle before has asked of it is still under way.
    if (i % 4 === 0) await until(() => model.state === 'recorded' || model.state === 'ready');
    else {
      model.load();
      await until(() => i % 4 === 1 || (model.state === 'ready' && model.clean)); // Or amid the way.
    }
    if (i % 10 === 3) await grid(model.querySelector('fluoro-heads')!, 'pattern');
    model.remove();
    await until(() => model.trace === null);
    return new WeakRef(model);
  };
  const settled = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { bytes: bytes(), listening: listening(), observing: observing() };
  };
  for (let i = 0; i < 4; i++) await cycle(i);
  const before = await settled();
  for (let i = 0; i < 100; i++) await cycle(i);
  expect(await settled()).toEqual(before);
});

test('moving an element about the page keeps model and trace, whatever it is doing', async () => {
  const model = await prepareModel('induction', '<bos> a b a', 'fluoro-heads');
  const asked = watchNetwork();
  const [here, there] = [await mount(document.createElement('div')), await mount(document.createElement('div'))];
  here.append(model);
  await until(() => model.state === 'loading');
  there.append(model);
  await until(() => model.state === 'ready' && model.trace);
  const { trace } = model;
  here.append(model);
  there.append(model);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(model.trace).toBe(trace);
  expect(weightsAsked(asked)).toHaveLength(1);
  expect(part(model, 'badge').textContent).toBe('live');
});

test('moving an element into a frame and back keeps its looks, and those of all that it is made of', async () => {
  const model = await prepareModel('induction', '<bos> a b a', 'fluoro-heads', 'fluoro-patching');
  model.edits = ['blocks.0.attn.hook_z[head=0]:zero']; // whose bar brings styles of its own
  const box = await mount(document.createElement('div'));
  const frame = await mount(document.createElement('iframe'));
  box.append(model);
  await until(() => model.state === 'ready' && model.trace && model.shadowRoot!.querySelector('[part="edits"]'));
  const heads = model.querySelector('fluoro-heads')!;
  await grid(heads, 'pattern');
  await until(() => model.querySelector('fluoro-patching')!.shadowRoot!.querySelector('[part="form"]'));
  const elements = withShadows(model);
  expect(elements.length).toBeGreaterThan(4);
  const rules = () =>
    elements.map(({ localName, shadowRoot }) => [
      localName,
      ...shadowRoot!.adoptedStyleSheets.flatMap(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText)),
    ]);
  await until(() => JSON.stringify(rules()).includes('.badge p')); // which come later
  const before = rules();
  frame.contentDocument!.body.append(model);
  expect(heads.shadowRoot!.adoptedStyleSheets).toEqual([]); // What browsers do: else all this is not needed any more.
  await until(() => elements.every(({ shadowRoot }) => shadowRoot!.adoptedStyleSheets.length > 0));
  expect(rules()).toEqual(before);
  expect(frame.contentWindow!.getComputedStyle(part(model, 'badge')).borderRadius).toBe('999px');
  box.append(model);
  await until(() => elements.every(({ shadowRoot }) => shadowRoot!.adoptedStyleSheets.length > 0));
  expect(rules()).toEqual(before);
  expect(model.state).toBe('ready');
});

/** An element and all that are drawn in it, each with a shadow root. */
function withShadows(element: Element): Element[] {
  const inner = [element, ...(element.shadowRoot ? [element.shadowRoot] : [])].flatMap((root) => [...root.children]);
  return [...(element.shadowRoot ? [element] : []), ...inner.flatMap(withShadows)];
}

/** Listeners on what outlives an element: the window and the document. */
function countListeners(): () => number {
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const kept = new Map<EventTarget, Map<string, unknown>>([
    [window, new Map()],
    [document, new Map()],
  ]);
  const ids = new Map<unknown, number>();
  const keyOf = (type: string, listener: unknown, options: unknown) => {
    if (!ids.has(listener)) ids.set(listener, ids.size);
    return `${type} ${ids.get(listener)} ${typeof options === 'object' ? !!(options as { capture?: boolean })?.capture : !!options}`;
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    // Called without an object they are the window's.
    kept.get(this ?? window)?.set(keyOf(type, listener, options), listener);
    const signal = typeof options === 'object' ? options?.signal : undefined;
    if (signal) add.call(signal, 'abort', () => kept.get(this)?.delete(keyOf(type, listener, options)));
    return add.call(this ?? window, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    kept.get(this ?? window)?.delete(keyOf(type, listener, options));
    return remove.call(this ?? window, type, listener, options);
  };
  onTestFinished(
    () => void Object.assign(EventTarget.prototype, { addEventListener: add, removeEventListener: remove }),
  );
  return () => [...kept.values()].reduce((sum, { size }) => sum + size, 0);
}

/** Elements that are watched for coming near the screen. */
function countObserved(): () => number {
  const watching = new Set<IntersectionObserver>();
  const { observe, disconnect } = IntersectionObserver.prototype;
  vi.spyOn(IntersectionObserver.prototype, 'observe').mockImplementation(function (this: IntersectionObserver, target) {
    watching.add(this);
    observe.call(this, target);
  });
  vi.spyOn(IntersectionObserver.prototype, 'disconnect').mockImplementation(function (this: IntersectionObserver) {
    watching.delete(this);
    disconnect.call(this);
  });
  return () => watching.size;
}

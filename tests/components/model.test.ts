import { afterEach, describe, expect, test, vi } from 'vitest';
import { FluoroscopeError, readTrace, sharedDevice, type Trace, writeTrace } from '../../src/index';
import { countBytes } from '../harness/count-bytes';
import { testDevice } from '../harness/device';
import { dispatchesOf } from '../harness/dispatches';
import { fixtureModel, testGpu } from '../harness/fixtures';
import { eventually, giveBackSharedDevice, recordingUrl, slowNetwork, statesOf, withoutWebGpu } from './model-network';
import { expectAccessible, explanationOf, grid, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b a';
const ALL = ['fluoro-tokens', 'fluoro-heads', 'fluoro-neurons', 'fluoro-program'];

afterEach(() => vi.restoreAllMocks());

describe('loading', () => {
  test('goes from idle to ready, tells of each state and of the trace, and is accessible on the way', async () => {
    const { go } = slowNetwork();
    const model = await prepareModel('induction', PROMPT, ...ALL);
    const states = statesOf(model);
    const traces: Trace[] = [];
    model.addEventListener('fluoro-trace', ({ detail }) => traces.push(detail.trace));
    await mount(model);
    expect(model.getAttribute('state')).toBe('idle');
    await until(() => model.getAttribute('state') === 'loading'); // It is near the screen.
    expect(model.matches(':state(loading)')).toBe(true);
    expect(textOf(part(model, 'status'))).toBe('Loading induction: asking for it… Cancel');
    expect(part(model, 'progress').hasAttribute('value')).toBe(false);
    for (const tag of ALL) {
      expect(textOf(part(model.querySelector(tag)!, 'message'))).toBe('Waiting for the trace…');
    }
    await expectAccessible(model);
    go();
    await until(() => model.state === 'ready' && model.trace);
    expect(states).toEqual(['loading', 'ready', 'running', 'ready']);
    expect(model.getAttribute('state')).toBe('ready');
    expect(traces).toEqual([model.trace]);
    expect(model.trace!.labels).toEqual([['<bos>', 'a', 'b', 'a']]);
    expect(model.cost).toEqual({ submits: 1, dispatches: dispatchesOf(model.trace!.program) });
    expect(model.shadowRoot!.querySelector('[part="status"]')).toBeNull();
    expect(model.matches(':state(ready)')).toBe(true);
    expect(textOf(part(model, 'badge'))).toBe('live');
    expect(await explanationOf(model)).toMatch(/^These values are read from the buffers of the pass .+\.$/);
    await expectAccessible(model);
  });

  test('shows the bytes that have come', async () => {
    const model = await prepareModel('induction', PROMPT);
    const shown = new Set<string>();
    await mount(model);
    const observer = new MutationObserver(() => shown.add(textOf(model.shadowRoot!)));
    observer.observe(model.shadowRoot!, { subtree: true, childList: true, characterData: true });
    await until(() => model.state === 'ready');
    observer.disconnect();
    expect(
      [...shown].some((text) => /Loading induction: \d[\d.]* k?B/.test(text)),
      [...shown].join('; '),
    ).toBe(true);
  });

  test('can be cancelled and begun again', async () => {
    const { go, asked } = slowNetwork();
    const spy = vi.mocked(globalThis.fetch);
    const model = await mount(await prepareModel('induction', PROMPT));
    await until(() => asked.length > 0);
    part(model, 'status').querySelector('button')!.click();
    await model.updateComplete;
    expect(model.state).toBe('idle');
    await until(() => spy.mock.calls[0]![1]!.signal!.aborted);
    expect(textOf(part(model, 'status'))).toBe('Loading induction was cancelled. Load it');
    await expectAccessible(model);
    go();
    part(model, 'status').querySelector('button')!.click();
    await until(() => model.state === 'ready' && model.trace);
  });

  test('a model that is not there gives its sentence and code, and another try asks again', async () => {
    const { fetch } = globalThis;
    const broken = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('', { status: 404 }));
    const model = await mount(await prepareModel('induction', PROMPT, ...ALL));
    const errors: unknown[] = [];
    model.addEventListener('fluoro-error', ({ detail }) => errors.push(detail));
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toMatch(/model induction is not at http.* file-missing Try again$/);
    expect(errors).toMatchObject([{ code: 'file-missing' }]);
    expect(textOf(part(model.querySelector('fluoro-heads')!, 'message'))).toBe('Nothing to show: above it says why.');
    await expectAccessible(model);
    broken.mockImplementation(fetch);
    part(model, 'status').querySelector('button')!.click();
    await until(() => model.state === 'ready' && model.trace);
  });

  test('without WebGPU says so plainly', async () => {
    withoutWebGpu();
    const model = await prepareModel('induction', PROMPT);
    Object.assign(model, { device: undefined, reference: 'off' });
    await mount(model);
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toBe(
      'This browser offers no WebGPU. Use a recent Chrome, Edge, Safari or Firefox with WebGPU enabled. no-webgpu Try again',
    );
  });

  test('a lost device is asked for anew, and the prompt runs on the new one', { timeout: 200_000 }, async () => {
    const model = await prepareModel('induction', PROMPT);
    model.device = undefined;
    await mount(model);
    await eventually(() => model.state === 'ready' && model.trace);
    const [states, errors] = [statesOf(model), [] as unknown[]];
    model.addEventListener('fluoro-error', ({ detail }) => errors.push(detail));
    (await sharedDevice()).destroy();
    model.prompt = '<bos> c';
    await eventually(() => model.state === 'ready' && model.trace?.program.pos === 2);
    expect(states).toEqual(['running', 'loading', 'ready', 'running', 'ready']);
    expect(errors).toMatchObject([{ code: 'device-lost' }]);
    model.remove();
    await giveBackSharedDevice();
  });

  test('a device that is lost again at once is an error, the recording stands in, and another try gets a new one', {
    timeout: 200_000,
  }, async () => {
    const model = await prepareModel('induction', PROMPT);
    const recording = await recordingUrl();
    Object.assign(model, { device: undefined, recording, loading: 'eager', reference: 'off' });
    await mount(model);
    await eventually(() => model.state === 'ready' && model.trace?.kind === 'live');
    let destroying = true;
    model.addEventListener('fluoro-state', async ({ detail }) => {
      if (destroying && detail === 'ready') (await sharedDevice()).destroy();
    });
    (await sharedDevice()).destroy();
    model.prompt = '<bos> c';
    await eventually(() => model.shadowRoot!.textContent!.includes('The GPU device was lost') && model.trace);
    expect(textOf(part(model, 'status'))).toMatch(/ What is shown is the recording\. device-lost Try again$/);
    expect([model.state, model.trace!.kind]).toEqual(['recorded', 'recorded']);
    destroying = false;
    part(model, 'status').querySelector('button')!.click();
    await eventually(() => model.state === 'ready' && model.trace?.program.pos === 2);
    model.remove();
    await giveBackSharedDevice();
  });

  test('values that do not come back are asked for once more, in case the device is gone', async () => {
    const model = await mountModel('induction', PROMPT);
    const failure = new FluoroscopeError('readback-failed', 'The GPU did not return 4 bytes.');
    const run = vi.spyOn(model.model!, 'run').mockRejectedValueOnce(failure);
    model.prompt = '<bos> c';
    await until(() => model.state === 'ready' && model.trace?.program.pos === 2);
    expect(run).toHaveBeenCalledTimes(2);
    run.mockRejectedValue(failure);
    model.prompt = '<bos> c d';
    await until(() => model.state === 'error');
    expect(run).toHaveBeenCalledTimes(4);
    expect(textOf(part(model, 'status'))).toMatch(
      /^The GPU did not return 4 bytes\. What is shown is an earlier pass\. readback-failed Try again$/,
    );
  });

  test('two elements share one copy of a model', async () => {
    const first = await mountModel('induction', PROMPT);
    const spy = vi.spyOn(globalThis, 'fetch');
    const second = await mountModel('induction', '<bos> c');
    expect(second.model).toBe(first.model);
    expect(spy).not.toHaveBeenCalled();
    first.remove();
    second.prompt = '<bos> c d';
    await until(() => second.trace!.program.pos === 3);
    expect(second.state === 'error').toBe(false);
  });

  test.each(['/fixtures/induction', '/fixtures/induction/#top', new URL('/fixtures/induction/', location.href).href])(
    'a built-in name and %s are one model',
    async (address) => {
      const first = await mountModel('induction', PROMPT);
      const spy = vi.spyOn(globalThis, 'fetch');
      const second = await mountModel(address, '<bos> c');
      expect(second.model).toBe(first.model);
      expect(spy).not.toHaveBeenCalled();
    },
  );

  test('what is no address is refused with its sentence', async () => {
    const model = await mount(await prepareModel('http://[', PROMPT));
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toMatch(/^http:\/\/\[ is not an address; .* usage Try again$/);
  });

  test('another src replaces the model, and the old one never shows again', async () => {
    const model = await mountModel('induction', PROMPT, ...ALL);
    model.src = 'modular-addition';
    model.prompt = '3 4 =';
    await model.updateComplete;
    await until(() => model.state === 'ready' && model.trace);
    expect(model.trace!.info.model).toBe('modular-addition');
    model.src = 'induction';
    model.prompt = PROMPT;
    await model.updateComplete;
    model.src = 'modular-addition';
    model.prompt = '5 6 =';
    await model.updateComplete;
    await until(() => model.state === 'ready' && model.trace);
    expect(model.trace!.labels).toEqual([['5', '6', '=']]);
  });
});

describe('prompts', () => {
  test('the newest wins: of many typed at once the last is shown, and not all are run', async () => {
    const model = await mountModel('induction', PROMPT);
    const run = vi.spyOn(model.model!, 'run');
    const shown: string[] = [];
    model.addEventListener('fluoro-trace', ({ detail }) => shown.push(detail.trace.labels[0]!.join(' ')));
    for (const letter of 'abcdefgh') {
      model.prompt = `<bos> ${letter}`;
      await model.updateComplete;
    }
    await until(() => model.state === 'ready');
    expect(shown.at(-1)).toBe('<bos> h');
    expect(run.mock.calls.length).toBeLessThan(8);
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'h']);
  });

  test('the old trace can be read until the new one is in place, and not after', async () => {
    const model = await mountModel('induction', PROMPT);
    const old = model.trace!;
    model.prompt = '<bos> z';
    await model.updateComplete;
    const reading = old.read('hook_embed');
    await until(() => model.trace !== old);
    await expect(reading).resolves.toMatchObject({ name: 'hook_embed' });
    await expect(old.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
  });

  test('a prompt that cannot be run is told where there is no <fluoro-tokens> to tell it', async () => {
    const model = await mountModel('induction', PROMPT);
    model.prompt = '';
    await until(() => model.shadowRoot!.querySelector('[part~="status"]'));
    expect(textOf(part(model, 'status'))).toBe('The prompt is empty: give at least one token.');
    expect(model.trace!.labels[0]).toHaveLength(4);
  });
});

describe('leaving the page', () => {
  test('while loading, or while a pass runs, leaves nothing behind', async () => {
    const bytes = countBytes(await testGpu());
    const loading = await mount(await prepareModel('induction', PROMPT, ...ALL));
    loading.remove();
    const running = await mountModel('induction', PROMPT, ...ALL);
    running.prompt = '<bos> q r s t';
    await running.updateComplete;
    running.remove();
    await until(() => bytes() === 0);
    expect([loading.state, running.state]).toEqual(['idle', 'idle']);
  });

  test('and coming back runs again; a mere move keeps model and trace', async () => {
    const model = await mountModel('induction', PROMPT, ...ALL);
    const { trace } = model;
    const box = await mount(document.createElement('div'));
    box.append(model);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(model.trace).toBe(trace);
    expect(model.state).toBe('ready');
    model.remove();
    await until(() => model.trace === null);
    box.append(model);
    await until(() => model.state === 'ready' && model.trace);
    await grid(model.querySelector('fluoro-heads')!, 'pattern');
  });
});

test('a trace set on a component is drawn instead of the model’s', async () => {
  const model = await mountModel('induction', PROMPT, 'fluoro-heads');
  const heads = model.querySelector('fluoro-heads')!;
  const live = await (await fixtureModel('induction')).run('<bos> x y z x y');
  heads.trace = readTrace(await writeTrace(live));
  live.dispose();
  await until(() => (heads.shadowRoot!.querySelector('fluoro-heatmap')?.rowCount ?? 0) === 6);
  heads.trace = null;
  await until(() => heads.shadowRoot!.querySelector('fluoro-heatmap')!.rowCount === 4);
});

test('the test device is the one that runs', async () => {
  const model = await mountModel('induction', PROMPT);
  expect(model.device).toBe(await testDevice());
});

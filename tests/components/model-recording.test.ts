/** A recording is shown first; the weights come when they are asked for. */
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import type { LoadProgress } from '../../components/model/shared-models';
import { formatBytes } from '../../components/shared/text';
import { testDevice } from '../harness/device';
import { recordingUrl, slowNetwork, statesOf, watchNetwork, weightsAsked, withoutWebGpu } from './model-network';
import { expectAccessible, explanationOf, grid, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b a';
const run = (model: FluoroModel) => part(model, 'run');

afterEach(() => vi.restoreAllMocks());

/** With a recording, and what `more` says. */
async function recordedModel(more: Partial<FluoroModel> = {}, ...tags: string[]): Promise<FluoroModel> {
  const model = await prepareModel('induction', PROMPT, ...tags);
  return Object.assign(model, { recording: await recordingUrl() }, more);
}

describe('a recording alone', () => {
  test('is shown, badged and said to be one', async () => {
    const model = document.createElement('fluoro-model');
    model.setAttribute('trace', await recordingUrl());
    model.append(document.createElement('fluoro-heads'));
    const states = statesOf(model);
    await mount(model);
    await until(() => model.state === 'recorded');
    expect(states).toEqual(['loading', 'recorded']);
    expect(model.matches(':state(recorded)')).toBe(true);
    expect(model.matches(':state(loading)')).toBe(false);
    expect(model.trace!.kind).toBe('recorded');
    expect((await grid(model.querySelector('fluoro-heads')!, 'pattern')).rowCount).toBe(3);
    expect(textOf(part(model, 'badge'))).toBe('recorded');
    expect(await explanationOf(model)).toMatch(
      /^These are the values of a pass of induction that ran on .+, read from a file\.$/,
    );
    part(model, 'badge').click();
    await expectAccessible(model);
  });

  test('that cannot be read is asked for again by another try', async () => {
    const good = await recordingUrl();
    let broken = true;
    watchNetwork(() => (broken ? new Response('', { status: 500 }) : undefined));
    const model = document.createElement('fluoro-model');
    model.setAttribute('trace', good);
    await mount(model);
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toMatch(/answers 500; expected a trace file\. fetch-failed Try again$/);
    broken = false;
    part(model, 'status').querySelector('button')!.click();
    await until(() => model.state === 'recorded' && model.trace);
  });

  test.each([
    ['as long as it says', (all: number) => ({ 'content-length': `${all}` }), true],
    ['of a length that nobody says', () => ({}), false],
    ['compressed', (all: number) => ({ 'content-length': `${all}`, 'content-encoding': 'gzip' }), false],
    ['longer than it says', () => ({ 'content-length': '99' }), false],
  ])('that is %s tells how far it has come', async (_, headersOf, known) => {
    const bytes = new Uint8Array(await (await fetch(await recordingUrl())).arrayBuffer());
    const all = bytes.length;
    let to!: ReadableStreamDefaultController;
    const body = new ReadableStream({ start: (controller) => void (to = controller) });
    watchNetwork(() => new Response(body, { headers: headersOf(all) }));
    const model = document.createElement('fluoro-model');
    const told: LoadProgress[] = [];
    model.addEventListener('fluoro-progress', ({ detail }) => told.push(detail));
    model.setAttribute('trace', '/slow.safetensors');
    await mount(model);
    const status = () => textOf(part(model, 'status'));
    expect(status()).toBe('Loading /slow.safetensors: asking for it… Cancel');
    to.enqueue(bytes.subarray(0, 10_000));
    await until(() => told.length === 1);
    await model.updateComplete;
    const [total, of] = known ? [all, ` of ${formatBytes(all)}`] : [null, ''];
    expect(status()).toBe(`Loading /slow.safetensors: 10 kB${of}… Cancel`);
    const bar = part<HTMLProgressElement>(model, 'progress');
    expect(bar.position).toBe(known ? 10_000 / all : -1);
    to.enqueue(bytes.subarray(10_000));
    to.close();
    await until(() => model.state === 'recorded');
    expect(told).toEqual([10_000, all].map((received) => ({ received, total })));
  });

  test('can be cancelled, and asked for again', async () => {
    const url = await recordingUrl();
    const { fetch } = globalThis;
    let silent = true;
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      if (!silent) return fetch(input, init);
      return new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    });
    const model = document.createElement('fluoro-model');
    model.setAttribute('trace', url);
    await mount(model);
    expect(model.state).toBe('loading');
    part(model, 'status').querySelector('button')!.click();
    await model.updateComplete;
    expect(model.state).toBe('idle');
    expect(textOf(part(model, 'status'))).toBe(`Loading ${url} was cancelled. Load it`);
    silent = false;
    part(model, 'status').querySelector('button')!.click();
    await until(() => model.state === 'recorded');
  });
});

describe('a recording of another prompt than the page gives', () => {
  const other = (model: FluoroModel) => model.shadowRoot!.querySelector('[part="other-prompt"]');

  test('says so until the prompt has run', async () => {
    const model = await mount(await recordedModel({}, 'fluoro-heads'));
    await until(() => other(model));
    expect(textOf(other(model)!)).toBe(
      `The recording is of another prompt than ${PROMPT}: run the model to see that one.`,
    );
    await expectAccessible(model);
    model.load();
    await until(() => model.trace?.kind === 'live');
    await model.updateComplete;
    expect(other(model)).toBeNull();
  });

  test('says so where there is no model to run, and without what is no markup', async () => {
    const prompt = `</q><img src=x onerror="alert(1)">${'a'.repeat(100)}`;
    const model = await mount(await recordedModel({ src: null, prompt }));
    await until(() => other(model));
    expect(textOf(other(model)!)).toBe(`The recording is of another prompt than ${prompt.slice(0, 80)}….`);
    expect(model.shadowRoot!.querySelector('img')).toBeNull();
  });

  test.each([['<bos> x y'], ['  <bos>  x y '], [null], [''], [' ']])(
    'says nothing of the prompt %o',
    async (prompt) => {
      const model = await mount(await recordedModel({ prompt }));
      await explanationOf(model);
      expect(model.state).toBe('recorded');
      expect(other(model)).toBeNull();
    },
  );

  test('leaves it to the link where there is one', async () => {
    const model = await recordedModel({ prompt: null, permalink: 'other' });
    location.hash = `#other=${encodeURIComponent(JSON.stringify({ prompt: PROMPT }))}`;
    onTestFinished(() => history.replaceState(null, '', ' '));
    await mount(model);
    await explanationOf(model);
    expect(textOf(part(model, 'link'))).toContain('of this link have not been run');
    expect(model.prompt).toBe(PROMPT);
    expect(other(model)).toBeNull();
  });
});

test('a recording of another model is not run on this one: a sentence says so, and a prompt is run', async () => {
  const model = await prepareModel('modular-addition', '');
  Object.assign(model, { recording: await recordingUrl(), prompt: null });
  await mount(model);
  await until(() => model.state === 'recorded');
  model.load();
  await until(() => model.state === 'ready' && model.shadowRoot!.querySelector('.problem'));
  expect(textOf(part(model, 'status'))).toMatch(
    /^The recording is of another model: induction \([0-9a-f]{8}…\), and this is modular-addition \([0-9a-f]{8}…\)\. /,
  );
  expect(model.trace!.kind).toBe('recorded');
  model.prompt = '3 4 =';
  await until(() => model.state === 'ready' && model.trace!.kind === 'live');
  expect(model.trace!.info.model).toBe('modular-addition');
  expect(model.shadowRoot!.querySelector('[part~="status"]')).toBeNull();
  model.prompt = null;
  await until(() => model.state === 'ready' && model.shadowRoot!.querySelector('.problem'));
  expect(textOf(part(model, 'status'))).toMatch(/ What is shown is an earlier pass; give a prompt to run\.$/);
});

describe('loading="click", which is usual with a recording', () => {
  test('fetches nothing of the model but its size, which the button states, until the button is pressed', async () => {
    const asked = watchNetwork();
    const model = await mount(await recordedModel({}, 'fluoro-heads'));
    await until(() => model.state === 'recorded' && textOf(run(model)) !== 'Run it live: …');
    expect(textOf(run(model))).toBe('Run it live: 182 kB');
    expect(asked.map(({ method, url }) => `${method} ${url.replace(/.*\//, '')}`).slice(1)).toEqual([
      'HEAD model.safetensors',
    ]);
    await expectAccessible(model);
    const states = statesOf(model);
    run(model).click();
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(states).toEqual(['loading', 'ready', 'running', 'ready']);
    expect(textOf(part(model, 'badge'))).toBe('live');
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'a', 'b', 'a']);
    expect(model.matches(':state(ready)')).toBe(true);
    await expectAccessible(model);
  });

  test('takes a typed prompt for asking', async () => {
    const asked = watchNetwork();
    const model = await mount(await recordedModel({}, 'fluoro-tokens'));
    await until(() => model.state === 'recorded');
    const area = part<HTMLTextAreaElement>(model.querySelector('fluoro-tokens')!, 'prompt');
    expect(weightsAsked(asked)).toEqual([]);
    area.value = '<bos> q';
    area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'q']);
  });

  test('takes an edit for asking', async () => {
    const model = await mount(await recordedModel({}, 'fluoro-tokens'));
    await until(() => model.state === 'recorded');
    const add = ['blocks.1.attn.hook_z[head=0]:zero'];
    model
      .querySelector('fluoro-tokens')!
      .dispatchEvent(new CustomEvent('fluoro-edit', { detail: { add }, bubbles: true }));
    await until(() => model.state === 'ready' && model.clean?.kind === 'live');
  });

  test('takes a question that the recording has no answer to for asking, by a button where the answer would be', async () => {
    const asked = watchNetwork();
    const model = await mount(await recordedModel({}, 'fluoro-lens'));
    const lens = model.querySelector('fluoro-lens')!;
    await until(() => lens.shadowRoot!.querySelector('[part="ask"]'));
    expect(textOf(part(lens, 'message'))).toMatch(/a recorded trace has none\. Run the model$/);
    expect(weightsAsked(asked)).toEqual([]);
    await expectAccessible(model);
    part(lens, 'ask').click();
    await grid(lens, 'map');
    expect(model.trace!.kind).toBe('live');
    expect(lens.shadowRoot!.querySelector('[part="ask"]')).toBeNull();
  });

  test.each(['fluoro-circuit', 'fluoro-patching', 'fluoro-debugger', 'fluoro-kernel'] as const)(
    'lets the reader have the model where %s would need it',
    async (tag) => {
      const model = await mount(await recordedModel({}, tag));
      const element = model.querySelector(tag)!;
      await until(() => element.shadowRoot!.querySelector('[part="ask"]'));
      expect(textOf(element.shadowRoot!)).toContain('a recorded trace comes without its model. Run the model');
      part(element, 'ask').click();
      await until(() => model.trace!.kind === 'live' && !element.shadowRoot!.querySelector('[part="ask"]'));
    },
  );

  test.each(['fluoro-circuit', 'fluoro-patching', 'fluoro-debugger', 'fluoro-lens'] as const)(
    'has %s say why nothing can be done where the model has come and not run',
    async (tag) => {
      const model = await recordedModel({ edits: ['complete nonsense'] }, tag);
      const { go } = slowNetwork();
      await mount(model);
      const element = model.querySelector(tag)!;
      const said = () => textOf(part(element, 'message'));
      await until(() => element.shadowRoot!.querySelector('[part="ask"]'));
      model.load();
      const why = / The model has not run yet: its <fluoro-model> says why\.$/;
      await until(() => why.test(said()));
      expect(model.state).toBe('loading');
      go();
      await until(() => model.shadowRoot!.querySelector('[part="edit-error"]'));
      await until(() => why.test(said()));
      expect(textOf(element.shadowRoot!)).not.toContain('put this element into');
      expect(model.state).toBe('ready');
    },
  );

  test.each(['', 'sometimes'])('is usual too where loading is %o, which is none of the three', async (loading) => {
    const asked = watchNetwork();
    const model = await recordedModel();
    model.setAttribute('loading', loading);
    await mount(model);
    await until(() => textOf(part(model, 'status')).endsWith(' Run it live: 182 kB'));
    expect(model.state).toBe('recorded');
    expect(weightsAsked(asked)).toEqual([]);
  });

  test('runs the recorded tokens where no prompt is given, and where it is taken away', async () => {
    const model = await mount(await recordedModel({ prompt: null }));
    await until(() => model.state === 'recorded');
    model.load();
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(model.trace!.labels).toEqual([['<bos>', 'x', 'y']]);
    model.prompt = '<bos> c';
    await until(() => model.state === 'ready' && model.trace!.program.pos === 2);
    model.prompt = null;
    await until(() => model.state === 'ready' && model.trace!.program.pos === 3);
    expect(model.trace!.labels).toEqual([['<bos>', 'x', 'y']]);
  });

  test('counts the weights of the recorded program where the server does not tell their size', async () => {
    watchNetwork((_, init) => (init?.method === 'HEAD' ? new Response(null, { status: 405 }) : undefined));
    const model = await mount(await recordedModel());
    await until(() => model.state === 'recorded' && textOf(run(model)) !== 'Run it live: …');
    expect(textOf(run(model))).toMatch(/^Run it live: about 1\d\d kB$/);
  });

  test('says that the size is unknown where nobody tells it', async () => {
    watchNetwork((_, init) => (init?.method === 'HEAD' ? new Response(null) : undefined));
    const model = await mount(Object.assign(await prepareModel('induction', PROMPT), { loading: 'click' }));
    await until(() => textOf(run(model)) !== 'Run it live: …');
    expect(model.state).toBe('idle');
    expect(textOf(part(model, 'status'))).toBe('Nothing has been fetched yet. Run it live: size unknown');
  });

  test('takes the size of several files from their index', async () => {
    watchNetwork((url, init) => {
      if (init?.method === 'HEAD') return new Response(null, { status: 404 });
      return url.endsWith('.index.json') ? Response.json({ metadata: { total_size: 548_000_000 } }) : undefined;
    });
    const model = await mount(Object.assign(await prepareModel('induction', PROMPT), { loading: 'click' }));
    await until(() => textOf(run(model)) === 'Run it live: 548 MB');
  });

  test('turns live by itself where another element has the model in memory', async () => {
    const other = await mountModel('induction', '<bos> c');
    const asked = watchNetwork();
    const model = await mount(await recordedModel());
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(model.model).toBe(other.model);
    expect(weightsAsked(asked)).toEqual([]);
    other.remove();
    model.remove();
  });

  test('turns live with another one that is asked, and a removed one does not', async () => {
    const [one, other, gone] = [await recordedModel(), await recordedModel(), await recordedModel()];
    for (const model of [one, other, gone]) await mount(model);
    await until(() => [one, other, gone].every(({ state }) => state === 'recorded'));
    gone.remove();
    one.load();
    await until(() => [one, other].every(({ state, trace }) => state === 'ready' && trace?.kind === 'live'));
    expect(gone.trace).toBeNull();
    expect(other.model).toBe(one.model);
  });
});

describe('loading="eager"', () => {
  test('has the recording painted before it asks for any weights', async () => {
    const painted: boolean[] = [];
    const model = await recordedModel({ loading: 'eager' }, 'fluoro-heads');
    const canvas = () =>
      model.querySelector('fluoro-heads')!.shadowRoot?.querySelector<HTMLElement>('[part~="pattern"]');
    const { go } = slowNetwork();
    go();
    const counted = vi.mocked(globalThis.fetch).getMockImplementation()!;
    vi.mocked(globalThis.fetch).mockImplementation((input, init) => {
      if (!String(input).startsWith('blob:')) painted.push(isPainted(canvas()));
      return counted(input, init);
    });
    await mount(model);
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(painted.length).toBeGreaterThan(2);
    expect(painted).not.toContain(false);
  });

  test('shows the recording until the live trace is there', async () => {
    const model = await recordedModel({ loading: 'eager' }, 'fluoro-tokens');
    const { go } = slowNetwork();
    await mount(model);
    await until(() => model.trace?.kind === 'recorded' && model.state === 'loading');
    expect(textOf(part(model, 'badge'))).toBe('recorded');
    go();
    await until(() => model.trace?.kind === 'live');
    expect(model.trace!.labels[0]).toHaveLength(4);
  });

  test('that is cancelled keeps the recording', async () => {
    const model = await recordedModel({ loading: 'eager' });
    slowNetwork();
    await mount(model);
    await until(() => model.trace?.kind === 'recorded' && model.state === 'loading');
    model.cancel();
    await model.updateComplete;
    expect(model.state).toBe('recorded');
    expect(model.trace!.kind).toBe('recorded');
    expect(textOf(part(model, 'status'))).toBe('Loading induction was cancelled. Load it');
  });

  test('does without a recording that cannot be had, and says so by an event', async () => {
    const model = await recordedModel({ loading: 'eager', recording: URL.createObjectURL(new Blob(['no trace'])) });
    const errors: unknown[] = [];
    model.addEventListener('fluoro-error', ({ detail }) => errors.push(detail));
    await mount(model);
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(errors).toMatchObject([{ code: 'safetensors-invalid' }]);
  });
});

describe('loading="lazy", which is usual without a recording', () => {
  test('waits until the element comes near the screen', async () => {
    const above = document.createElement('div');
    above.style.height = '5000px';
    await mount(above);
    const asked = watchNetwork();
    const model = await mount(await prepareModel('induction', PROMPT));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([model.state, asked]).toEqual(['idle', []]);
    model.scrollIntoView();
    await until(() => model.state === 'ready' && model.trace);
    scrollTo(0, 0);
  });

  test('sees an element that leaves its layout to its parent', async () => {
    const model = await prepareModel('induction', PROMPT);
    model.style.display = 'contents';
    await mount(model);
    await until(() => model.state === 'ready' && model.trace);
  });

  test('with a recording waits for its picture too', async () => {
    const model = await recordedModel({ loading: 'lazy' });
    const states = statesOf(model);
    await mount(model);
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(states).toEqual(['loading', 'recorded', 'loading', 'ready', 'running', 'ready']);
  });
});

test('without WebGPU the recording stays, with a sentence', async () => {
  const model = await recordedModel({ device: undefined, loading: 'eager', reference: 'off' }, 'fluoro-heads');
  const asked = watchNetwork();
  withoutWebGpu();
  await mount(model);
  await until(() => model.shadowRoot!.textContent!.includes('no WebGPU'));
  expect(model.state).toBe('recorded');
  expect(textOf(part(model, 'status'))).toMatch(
    /^This browser offers no WebGPU\. .* What is shown is the recording\. /,
  );
  expect((await grid(model.querySelector('fluoro-heads')!, 'pattern')).rowCount).toBe(3);
  expect(weightsAsked(asked)).toEqual([]);
  await expectAccessible(model);
  vi.restoreAllMocks();
  model.device = await testDevice();
  await until(() => model.trace?.kind === 'live');
});

function isPainted(host: HTMLElement | null | undefined): boolean {
  const canvas = host?.shadowRoot?.querySelector('canvas');
  if (!canvas || canvas.width === 0) return false;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}

/** Where there is no WebGPU a small model runs in float64 on the CPU, in the same page. */
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { withinReach } from '../../components/model/within-reach';
import { loadReferenceModel, logitLens, readTrace, residualStreams, sharedDevice, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import {
  eventually,
  giveBackSharedDevice,
  recordingUrl,
  statesOf,
  watchNetwork,
  weightsAsked,
  withoutWebGpu,
} from './model-network';
import { expectAccessible, explanationOf, grid, mount, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b c a b';
const HEAD = 'blocks.1.attn.hook_z[head=0]:zero';

afterEach(() => vi.restoreAllMocks());

async function onCpu(change: Partial<FluoroModel> = {}, ...tags: string[]): Promise<FluoroModel> {
  const model = await prepareModel('induction', PROMPT, ...tags);
  await mount(Object.assign(model, { device: undefined, reference: 'only' }, change));
  await until(() => model.state === 'ready' && model.trace);
  return model;
}

describe('without WebGPU', () => {
  test('the page is live all the same, and says how', async () => {
    withoutWebGpu();
    const model = await onCpu({ reference: 'auto' }, 'fluoro-tokens', 'fluoro-heads');
    expect(model.trace!.kind).toBe('reference');
    expect(textOf(part(model, 'badge'))).toBe('CPU reference');
    expect(await explanationOf(model)).toMatch(
      /^The same program has just run in this page, step by step, in float64 on the CPU\. This browser offers no WebGPU\./,
    );
    expect(model.shadowRoot!.querySelector('[part="status"]')).toBeNull();
    expect((await grid(model.querySelector('fluoro-heads')!, 'pattern')).rowCount).toBe(6);
    await expectAccessible(model);
    model.prompt = '<bos> q r';
    await until(() => model.state === 'ready' && model.trace!.program.pos === 3);
  });

  test('a recording turns live on the CPU when the reader asks', async () => {
    withoutWebGpu();
    const model = await prepareModel('induction', PROMPT);
    await mount(Object.assign(model, { device: undefined, recording: await recordingUrl() }));
    await until(() => model.state === 'recorded');
    part(model, 'run').click();
    await until(() => model.state === 'ready' && model.trace?.kind === 'reference');
  });

  test('nothing of a model is run that is too large for it, none of its weights is fetched, and the sentence says so', async () => {
    withoutWebGpu();
    const asked = watchNetwork();
    const model = await prepareModel('induction', PROMPT);
    await mount(Object.assign(model, { device: undefined, referenceLimit: 1000 }));
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toMatch(
      /^This browser offers no WebGPU\. .* induction has 4\d,\d{3} weights, .* at most 1,000.* no-webgpu Try again$/,
    );
    expect(weightsAsked(asked)).toEqual([]);
  });

  test('a tied model has the weights that its card says, told as too many and run as few enough', async () => {
    const card = await (await fetch('/fixtures/shakespeare/card.json')).json();
    const parameters = card.results.parameters as number;
    await expect(loadReferenceModel('shakespeare', { maxWeights: parameters - 1 })).rejects.toThrow(
      `shakespeare has ${parameters.toLocaleString('en')} weights, and on the CPU it is given at most`,
    );
    const loaded = await loadReferenceModel('shakespeare', { maxWeights: parameters, worker: false });
    onTestFinished(() => loaded.dispose());
    const zeros = loaded.config.d_vocab_out; // GPT-2 has no bias of the logits: it is held as zeros.
    const runnable = withinReach(loaded, 2 * (parameters + zeros));
    await expect(runnable.run([1, 2, 3], {})).rejects.toThrow(
      'The prompt has 3 tokens, and on the CPU a pass of this model is given at most 2.',
    );
    (await runnable.run([1, 2], {})).dispose();
  });

  test('with reference="off" it is an error, and with a recording a sentence', async () => {
    withoutWebGpu();
    const asked = watchNetwork();
    const model = await prepareModel('induction', PROMPT);
    await mount(Object.assign(model, { device: undefined, reference: 'off' }));
    await until(() => model.state === 'error');
    expect(textOf(part(model, 'status'))).toMatch(/^This browser offers no WebGPU\..* no-webgpu Try again$/);
    expect(weightsAsked(asked)).toEqual([]);
  });

  test('with reference="off" and a recording it says so before anything is asked for', async () => {
    withoutWebGpu();
    const asked = watchNetwork();
    const model = await prepareModel('induction', PROMPT);
    await mount(
      Object.assign(model, { device: undefined, reference: 'off', loading: 'click', recording: await recordingUrl() }),
    );
    await until(() => /offers no WebGPU/.test(textOf(part(model, 'status'))));
    expect(textOf(part(model, 'status'))).toContain('What is shown is the recording.');
    expect(model.state).toBe('recorded');
    expect(weightsAsked(asked)).toEqual([]);
  });
});

test('no adapter is as good as no WebGPU', async () => {
  vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
  const model = await onCpu({ reference: 'auto' });
  expect(await explanationOf(model)).toContain('offers no adapter');
});

test('a device that is lost and lost again leaves the page to the CPU', { timeout: 200_000 }, async () => {
  const model = await onCpu({ reference: 'auto' });
  expect(model.trace!.kind).toBe('live');
  const states = statesOf(model);
  model.addEventListener('fluoro-state', async ({ detail }) => {
    if (detail === 'ready' && model.model?.kind === 'live') (await sharedDevice()).destroy();
  });
  (await sharedDevice()).destroy();
  model.prompt = '<bos> c d';
  await eventually(() => model.state === 'ready' && model.trace?.kind === 'reference');
  expect(model.trace!.program.pos).toBe(3);
  expect(states).not.toContain('error');
  expect(await explanationOf(model)).toContain('The GPU device was lost');
  model.remove();
  await giveBackSharedDevice();
});

describe('what has run on the CPU', () => {
  test('is the program in float64', async () => {
    const model = await onCpu();
    const exact = await (await fixtureModel('induction')).float64(PROMPT);
    const { data } = await model.trace!.read(model.trace!.program.output);
    expect([...data]).toEqual([...new Float32Array(exact.get(model.trace!.program.output)!)]);
  });

  test('can be edited, beside the same prompt unedited', async () => {
    const model = await onCpu({ edits: [HEAD] });
    expect([model.trace!.kind, model.clean!.kind]).toEqual(['reference', 'reference']);
    const { data } = await model.trace!.read('blocks.1.attn.hook_z', { head: 0 });
    expect(data.every((value) => value === 0)).toBe(true);
    const before = await model.clean!.read('blocks.1.attn.hook_z', { head: 0 });
    expect(before.data.some((value) => value !== 0)).toBe(true);
  });

  test('answers questions that need the model', async () => {
    const model = await onCpu({}, 'fluoro-lens');
    await grid(model.querySelector('fluoro-lens')!, 'map');
    const rows = await logitLens(model.model!, model.trace!, { at: residualStreams(model.model!).slice(-1) });
    expect(rows).toHaveLength(1);
    // The stream is read in f32, and the pass is in float64: its distance from itself is of that rounding, and no less than 0.
    for (const { kl } of rows[0]!.rows) expect([kl >= 0, kl < 1e-12]).toEqual([true, true]);
  });

  test('says of no shader that it ran', async () => {
    const model = await onCpu({}, 'fluoro-kernel');
    const kernel = model.querySelector('fluoro-kernel')!;
    await until(() => kernel.shadowRoot!.querySelectorAll('.line').length > 1);
    const [, title] = kernel.shadowRoot!.querySelectorAll('h3');
    expect(textOf(title!)).toBe('WGSL that a GPU would run');
    expect(part(kernel, 'source').ariaLabel).toBe('WGSL that a GPU would run');
    const said = textOf(kernel.shadowRoot!);
    expect(said).toContain(
      'The step’s float64 reference ran, on the CPU, and no shader: below is what a GPU would run.',
    );
    expect(said).not.toMatch(/which ran|as run/);
    const recorded = document.createElement('fluoro-kernel');
    recorded.trace = readTrace(await writeTrace(model.trace!));
    await mount(recorded);
    await until(() => recorded.shadowRoot!.querySelectorAll('.line').length > 1);
    expect(textOf(recorded.shadowRoot!)).toContain('No shader has run this step: below is what a GPU would run.');
  });

  test('is refused for a prompt that would take too long, and the last pass stays', async () => {
    const model = await onCpu({ referenceLimit: 500_000 });
    model.prompt = `<bos>${' a b'.repeat(10)}`;
    await until(() => model.shadowRoot!.querySelector('[part~="status"]'));
    expect(textOf(part(model, 'status'))).toMatch(/^The prompt has 21 tokens, and on the CPU .* given at most 1\d\. /);
    expect([model.state, model.trace!.program.pos]).toEqual(['ready', 6]);
  });

  test('shares one copy of the model', async () => {
    const first = await onCpu();
    const asked = watchNetwork();
    const second = await onCpu();
    expect(second.model).toBe(first.model);
    expect(weightsAsked(asked)).toEqual([]);
  });
});

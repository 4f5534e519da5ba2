import { beforeAll, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroNeurons, SelectEvent } from '../../components/index';
import { diverging } from '../../components/shared/colors';
import { formatShort, formatValue } from '../../components/shared/text';
import { loadModel, type Model, readTrace, type Trace, writeTrace } from '../../src/index';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { colorOf, expectAccessible, grid, mount, part, pixel, pointAt, textOf, until } from './mount';

const TOKENS = [3, 1, 4, 1, 5];
let model: Model;

beforeAll(async () => {
  model = await loadModel(tinyModel(), { device: await testDevice() });
});

async function mountNeurons(trace?: Trace): Promise<FluoroNeurons> {
  const neurons = document.createElement('fluoro-neurons');
  neurons.trace = trace ?? (await model.run(TOKENS));
  await mount(neurons);
  await grid(neurons, 'map');
  return neurons;
}

/** [position][neuron], and the neurons by their largest |activation|. */
async function activations(trace: Trace, layer: number) {
  const { data, shape } = await trace.read(`blocks.${layer}.mlp.hook_post`, { batch: 0 });
  const [pos, count] = shape as [number, number];
  const at = (neuron: number, p: number) => data[p * count + neuron]!;
  const peak = (neuron: number) => Math.max(...Array.from({ length: pos }, (_, p) => Math.abs(at(neuron, p))));
  const order = Array.from({ length: count }, (_, neuron) => neuron).sort((a, b) => peak(b) - peak(a));
  return { at, order, largest: peak(order[0]!) };
}

test('colours go by the finite activations, and what is none is named', async () => {
  const at = 'blocks.0.mlp.hook_post';
  const edits = [Number.NaN, Infinity].map(
    (value, pos) => ({ at, slice: { pos, neuron: 3 }, op: 'set', value }) as const,
  );
  const trace = await model.run(TOKENS, { edits });
  const neurons = await mountNeurons(trace);
  const { data } = await trace.read(at, { batch: 0 });
  const largest = Math.max(...Array.from(data).filter(Number.isFinite).map(Math.abs));
  const legend = [...neurons.shadowRoot!.querySelector('.legend')!.children].map(textOf);
  expect(legend).toEqual([`−${formatShort(largest)}`, '', formatShort(largest)]);
  const map = await grid(neurons, 'map');
  expect([0, 1].map((col) => pixel(map, { row: 0, col }))).toEqual([
    [0, 158, 30, 255],
    [255, 214, 0, 255],
  ]);
  pointAt(map, { row: 0, col: 0 });
  await neurons.updateComplete;
  expect(textOf(part(neurons, 'readout'))).toMatch(/^neuron 3 on .* \(0\), NaN /);
  trace.dispose();
});

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const neurons = await mountNeurons();
  neurons.style.cssText = 'color-scheme: light dark; background: light-dark(white, black)';
  await expectAccessible(neurons);
  await commands.colorScheme('light');
  neurons.trace!.dispose();
});

test('draws the most active neurons first, each activation in its colour', async () => {
  const neurons = await mountNeurons();
  const { at, order, largest } = await activations(neurons.trace!, 0);
  const map = await grid(neurons, 'map');
  expect([map.rowCount, map.colCount]).toEqual([24, TOKENS.length]);
  for (let row = 0; row < 24; row++) {
    for (let col = 0; col < TOKENS.length; col++) {
      const expected = colorOf(diverging, at(order[row]!, col), -largest, largest);
      expect(pixel(map, { row, col }), `neuron ${order[row]}, pos ${col}`).toEqual(expected);
    }
  }
  neurons.trace!.dispose();
});

test.each([
  ['3', 3],
  ['0', 1],
  ['-3', 1],
  ['2.5', 2],
  ['abc', 24],
  ['1e9', 65],
])('top=%j shows %d rows', async (top, rows) => {
  const neurons = document.createElement('fluoro-neurons');
  neurons.setAttribute('top', top);
  neurons.trace = await model.run(TOKENS);
  await mount(neurons);
  expect((await grid(neurons, 'map')).rowCount).toBe(rows);
  neurons.removeAttribute('top');
  await neurons.updateComplete;
  expect((await grid(neurons, 'map')).rowCount).toBe(24);
  neurons.trace!.dispose();
});

test.each([
  ['1', 1],
  ['9', 0],
  ['-1', 0],
  ['abc', 0],
])('layer=%j begins in layer %d', async (wanted, layer) => {
  const neurons = document.createElement('fluoro-neurons');
  neurons.setAttribute('layer', wanted);
  neurons.trace = await model.run(TOKENS);
  await mount(neurons);
  await grid(neurons, 'map');
  expect(textOf(part(neurons, 'readout'))).toContain(`blocks.${layer}.mlp.hook_post`);
  neurons.trace!.dispose();
});

test('says the value under the pointer, as the trace reads it', async () => {
  const neurons = await mountNeurons();
  const { at, order } = await activations(neurons.trace!, 0);
  pointAt(await grid(neurons, 'map'), { row: 5, col: 2 });
  await neurons.updateComplete;
  expect(textOf(part(neurons, 'readout'))).toBe(
    `neuron ${order[5]} on 4 (2), ${formatValue(at(order[5]!, 2))} blocks.0.mlp.hook_post · rows are neurons, columns positions`,
  );
  neurons.trace!.dispose();
});

test('a selected neuron colours the text', async () => {
  const neurons = await mountNeurons();
  const { at, order } = await activations(neurons.trace!, 0);
  const chosen: SelectEvent['detail'][] = [];
  neurons.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  const map = await grid(neurons, 'map');
  map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('ArrowDown');
  await until(() => textOf(neurons.shadowRoot!).includes(`Neuron ${order[1]} of layer 0 on the text`));
  expect(chosen).toEqual([{ neuron: order[1], pos: 4, query: 4, key: null }]);
  const values = [...part(neurons, 'text').querySelectorAll('small')].map((small) => small.textContent);
  expect(values).toEqual(TOKENS.map((_, p) => formatShort(at(order[1]!, p))));
  neurons.trace!.dispose();
});

test('any neuron of any layer can be chosen', async () => {
  const neurons = await mountNeurons();
  const trace = neurons.trace!;
  const [layer, input] = ['select', 'input'].map((tag) => neurons.shadowRoot!.querySelector<HTMLInputElement>(tag)!);
  layer!.value = '1';
  layer!.dispatchEvent(new Event('change'));
  await until(() => textOf(part(neurons, 'readout')).includes('blocks.1.mlp.hook_post'));
  const { at, order } = await activations(trace, 1);
  const quiet = order.at(-1)!;
  input!.value = String(quiet);
  input!.dispatchEvent(new Event('change'));
  await until(() => textOf(neurons.shadowRoot!).includes(`Neuron ${quiet} of layer 1 on the text`));
  expect(textOf(part(neurons, 'readout'))).toContain(`neuron ${quiet} on 5 (4), ${formatValue(at(quiet, 4))}`);
  trace.dispose();
});

test('a layer that the trace has no neurons of is said to be one', async () => {
  const neurons = await mountNeurons();
  expect(textOf(neurons.shadowRoot!)).not.toContain('this trace has none');
  neurons.layer = 7;
  await until(() => textOf(neurons.shadowRoot!).includes('(this trace has none of layer 7)'));
});

test('a recorded trace looks as the live one did', async () => {
  const neurons = await mountNeurons();
  const live = neurons.trace!;
  const before = (await grid(neurons, 'map')).canvas!.toDataURL();
  const text = textOf(neurons.shadowRoot!);
  neurons.trace = readTrace(await writeTrace(live));
  live.dispose();
  await neurons.settled();
  expect(textOf(neurons.shadowRoot!)).toBe(text);
  expect((await grid(neurons, 'map')).canvas!.toDataURL()).toBe(before);
});

test('an attention-only model has no neurons, and that is said', async () => {
  const trace = await (await fixtureModel('induction')).run('<bos> a b');
  const neurons = document.createElement('fluoro-neurons');
  neurons.trace = trace;
  await mount(neurons);
  expect(textOf(part(neurons, 'message'))).toBe(
    'This model has no neurons: it is attention-only, its layers have no MLP.',
  );
  trace.dispose();
});

test('a recording without activations says so, and without a trace too', async () => {
  const live = await model.run(TOKENS);
  const neurons = document.createElement('fluoro-neurons');
  await mount(neurons);
  expect(textOf(part(neurons, 'message'))).toMatch(/^Nothing to show/);
  neurons.trace = readTrace(await writeTrace(live, { hooks: ['hook_embed'] }));
  live.dispose();
  await neurons.updateComplete;
  expect(textOf(part(neurons, 'message'))).toBe('This trace holds no neuron activations (blocks.L.mlp.hook_post).');
});

/** Where an element's attributes have it begin is no choice: not of the reader, not of a link, however late it comes. */
import type { LitElement } from 'lit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FluoroCompare, FluoroHeads, type FluoroModel, FluoroNeurons } from '../../components/index';
import { readLink } from '../../components/model/link-state';
import { readHash } from '../../components/model/page-hash';
import { choose } from '../../components/shared/selection';
import { addressWritten as settled } from './model-network';
import { grid, mount, part, pointAt, prepareModel, textOf, until } from './mount';

const setHash = (hash: string) => history.replaceState(null, '', location.pathname + location.search + hash);

beforeEach(() => setHash(''));
afterEach(() => setHash(''));

let tags = 0;

/** An element that the page holds before its class is there. */
function later(base: CustomElementConstructor, attributes: Readonly<Record<string, string>>) {
  const tag = `x-later-${tags++}`;
  const element = document.createElement(tag) as LitElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  const upgrade = async () => {
    customElements.define(tag, class extends base {});
    await element.updateComplete;
  };
  return { element, upgrade };
}

async function ready(src: string, prompt: string, inside: Element, permalink: string | null = null) {
  const model = await prepareModel(src, prompt);
  const [choices, beginnings]: object[][] = [[], []];
  model.addEventListener('fluoro-select', ({ detail }) => choices!.push(detail));
  model.addEventListener('fluoro-begin', ({ detail }) => beginnings!.push(detail));
  model.append(inside);
  await mount(Object.assign(model, { permalink }));
  await until(() => model.state === 'ready' && model.trace);
  return { model, choices, beginnings };
}

const headOf = ({ selection: { layer, head } }: FluoroModel) => [layer, head];

test('an element begins where its attributes say, and nobody is told of a choice', async () => {
  const heads = Object.assign(document.createElement('fluoro-heads'), { layer: 1, head: 3 });
  const { model, choices, beginnings } = await ready('induction', '<bos> a b a', heads, 'm');
  expect(headOf(model)).toEqual([1, 3]);
  expect([choices, beginnings]).toEqual([[], [{ layer: 1, head: 3 }]]);
  await settled();
  expect(location.hash).toBe('');
  pointAt(await grid(heads, 'grid'), { row: 0, col: 2 }, 'click');
  expect(headOf(model)).toEqual([0, 2]);
  expect(choices).toEqual([{ layer: 0, head: 2 }]);
  await settled();
  expect(readLink(readHash('m')!).selection).toMatchObject({ layer: 0, head: 2 });
});

test('one that comes after the trace begins there too, and leaves the address as it was', async () => {
  const { element, upgrade } = later(FluoroHeads, { layer: '1', head: '3' });
  const { model, choices } = await ready('induction', '<bos> a b a', element, 'm');
  expect(headOf(model)).toEqual([0, 0]);
  await upgrade();
  expect(headOf(model)).toEqual([1, 3]);
  expect(choices).toEqual([]);
  await until(() => element.shadowRoot!.querySelector('[part~="readout"]'));
  expect(textOf(part(element, 'readout'))).toContain('blocks.1.attn.hook_pattern · head 3');
  await settled();
  expect(location.hash).toBe('');
});

test('one that comes after the reader’s choice leaves it, and begins in what was not chosen', async () => {
  const { element, upgrade } = later(FluoroHeads, { layer: '1', head: '3' });
  const { model } = await ready('induction', '<bos> a b a', element, 'm');
  model.select({ head: 2, pos: 1 });
  const { selection } = model;
  await upgrade();
  expect(model.selection).toEqual({ ...selection, layer: 1 });
  expect(selection).toMatchObject({ layer: 0, head: 2, pos: 1 });
});

test('one that comes after a link has restored its selection does not override it', async () => {
  const link = { prompt: '<bos> a b a', select: { layer: 0, head: 2 } };
  setHash(`#m=${encodeURIComponent(JSON.stringify(link))}`);
  const before = location.hash;
  const { element, upgrade } = later(FluoroHeads, { layer: '1', head: '3' });
  const { model } = await ready('induction', '<bos> a b a', element, 'm');
  await upgrade();
  await settled();
  expect(headOf(model)).toEqual([0, 2]);
  expect(location.hash).toBe(before);
  const other = Object.assign(document.createElement('fluoro-compare') as FluoroCompare, { tensor: 'hook_embed' });
  model.append(other);
  await other.updateComplete;
  expect(model.selection.tensor).toBeNull();
});

test('a neuron that was chosen keeps its layer, whoever begins later', async () => {
  const { element, upgrade } = later(FluoroNeurons, { layer: '1' });
  const { model } = await ready('shakespeare', 'To be', element);
  model.select({ neuron: 7 });
  await upgrade();
  expect(model.selection).toMatchObject({ layer: 0, neuronLayer: null, neuron: 7 });
});

test('neurons begin in a layer of their own, beside heads that begin in another', async () => {
  const neurons = Object.assign(document.createElement('fluoro-neurons'), { layer: 1 });
  const { model } = await ready('shakespeare', 'To be', neurons);
  const heads = Object.assign(document.createElement('fluoro-heads'), { layer: 2 });
  model.append(heads);
  await heads.updateComplete;
  expect(model.selection).toMatchObject({ layer: 2, neuronLayer: 1 });
  pointAt(await grid(heads, 'grid'), { row: 0, col: 1 }, 'click');
  expect(model.selection).toEqual(choose(model.selection, { layer: 0, head: 1 }));
  expect(model.selection.neuronLayer).toBeNull();
});

test('another value of the attribute, later, is the page’s choice', async () => {
  const heads = Object.assign(document.createElement('fluoro-heads'), { layer: 1 });
  const { model, choices } = await ready('induction', '<bos> a b a', heads);
  heads.layer = 0;
  await heads.updateComplete;
  expect(headOf(model)).toEqual([0, 0]);
  expect(choices).toEqual([{ layer: 0 }]);
});

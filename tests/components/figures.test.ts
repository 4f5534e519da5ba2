/** Every component's table and picture: what they hold, and that they can be reached and read. */
import { csvParse } from 'd3-dsv';
import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroModel } from '../../components/index';
import { readFormation, readRecovery } from '../../src/index';
import { expectAccessible, mount, mountModel, openMenu, openTable, part, savedFile, textOf, until } from './mount';

const PROMPT = 'To be, or';

type Rows = readonly Readonly<Record<string, string>>[];

async function mountOne(tag: string): Promise<{ model: FluoroModel; element: HTMLElement }> {
  const model = await mountModel('shakespeare', PROMPT, tag);
  const element = model.querySelector<HTMLElement & { settled(): Promise<void> }>(tag)!;
  element.style.cssText = 'width: 700px; color-scheme: light dark; background: light-dark(white, #15191d)';
  await until(() => element.shadowRoot!.querySelector('[part="actions-button"]'));
  await element.settled();
  return { model, element };
}

async function csvOf(element: HTMLElement): Promise<Rows> {
  return csvParse(await (await savedFile(element, 'csv')).content.text());
}

async function svgOf(element: HTMLElement): Promise<Document> {
  const text = await (await savedFile(element, 'svg')).content.text();
  return new DOMParser().parseFromString(text, 'image/svg+xml');
}

function texts(svg: Document): string[] {
  return [...svg.querySelectorAll('text')].map((text) => text.textContent!);
}

beforeEach(() => commands.media('screen', { 'prefers-color-scheme': 'light' }));

describe.each(['fluoro-neurons', 'fluoro-lens', 'fluoro-attribution', 'fluoro-tokens', 'fluoro-explain'])(
  '<%s>',
  (tag) => {
    test.each(['light', 'dark'])('is accessible with its table open in %s', async (scheme) => {
      await commands.media('screen', { 'prefers-color-scheme': scheme });
      const { element } = await mountOne(tag);
      const box = await openTable(element);
      expect(box.querySelectorAll('tbody tr').length).toBeGreaterThan(0);
      await expectAccessible(element);
      await openMenu(element);
      await expectAccessible(element);
    });

    test('its picture is a drawing of text and boxes in the page’s colours', async () => {
      const { element } = await mountOne(tag);
      const svg = await svgOf(element);
      expect(svg.querySelector('parsererror, script, foreignObject')).toBeNull();
      expect(texts(svg).length).toBeGreaterThan(8);
      expect(svg.querySelectorAll('rect').length).toBeGreaterThan(4);
      const { width, height } = svg.documentElement as unknown as SVGSVGElement;
      for (const text of svg.querySelectorAll('text')) {
        const [x, y] = [Number(text.getAttribute('x')), Number(text.getAttribute('y'))];
        const [, , , , e = 0, f = 0] = (text.getAttribute('transform')?.match(/-?[\d.]+/g) ?? []).map(Number);
        expect(
          [x + e >= 0 && x + e <= width.baseVal.value, y + f >= 0 && y + f <= height.baseVal.value],
          text.textContent!,
        ).toEqual([true, true]);
      }
    });
  },
);

describe('its picture says what its colours mean', () => {
  const legendsOf = (element: HTMLElement) =>
    Array.from(element.shadowRoot!.querySelectorAll<HTMLElement>('.legend, [part~="legend"]'), (one) =>
      bare(one.innerText),
    );
  /** Without spaces, for a drawing's lines are broken elsewhere. */
  const bare = (text: string) => text.replaceAll(/\s/g, '');

  test.each([
    ['fluoro-heads', 1, 'Attention of layer 0, head 0: a row per query, a column per key'],
    ['fluoro-neurons', 1, 'Activations of layer 0: a row per neuron, a column per token'],
    ['fluoro-lens', 1, 'Logit lens, Probability of the next token: a row per residual stream, a column per token'],
    ['fluoro-residual', 1, 'The length: a row per stream and write, a column per token'],
    ['fluoro-attribution', 0, 'Parts of the logit'],
    ['fluoro-explain', 0, 'Addends, the largest first'],
  ])('<%s>', async (tag, ramps, measure) => {
    const { element } = await mountOne(tag);
    if (ramps > 0) await until(() => element.shadowRoot!.querySelector('.legend'));
    const legends = legendsOf(element);
    expect(legends.length).toBeGreaterThan(0);
    const svg = await svgOf(element);
    const said = bare(texts(svg).join(''));
    for (const legend of legends) expect(said).toContain(legend);
    expect(svg.querySelectorAll('linearGradient')).toHaveLength(ramps);
    expect(said).toContain(bare(measure));
    expect(said).not.toContain('inthelist');
  });

  test('of the map that it stands nearest to: above it, below its name', async () => {
    const { element } = await mountOne('fluoro-residual');
    await until(() => element.shadowRoot!.querySelector('.legend'));
    const written = [...(await svgOf(element)).querySelectorAll(':scope > text')];
    const at = (start: string) => written.findIndex((text) => text.textContent!.startsWith(start));
    const [path, key, map] = [at('The residual stream'), at('attention'), at('The length')];
    const scale = written.findIndex((text) => text.textContent!.endsWith(', logarithmic'));
    expect([path, key, map, scale].every((one) => one >= 0)).toBe(true);
    expect([path, key, map, scale]).toEqual([path, key, map, scale].toSorted((one, other) => one - other));
  });

  test('a line is broken as it is on the page', async () => {
    const { element } = await mountOne('fluoro-residual');
    const svg = await svgOf(element);
    expect(svg.querySelectorAll(':scope > path[stroke-dasharray="2 2"]').length).toBe(1);
  });

  test('in the measure that is chosen', async () => {
    const { element } = await mountOne('fluoro-lens');
    Object.assign(element, { measure: 'entropy' });
    await until(() => element.shadowRoot!.querySelector('.legend')!.textContent!.includes('nats'));
    const said = texts(await svgOf(element));
    expect(said.join(' ')).toContain('Logit lens, Entropy');
    expect(said).toEqual(expect.arrayContaining(['0', expect.stringMatching(/nats$/)]));
  });

  test('of both sides and of their difference', async () => {
    const model = await mountModel('shakespeare', PROMPT, 'fluoro-compare');
    model.edits = ['blocks.1.attn.hook_z[head=0]:zero'];
    const element = model.querySelector('fluoro-compare')!;
    await until(() => element.shadowRoot!.querySelectorAll('.legend').length === 3);
    const svg = await svgOf(element);
    expect(svg.querySelectorAll('linearGradient')).toHaveLength(3);
    const said = bare(texts(svg).join(''));
    for (const legend of legendsOf(element)) expect(said).toContain(legend);
  });
});

describe('the numbers are those of the pass', () => {
  test('neurons', async () => {
    const { model, element } = await mountOne('fluoro-neurons');
    const { data, shape } = await model.trace!.read('blocks.0.mlp.hook_post', { batch: 0 });
    const rows = await csvOf(element);
    expect(rows).toHaveLength(24 * shape[0]!);
    for (const { neuron, pos, activation } of rows) {
      expect(Math.fround(Number(activation))).toBe(data[Number(pos) * shape[1]! + Number(neuron)]);
    }
  });

  test('tokens', async () => {
    const { model, element } = await mountOne('fluoro-tokens');
    const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
    const rows = await csvOf(element);
    expect(rows).toHaveLength(8);
    for (const { id, logit } of rows) expect(Math.fround(Number(logit))).toBe(data[Number(id)]);
    expect(Number(rows[0]!.logit)).toBe(Math.max(...data));
  });

  test('lens', async () => {
    const { model, element } = await mountOne('fluoro-lens');
    const { labels } = model.trace!;
    const rows = await csvOf(element);
    expect(rows).toHaveLength(9 * labels[0]!.length);
    for (const { probability, rank } of rows) {
      expect(Number(probability)).toBeGreaterThan(0);
      expect(Number(probability)).toBeLessThanOrEqual(1);
      expect(Number.isInteger(Number(rank))).toBe(true);
    }
  });

  test('attribution', async () => {
    const { model, element } = await mountOne('fluoro-attribution');
    const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
    const rows = await csvOf(element);
    const sum = rows.reduce((total, { logits }) => total + Number(logits), 0);
    expect(sum).toBeCloseTo(Math.max(...data), 3);
  });

  test('explain', async () => {
    const { element } = await mountOne('fluoro-explain');
    const rows = await csvOf(element);
    const addends = rows.filter(({ addend }) => addend !== 'none');
    expect(addends.length).toBeGreaterThan(64);
    expect(Number(addends.at(-1)!['running sum'])).toBeCloseTo(
      [...new Map(addends.map((row) => [row.addend, Number(row['addend’s value'])])).values()].reduce(
        (a, b) => a + b,
        0,
      ),
      5,
    );
  });

  test('program', async () => {
    const { model, element } = await mountOne('fluoro-program');
    const { steps } = model.trace!.program;
    const rows = await csvOf(element);
    expect(rows.map(({ kernel }) => kernel)).toEqual(steps.map(({ kernel }) => kernel));
    const items = await openMenu(element);
    expect(items.map(({ dataset }) => dataset.action)).toEqual(['png', 'svg', 'csv', 'json', 'trace']);
  });

  test('kernel', async () => {
    const { element } = await mountOne('fluoro-kernel');
    const rows = await csvOf(element);
    expect(rows.map(({ access }) => access)).toContain('writes');
    expect((await savedFile(element, 'csv')).name).toBe('shakespeare-kernel-step0.csv');
  });

  test('algorithm: the spectra, each with all of its power', async () => {
    const algorithm = document.createElement('fluoro-algorithm');
    const text = await (await fetch('/fixtures/modular-addition/recovery.json')).text();
    algorithm.recovery = readRecovery(text);
    await mount(algorithm);
    await algorithm.settled();
    const rows = await csvOf(algorithm);
    for (const name of ['spectrum: Embedding', 'spectrum: Readout']) {
      const shares = rows.filter(({ figure }) => figure === name).map(({ value }) => Number(value));
      expect(shares).toHaveLength(56);
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    expect(texts(await svgOf(algorithm)).join(' ')).toContain('at the key frequencies');
  });

  test('formation: every checkpoint', async () => {
    const element = document.createElement('fluoro-formation');
    const text = await (await fetch('/fixtures/modular-addition/formation.json')).text();
    element.formation = readFormation(text);
    await mount(element);
    const rows = await csvOf(element);
    expect(rows.map(({ step }) => Number(step))).toEqual(element.formation.rows.map(({ step }) => step));
    expect(Number(rows[0]!['clean, test: loss'])).toBe(element.formation.rows[0]!.clean.test!.loss);
    const svg = await svgOf(element);
    expect(svg.querySelectorAll('path').length).toBeGreaterThan(6);
  });
});

test('components that have their own ways to save have no menu', async () => {
  const model = await mountModel('induction', '<bos> a b', 'fluoro-buffer');
  const buffer = model.querySelector('fluoro-buffer')!;
  await until(() => buffer.shadowRoot!.querySelector('[part="statistics"]'));
  expect(buffer.shadowRoot!.querySelector('[part="actions-button"]')).toBeNull();
  expect(textOf(part(buffer, 'table'))).toContain('as a table');
});

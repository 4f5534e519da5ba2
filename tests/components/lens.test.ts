import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroLens, FluoroModel, SelectEvent } from '../../components/index';
import { sequential } from '../../components/shared/colors';
import { formatPercent, formatValue, visibleToken } from '../../components/shared/text';
import { type LensRow, type Model, readTrace, type Trace, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import {
  colorOf,
  expectAccessible,
  grid,
  mount,
  mountModel,
  openTable,
  part,
  pixel,
  pointAt,
  textOf,
  until,
} from './mount';

const PROMPT = 'To be, or not to be';

async function mountLens(fixture: Fixture, prompt: string, ...siblings: string[]) {
  const model = await mountModel(fixture, prompt, 'fluoro-lens', ...siblings);
  model.style.width = '900px';
  const lens = model.querySelector('fluoro-lens')!;
  const map = await grid(lens, 'map');
  await lens.settled();
  return { model, lens, map };
}

function softmax(logits: ArrayLike<number>): number[] {
  const weights = Array.from(logits, Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Logits by hand: a vector in the residual stream, normalized with a given scale or not, through W_U and b_U. */
async function unembed(model: Model, stream: Float32Array, scale: number | null): Promise<number[]> {
  const [{ data: W_U }, { data: b_U }] = await Promise.all([model.weight('unembed.W_U'), model.weight('unembed.b_U')]);
  const mean = stream.reduce((sum, value) => sum + value, 0) / stream.length;
  const read = Array.from(stream, (value) => (scale === null ? value : (value - mean) / scale));
  return Array.from(b_U, (bias, id) => read.reduce((sum, value, i) => sum + value * W_U[i * b_U.length + id]!, bias));
}

/** The likeliest tokens as the list shows them. */
const listed = (lens: FluoroLens) => [...part(lens, 'top').querySelectorAll('li')].map(textOf);
const readout = (lens: FluoroLens) => textOf(part(lens, 'readout'));

async function chooseMeasure(lens: FluoroLens, measure: string): Promise<void> {
  const select = part(lens, 'controls').querySelector('select')!;
  select.value = measure;
  select.dispatchEvent(new Event('change'));
  await lens.updateComplete;
  await (await grid(lens, 'map')).updateComplete;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible', async () => {
    await commands.colorScheme(scheme);
    const { model } = await mountLens('shakespeare', PROMPT);
    model.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
    await expectAccessible(model);
  });

  test('the last row has the colours of the probabilities that the logits give to the next tokens', async () => {
    await commands.colorScheme(scheme);
    const { model, map } = await mountLens('shakespeare', PROMPT);
    model.style.colorScheme = 'light dark';
    const trace = model.trace!;
    const tokens = trace.tokens[0]!;
    const corner = (pos: number) => pixel(map, { row: 8, col: pos }, 0.03, 0.06);
    for (const pos of tokens.keys()) {
      const { data } = await trace.read('unembed.hook_out', { batch: 0, pos });
      const shares = softmax(data);
      const share = pos < tokens.length - 1 ? shares[tokens[pos + 1]!]! : Math.max(...shares);
      const expected = colorOf(sequential, share, 0, 1, scheme);
      await until(() => corner(pos).join() === expected.join());
    }
  });
});

/** As the table has them. */
async function streamsOf(lens: FluoroLens): Promise<string[]> {
  const box = await openTable(lens);
  return [...new Set([...box.querySelectorAll('tbody th')].map(textOf))];
}

test('a row is a residual stream, in the order of computation, with its short name', async () => {
  const { lens, map } = await mountLens('shakespeare', PROMPT);
  const streams = ['0 pre', ...[0, 1, 2, 3].flatMap((layer) => [`${layer} mid`, `${layer} post`])];
  expect(await streamsOf(lens)).toEqual(streams);
  for (const [row, label] of streams.entries()) {
    pointAt(map, { row, col: 2 });
    await lens.updateComplete;
    expect(readout(lens)).toMatch(new RegExp(`^From ${label} at , \\(pos 2\\)`));
    expect(readout(lens)).toContain(`blocks.${label.replace(' ', '.hook_resid_')}`);
  }
});

test('where the logits are NaN it says so, of that cell and of the end', async () => {
  const { model, lens, map } = await mountLens('shakespeare', 'I pray you, I pray ha ha ha ha ha ha ha ha ha');
  model.edits = ['blocks.1.attn.hook_z[head=0]:scale=1e38'];
  await until(() => model.trace?.program.pos === map.colCount && lens.shadowRoot!.querySelector('.stale') === null);
  await until(() =>
    readout(lens).includes('The logits here hold NaN or infinities: nothing can be said of the next token.'),
  );
  const last = { row: map.rowCount - 1, col: map.colCount - 1 };
  await map.updateComplete;
  expect(pixel(map, last, 0.05, 0.1)).toEqual([0, 158, 30, 255]);
  expect(textOf(map.shadowRoot!.querySelector('[role="gridcell"]')!)).toContain(`(${last.col}): NaN, entropy NaN nats`);
  expect(textOf(part(lens, 'top'))).toBe('It would answer NaN');
  pointAt(map, { row: 0, col: last.col });
  await lens.updateComplete;
  expect(readout(lens)).toContain('In the end the logits hold NaN or infinities: the model has no answer.');
  expect(listed(lens)).toHaveLength(5);
});

test('the last row is what the pass itself answers, and the last position follows its first choice', async () => {
  const { model, lens } = await mountLens('shakespeare', PROMPT);
  const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
  const shares = softmax(data);
  const order = Array.from(data, (_, id) => id).sort((a, b) => data[b]! - data[a]!);
  const text = (id: number) => visibleToken(model.model!.tokenizer!.token(id));
  expect(listed(lens)).toEqual(
    order.slice(0, 5).map((id) => `${text(id)} ${formatPercent(shares[id]!)} ${formatValue(data[id]!)}`),
  );
  const [first] = order;
  const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
  expect(readout(lens)).toContain(`The model's own answer, ${text(first!)} (id ${first}), is the first choice from`);
  expect(readout(lens)).toContain(`its probability ${formatPercent(shares[first!]!)} its rank 0`);
  expect(readout(lens)).toContain(`entropy ${formatValue(entropy)} nats KL to the end 0 nats`);
});

test.each([
  ['modular-addition', '12 34 =', '0 mid', 'blocks.0.hook_resid_mid', false],
  ['induction', '<bos> z e T g D 2 0 P k W z e T g D 2', '0 post', 'blocks.0.hook_resid_post', true],
] as const)('an earlier row of %s is its stream, unembedded by hand', async (fixture, prompt, label, name, frozen) => {
  const { model, lens, map } = await mountLens(fixture, prompt);
  const normalized = part(lens, 'controls').querySelector('input');
  expect(normalized !== null).toBe(frozen);
  const data = (lens as unknown as { data: object }).data;
  normalized?.click();
  await until(() => !frozen || ((lens as unknown as { data: object }).data !== data && lens.hasAttribute('frozen')));
  const trace = model.trace!;
  const pos = trace.program.pos - 1;
  const stream = (await trace.read(name, { batch: 0, pos })).data;
  const scale = frozen ? (await trace.read('ln_final.hook_scale', { batch: 0, pos })).data[0]! : null;
  const logits = await unembed(await fixtureModel(fixture), stream, scale);
  const shares = softmax(logits);
  const final = (await trace.read('unembed.hook_out', { batch: 0, pos })).data;
  const followed = final.indexOf(Math.max(...final));
  pointAt(map, { row: 1, col: pos });
  await lens.updateComplete;
  expect(readout(lens)).toContain(`From ${label} at`);
  const best = logits.indexOf(Math.max(...logits));
  expect(listed(lens)[0]).toMatch(
    new RegExp(`^${model.model!.tokenizer!.token(best)} ${formatPercent(shares[best]!)} `),
  );
  const rank = logits.filter((logit) => logit > logits[followed]!).length;
  expect(readout(lens)).toContain(`its probability ${formatPercent(shares[followed]!)} its rank ${rank}`);
  const ends = softmax(final);
  const kl = ends.reduce((sum, share, id) => sum + (share > 0 ? share * Math.log(share / shares[id]!) : 0), 0);
  const shown = Number(/KL to the end ([\d.]+) nats/.exec(readout(lens))![1]);
  expect(Math.abs(shown - kl) <= 1e-3 * kl).toBe(true);
});

test('each measure has its colours and its ends, and ranks go by their logarithm', async () => {
  const { lens, map } = await mountLens('shakespeare', PROMPT);
  const ends = () => textOf(lens.shadowRoot!.querySelector('.legend')!);
  const { streams } = (lens as unknown as { data: { streams: { cells: LensRow[] }[] } }).data;
  const cell = { row: 3, col: 1 };
  const { followed, entropy, kl } = streams[3]!.cells[1]!;
  const shown = () => pixel(map, cell, 0.03, 0.06);
  expect(ends()).toBe('01');
  expect(shown()).toEqual(colorOf(sequential, followed!.probability, 0, 1));
  await chooseMeasure(lens, 'rank');
  expect(ends()).toBe('rank 1023rank 0');
  expect(shown()).toEqual(colorOf(sequential, -Math.log1p(followed!.rank), -Math.log(1024), 0));
  await chooseMeasure(lens, 'entropy');
  expect(ends()).toBe('06.93 nats');
  expect(shown()).toEqual(colorOf(sequential, entropy, 0, Math.log(1024)));
  await chooseMeasure(lens, 'kl');
  const most = Math.max(...streams.flatMap(({ cells }) => cells.map((one) => one.kl)));
  expect(ends()).toBe(`0${most.toFixed(2)} nats`);
  expect(shown()).toEqual(colorOf(sequential, kl, 0, most));
});

test('what is no next token that the model can answer is left empty', async () => {
  const { lens, map } = await mountLens('modular-addition', '12 34 =');
  expect(pixel(map, { row: 0, col: 1 }, 0.03, 0.06)).toEqual([0, 0, 0, 0]);
  pointAt(map, { row: 2, col: 1 });
  await lens.updateComplete;
  expect(readout(lens)).toContain('Its next token, =, is none that the model can answer. its probability – its rank –');
});

test('shares the position, and keeps its row', async () => {
  const { model, lens, map } = await mountLens('shakespeare', PROMPT, 'fluoro-tokens');
  const chosen: SelectEvent['detail'][] = [];
  lens.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  pointAt(map, { row: 2, col: 3 }, 'click');
  expect(chosen).toEqual([{ pos: 3, query: 3, key: null }]);
  await until(() => readout(lens).startsWith('From 0 post at ·or (pos 3)'));
  const tokens = model.querySelector('fluoro-tokens')!;
  const chip = (pos: number) => tokens.shadowRoot!.querySelectorAll<HTMLElement>('[role="option"]')[pos]!;
  await until(() => chip(3).ariaSelected === 'true');
  chip(1).click();
  await until(() => readout(lens).startsWith('From 0 post at ·be (pos 1)'));
  pointAt(map, { row: 5, col: 4 });
  await until(() => chip(4).classList.contains('over') && readout(lens).startsWith('From 2 mid at ·not (pos 4)'));
  pointAt(map, null);
  await until(() => readout(lens).startsWith('From 0 post at ·be (pos 1)'));
});

test('the arrow keys move through streams and positions', async () => {
  const { lens, map } = await mountLens('shakespeare', PROMPT);
  map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('ArrowUp');
  await commands.press('Home');
  await commands.press('ArrowRight');
  await until(() => readout(lens).startsWith('From 3 mid at ·be (pos 1)'));
  const cell = map.shadowRoot!.querySelector('[role="gridcell"]')!;
  await until(() => textOf(cell).startsWith('3 mid at ·be (1): '));
  expect(textOf(cell)).toMatch(/next , [<\d. ]+%, rank \d+, entropy [\d.]+ nats, KL [\d.e−]+ nats$/);
});

test('keeps the old map, and says that it works, until the new one has come', async () => {
  const { model, lens } = await mountLens('shakespeare', PROMPT);
  const working = () => textOf(lens.shadowRoot!.querySelector('.working')!);
  expect(working()).toBe('');
  const seen = new Set<string>();
  const look = () => `${working()} ${part(lens, 'map').parentElement!.className}`.trim();
  const observer = new MutationObserver(() => seen.add(look()));
  observer.observe(lens.shadowRoot!, { subtree: true, childList: true, characterData: true, attributes: true });
  model.prompt = 'ROMEO:';
  await until(() => working() === '' && readout(lens).includes('(pos 1)'));
  observer.disconnect();
  expect(seen).toEqual(new Set(['working… stale', '']));
  expect(look()).toBe('');
});

test('a newer prompt takes the place of the older one, without an error between', async () => {
  const { model, lens } = await mountLens('shakespeare', PROMPT);
  const seen: (string | null)[] = [];
  for (const prompt of ['To', 'To be', 'To be,', 'To be, or', 'O Romeo, Romeo']) {
    model.prompt = prompt;
    await new Promise((resolve) => setTimeout(resolve, 30));
    seen.push(lens.shadowRoot!.querySelector('[part="message"]')?.textContent ?? null);
  }
  const labels = model.model!.tokenizer!.encode('O Romeo, Romeo').length;
  await until(() => model.trace!.program.pos === labels && lens.shadowRoot!.querySelector('.stale') === null);
  await until(() => part(lens, 'map').shadowRoot!.querySelector('[role="grid"]')!.ariaColCount === String(labels + 1));
  expect(seen).toEqual([null, null, null, null, null]);
});

describe('where there is nothing to draw', () => {
  const message = (lens: FluoroLens) => textOf(part(lens, 'message'));

  test('says so without a trace', async () => {
    const lens = await mount(document.createElement('fluoro-lens'));
    expect(message(lens)).toBe('Nothing to show: put this element into a <fluoro-model>, or set its trace property.');
    await expectAccessible(lens);
  });

  test('says of a recorded trace that it takes the model, and is no error', async () => {
    const model = await fixtureModel('induction');
    const live: Trace = await model.run('<bos> a b');
    const lens = document.createElement('fluoro-lens');
    lens.trace = readTrace(await writeTrace(live));
    live.dispose();
    await mount(lens);
    await until(() => message(lens).startsWith('This is worked out with the model itself'));
    expect(part(lens, 'message').role).toBeNull();
    expect(part(lens, 'message').className).toBe('notice');
    await expectAccessible(lens);
  });
});

test('without MLPs there are no streams between them, without layernorm nothing to freeze', async () => {
  const rows = async (fixture: Fixture, prompt: string): Promise<[FluoroModel, string[]]> => {
    const { model, lens } = await mountLens(fixture, prompt);
    return [model, await streamsOf(lens)];
  };
  const [attentionOnly, its] = await rows('induction', '<bos> a');
  expect(its).toEqual(['0 pre', '0 post', '1 post']);
  attentionOnly.remove(); // The next one loads when it is in sight.
  const [model, streams] = await rows('modular-addition', '12 34 =');
  expect(streams).toEqual(['0 pre', '0 mid', '0 post']);
  expect(part(model.querySelector('fluoro-lens')!, 'controls').querySelector('input')).toBeNull();
});

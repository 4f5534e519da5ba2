import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroFormation } from '../../components/index';
import type { Formation, FormationRow } from '../../src/index';
import { expectAccessible, mount, mountModel, part, textOf, until } from './mount';

const scores = (train: number, test: number) => ({
  all: { loss: train, accuracy: 0.5 },
  train: { loss: train, accuracy: 1 },
  test: { loss: test, accuracy: 0.25 },
});
const row = (step: number, change: Partial<FormationRow> = {}): FormationRow => ({
  step,
  clean: scores(1, 10),
  restricted: scores(2, 1),
  excluded: scores(0.1, 3),
  gini: 0.5,
  embeddingShare: 0.25,
  tuned: 4,
  tunedToKeys: 3,
  ...change,
});
const formation: Formation = {
  format: 'fluoroscope-formation/1',
  ...{ model: 'modular-addition', weightsHash: 'hash', adapter: 'somewhere' },
  ...{ modulus: 113, frequencies: [11, 38], neurons: 16, clean: 0.85, flops: 1e9 },
  rows: [row(0), row(500), row(2000, { clean: scores(1e-6, 0.001), gini: 0.75 })],
};

async function mountRows(change: Partial<FluoroFormation>): Promise<FluoroFormation> {
  const element = Object.assign(document.createElement('fluoro-formation'), change);
  element.style.cssText = 'width: 900px; color-scheme: light dark; background: light-dark(white, black)';
  return mount(element);
}

const file = (text: string) => URL.createObjectURL(new Blob([text]));

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('rows are drawn, said and tabled, and accessible', async () => {
    await commands.colorScheme(scheme);
    const element = await mountRows({ formation });
    expect(textOf(part(element, 'origin'))).toBe('recorded');
    const said = textOf(part(element, 'readout'));
    expect(said).toContain('After 2,000 steps the loss is 0.000001000 nats on the pairs of training (100.0% right)');
    expect(said).toContain('key frequencies (11, 38) it is 1.000 on the others; with these excluded, 0.1000');
    const rows = [...part(element, 'table').querySelectorAll('tbody tr')].map((one) =>
      [...(one as HTMLTableRowElement).cells].map(textOf),
    );
    expect(rows[1]!.join(' ')).toBe('500 1.000 10.00 100.0% 25.0% 1.000 0.1000 0.500 4 3');
    element.shadowRoot!.querySelector('details')!.open = true;
    await expectAccessible(element);
  });
});

test('the slider goes from checkpoint to checkpoint by keyboard', async () => {
  const element = await mountRows({ formation });
  const slider = part<HTMLInputElement>(element, 'slider');
  slider.focus();
  await commands.press('ArrowLeft');
  await until(() => textOf(part(element, 'readout')).startsWith('After 500 steps'));
  expect(slider.getAttribute('aria-valuetext')).toBe('step 500');
  await commands.press('Home');
  await until(() => textOf(part(element, 'readout')).startsWith('After 0 steps'));
  expect(element.shadowRoot!.querySelectorAll('.dot.active')).toHaveLength(4 + 3);
});

test('a mark lies where its step and its loss are, the denser curve behind', async () => {
  const curve = [0, 1000, 4000].map((step) => ({ step, train_loss: 1, test_loss: 100 }));
  const element = await mountRows({ formation, history: file(JSON.stringify({ curve })) });
  await until(() => element.shadowRoot!.querySelector('path.dense'));
  const dots = [...element.shadowRoot!.querySelectorAll<HTMLElement>('[part~="plot"]:first-child .dot.look-1')];
  // Losses lie between 1e−6 and 1e2, steps between 0 and 4000.
  expect(dots.map(({ style }) => [style.left, style.bottom].map(Number.parseFloat))).toEqual([
    [0, 87.5],
    [12.5, 87.5],
    [50, 37.5],
  ]);
  expect(element.shadowRoot!.querySelector('path.dense.look-1')!.getAttribute('d')).toBe(
    'M0.00 0.00L25.00 0.00L100.00 0.00',
  );
});

test.each([
  ['{"format": "other"}', 'of the format "fluoroscope-formation/1", and its format is "other"; write it again.'],
  ['no', 'is not valid JSON'],
])('rows that are %s are refused in one sentence', async (text, sentence) => {
  const element = await mountRows({ src: file(text) });
  await until(() => element.shadowRoot!.querySelector('[part="error"]'));
  expect(textOf(part(element, 'error'))).toContain(sentence);
  await expectAccessible(element);
});

test('without rows and without files it says so', async () => {
  const element = await mountRows({});
  expect(textOf(part(element, 'message'))).toMatch(/^Nothing to show: give it rows/);
  await expectAccessible(element);
});

describe('measuring here', () => {
  async function press(files: string, src = 'modular-addition', prompt = '1 2 =') {
    const model = await mountModel(src, prompt, 'fluoro-formation');
    const element = model.querySelector('fluoro-formation')!;
    Object.assign(element, { files, device: model.device });
    await until(() => element.shadowRoot!.querySelector('[part="run"]'));
    part(element, 'run').click();
    return element;
  }

  test('can be cancelled', async () => {
    const element = await press('modular-addition');
    await until(() => /0 of 11 checkpoints; step 8,800: \d+ passes/.test(textOf(element.shadowRoot!)));
    await expectAccessible(element);
    part(element, 'cancel').click();
    await until(() => element.shadowRoot!.querySelector('[part="error"]'));
    const done = (element as unknown as { live: Formation | null }).live?.rows.length ?? 0;
    expect(textOf(part(element, 'error'))).toBe(`Cancelled: ${done} of 11 checkpoints.`);
    expect(done).toBeLessThan(11);
  });

  test('says why a model has no formation to watch', async () => {
    const bare = await press('/fixtures/none/');
    await until(() => bare.shadowRoot!.querySelector('[part="error"]'));
    expect(textOf(part(bare, 'error'))).toBe('/fixtures/none/: its card.json lists no checkpoints to measure.');
    const other = await press('modular-addition', 'induction', '<bos> a b c');
    await until(() => other.shadowRoot!.querySelector('[part="error"]'));
    expect(textOf(part(other, 'error'))).toContain('No formation to watch: induction has no MLP');
  });
});

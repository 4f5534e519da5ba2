import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { parseIndex } from '../../components/explain/place';
import type { ExplainEvent, FluoroExplain, FluoroModel } from '../../components/index';
import { onGpu } from '../../components/shared/on-gpu';
import { visibleToken } from '../../components/shared/text';
import { type Index, numeral, readTrace, type StepExplanation, writeTrace } from '../../src/index';
import { writerOf } from '../harness/writers';
import { expectAccessible, mount, mountModel, part, textOf, until } from './mount';

const PROMPT = 'To be, or not to be';

interface Inside {
  data: { explanation: StepExplanation };
}

async function mountExplain(attributes: Record<string, string> = {}, prompt = PROMPT) {
  const model = await mountModel('shakespeare', prompt, 'fluoro-explain');
  const explain = model.querySelector('fluoro-explain')!;
  for (const [name, value] of Object.entries(attributes)) explain.setAttribute(name, value);
  await settled(explain);
  return { model, explain };
}

async function settled(explain: FluoroExplain): Promise<void> {
  await explain.updateComplete;
  const { shadowRoot } = explain;
  await until(() => shadowRoot!.querySelector('[part="choice"]') && !shadowRoot!.querySelector('.stale'));
}

const shown = (explain: FluoroExplain, name: string) => [
  ...explain.shadowRoot!.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
];
const has = (explain: FluoroExplain, name: string) => shown(explain, name).length > 0;
const written = (value: number) => numeral(value).replace('e-', 'e−').replace(/^-/, '−');
const fact = (explain: FluoroExplain, name: string) =>
  textOf(
    [...part(explain, 'facts').querySelectorAll('dt')].find((term) => term.textContent === name)!.nextElementSibling!,
  );

async function expectShown(model: FluoroModel, explain: FluoroExplain, tensor: string, index: Index) {
  const expected = await onGpu(model.model!, 'Explaining').explain(model.trace!, tensor, index);
  const text = textOf(part(explain, 'number'));
  expect(text).toMatch(`${written(expected.value)} ${expected.tensor}`);
  for (const [axis, i] of Object.entries(expected.index)) if (axis !== 'batch') expect(text).toContain(`${axis} ${i}`);
  expect(fact(explain, 'buffer')).toBe(`${expected.buffer.label}, byte ${expected.buffer.byteOffset}`);
  expect(fact(explain, 'bits')).toContain(`0x${expected.bits.toString(16).padStart(8, '0')}`);
  return expected;
}

async function click(explain: FluoroExplain, button: HTMLElement): Promise<void> {
  button.click();
  await settled(explain);
}

async function change(explain: FluoroExplain, input: HTMLInputElement, value: string): Promise<void> {
  input.value = value;
  input.dispatchEvent(new Event('change'));
  await settled(explain);
}

/** The likeliest token after a position. */
async function firstChoice(model: FluoroModel, pos: number): Promise<number> {
  const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos });
  return data.indexOf(Math.max(...data));
}

beforeEach(() => commands.colorScheme('light'));

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const { model, explain } = await mountExplain();
  model.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
  await expectAccessible(model);
  await click(explain, part(explain, 'operand'));
  await expectAccessible(model);
  await click(explain, part(explain, 'operand'));
  await expectAccessible(model);
  await change(explain, part<HTMLInputElement>(explain, 'tensor'), 'nothing');
  await expectAccessible(model);
});

describe('what is explained', () => {
  test("by itself, the logit of the model's first choice at the selected position", async () => {
    const { model, explain } = await mountExplain();
    await expectShown(model, explain, 'unembed.hook_out', { pos: 6, vocab: await firstChoice(model, 6) });
    model.select({ pos: 2 });
    await until(() => textOf(part(explain, 'number')).includes('pos 2'));
    await settled(explain);
    const vocab = await firstChoice(model, 2);
    await expectShown(model, explain, 'unembed.hook_out', { pos: 2, vocab });
    const token = visibleToken(model.model!.tokenizer!.token(vocab));
    expect(textOf(part(explain, 'number'))).toMatch(`pos 2 (,), vocab ${vocab} (${token})`);
  });

  test('the tensor that is selected, where the selection points', async () => {
    const { model, explain } = await mountExplain();
    model.select({ tensor: 'blocks.1.attn.hook_pattern', query: 5, key: null, head: 2 });
    await until(() => textOf(part(explain, 'number')).includes('hook_pattern'));
    await settled(explain);
    await expectShown(model, explain, 'blocks.1.attn.hook_pattern', { head: 2, query: 5, key: 5 });
    model.select({ key: 1 });
    await until(() => textOf(part(explain, 'number')).includes('key 1'));
    model.select({ tensor: 'blocks.0.mlp.hook_post', pos: 3, neuron: 9 });
    await until(() => textOf(part(explain, 'number')).includes('mlp'));
    await settled(explain);
    await expectShown(model, explain, 'blocks.0.mlp.hook_post', { pos: 3, neuron: 9 });
  });

  test('the tensor and the index of its attributes, until another is chosen elsewhere', async () => {
    const { model, explain } = await mountExplain({ tensor: 'blocks.2.mlp.hook_pre', index: 'neuron = 7' });
    await expectShown(model, explain, 'blocks.2.mlp.hook_pre', { pos: 6, neuron: 7 });
    explain.index = { pos: 1, neuron: -1 };
    await settled(explain);
    await expectShown(model, explain, 'blocks.2.mlp.hook_pre', { pos: 1, neuron: 511 });
    model.select({ pos: 4 });
    await until(() => textOf(part(explain, 'number')).includes('pos 4'));
    await settled(explain);
    await expectShown(model, explain, 'blocks.2.mlp.hook_pre', { pos: 4, neuron: 0 });
    model.select({ tensor: 'hook_embed' });
    await until(() => textOf(part(explain, 'number')).includes('hook_embed'));
  });

  test('what is typed', async () => {
    const { model, explain } = await mountExplain();
    const told: unknown[] = [];
    explain.addEventListener('fluoro-explain', ({ detail }: ExplainEvent) => told.push(detail));
    await change(explain, part<HTMLInputElement>(explain, 'tensor'), 'blocks.0.attn.W_Q');
    await expectShown(model, explain, 'blocks.0.attn.W_Q', { head: 0, model: 0, dim: 0 });
    const [, , dim] = shown(explain, 'index') as HTMLInputElement[];
    expect(shown(explain, 'index').map((input) => textOf(input.parentElement!))).toEqual(['head', 'model', 'dim']);
    expect(dim!.max).toBe('31');
    await change(explain, dim!, '30');
    await expectShown(model, explain, 'blocks.0.attn.W_Q', { head: 0, model: 0, dim: 30 });
    expect(told).toEqual([
      { tensor: 'blocks.0.attn.W_Q', index: { head: 0, model: 0, dim: 0 } },
      { tensor: 'blocks.0.attn.W_Q', index: { head: 0, model: 0, dim: 30 } },
    ]);
    await change(explain, part<HTMLInputElement>(explain, 'tensor'), '');
    expect(textOf(part(explain, 'number'))).toContain('unembed.hook_out');
    const names = [...explain.shadowRoot!.querySelectorAll('option')].map(({ value }) => value);
    expect(names).toEqual(['tokens', ...model.trace!.names, ...model.model!.weightNames]);
  });

  test.each([
    ['pos 3, head 1', { pos: 3, head: 1 }],
    ['query=2,key=-1', { query: 2, key: -1 }],
    ['  pos : 4 ', { pos: 4 }],
    ['', {}],
  ])('the index %j is %j', (text, index) => expect(parseIndex(text)).toEqual(index));

  test.each([
    [{ tensor: 'blocks.0.hook_resid_pst' }, /^This run has no tensor named blocks\.0\.hook_resid_pst\. Near it: /],
    [{ tensor: 'hook_embed', index: 'pos 7' }, /^hook_embed: pos 7 is outside its size of 7\.$/],
    [{ tensor: 'hook_embed', index: 'head 7' }, /^hook_embed has no axis head: it is \[batch 1, pos 7, model 128\]\.$/],
    [
      { index: 'pos 3; head 1' },
      /^"pos 3; head 1" is no index: write an axis and a number for each, such as pos 3, head 1\.$/,
    ],
  ])('what is no number of the run (%j) is said, and can be mended', async (attributes, sentence) => {
    const { model, explain } = await mountExplain(attributes as Record<string, string>);
    expect(textOf(part(explain, 'error'))).toMatch(sentence);
    expect(has(explain, 'number')).toBe(false);
    await change(explain, part<HTMLInputElement>(explain, 'tensor'), 'hook_pos_embed');
    expect(has(explain, 'error')).toBe(false);
    await expectShown(model, explain, 'hook_pos_embed', { pos: 6, model: 0 });
  });

  test('a new prompt is explained at once; one of another length begins anew', async () => {
    const { model, explain } = await mountExplain({ tensor: 'blocks.0.hook_resid_mid', index: 'model 5' });
    await click(explain, part(explain, 'operand'));
    expect(shown(explain, 'trail')).toHaveLength(1);
    const before = textOf(part(explain, 'number'));
    model.prompt = 'To be, or not to do';
    await until(() => textOf(part(explain, 'number')) !== before && model.state === 'ready');
    await settled(explain);
    expect(shown(explain, 'trail')).toHaveLength(1);
    model.prompt = 'To be, or';
    await until(() => !has(explain, 'trail'));
    await settled(explain);
    await expectShown(model, explain, 'blocks.0.hook_resid_mid', { pos: 3, model: 5 });
  });

  test.each([
    ['blocks.1.mlp.hook_post', 'pos 6, neuron 77', /neuron 77$/],
    ['unembed.hook_out', 'pos 6, vocab 289', /vocab 289 \(.+\)$/],
  ])(
    'of a recorded trace what was explained of %s before it was saved, and of the rest why not, with a way back',
    async (tensor, index, at) => {
      const { model, explain } = await mountExplain({ tensor, index });
      const alone = document.createElement('fluoro-explain');
      Object.assign(alone, {
        trace: readTrace(await writeTrace(model.trace!, { hooks: ['hook_embed'] })),
        ...{ tensor, index },
      });
      await mount(alone);
      await settled(alone);
      const texts = (one: FluoroExplain) =>
        ['number', 'facts', 'formula', 'verdict', 'addends', 'operand'].flatMap((name) => shown(one, name).map(textOf));
      expect(texts(alone)).toEqual(texts(explain));
      expect(textOf(part(alone, 'number'))).toMatch(at);
      alone.shadowRoot!.querySelector<HTMLElement>('[part="operand"]')!.click();
      await until(() => textOf(part(alone, 'message')).includes('a recorded trace has none'));
      part(alone, 'back').click();
      await settled(alone);
      expect(texts(alone)).toEqual(texts(explain));
      expect(alone.shadowRoot!.activeElement).toBe(part(alone, 'number'));
    },
  );

  test.each([
    [{ addends: [{ value: 1, running: 1, operands: [1] }] }, 'it.explanation.addends[0].operands[0] is no operand'],
    [{ index: { pos: -1 } }, 'it.explanation.index.pos is no index'],
    [{ kind: 'story' }, 'it.explanation.kind is no one of step, weight, token, input'],
    [{ formula: { symbolic: '<b>', numbers: 'x' } }, 'it.explanation.formula.numbers is no list'],
  ])('of a recording whose explanation is none (%j), a sentence', async (lie, sentence) => {
    const { model, explain } = await mountExplain();
    const [key, honest] = [...model.trace!.answers!].find(([name]) => name.startsWith('explain?'))!;
    const { explanation, ...rest } = honest as { explanation: StepExplanation };
    const [first] = explanation.operands;
    const answers = new Map([
      [key, { ...rest, explanation: { ...explanation, operands: [first], addends: null, ...lie } }],
    ]);
    const trace = readTrace(await writeTrace(model.trace!, { hooks: [], answers }));
    const alone = Object.assign(document.createElement('fluoro-explain'), { trace });
    Object.assign(alone, { index: explain.index ?? (JSON.parse(JSON.stringify(explanation.index)) as Index) });
    delete (alone.index as Record<string, number>).vocab;
    await mount(alone);
    await until(() => has(alone, 'message') && !textOf(part(alone, 'message')).startsWith('Reading'));
    expect(textOf(part(alone, 'message'))).toBe(`The recorded answer ${key} cannot be shown: ${sentence}.`);
  });
});

describe('what it says', () => {
  test('of a step: who stored it, the formula with its operands, the verdict', async () => {
    const { model, explain } = await mountExplain({ tensor: 'blocks.1.mlp.hook_post', index: 'neuron 77' });
    const expected = (await expectShown(model, explain, 'blocks.1.mlp.hook_post', {
      pos: 6,
      neuron: 77,
    })) as StepExplanation;
    expect(fact(explain, 'step')).toBe(`${expected.step} How strongly each neuron fires.`);
    expect(fact(explain, 'kernel')).toBe('gelu_new, variant clear, within matmul_gelu_new');
    const { workgroup, local } = writerOf(model.trace!, 'blocks.1.mlp.hook_pre', 6, 77);
    expect(fact(explain, 'stored by')).toBe(
      `invocation (${local.join(', ')}) of workgroup (${workgroup.join(', ')}), main`,
    );
    const formula = textOf(part(explain, 'formula'));
    expect(formula).toContain('y is blocks.1.mlp.hook_post, x is blocks.1.mlp.hook_pre');
    for (const line of expected.formula.numbers) expect(formula).toContain(line.replaceAll('-', '−'));
    const verdict = textOf(part(explain, 'verdict'));
    expect(verdict).toContain(`It agrees: float64 on these operands gives ${written(expected.computed)}`);
    expect(verdict).toContain(`the buffer holds ${written(expected.value)}; they differ by `);
    expect(part(explain, 'verdict').classList).toContain('agrees');
    expect(has(explain, 'addends')).toBe(false);
    expect(shown(explain, 'operand').map(textOf)).toEqual([
      `blocks.1.mlp.hook_pre pos 6 (·be), neuron 77 ${written(expected.operands[0]!.value)}`,
    ]);
  });

  test('of a sum: the largest addends, where the sum stands after each, what cancels', async () => {
    const { model, explain } = await mountExplain({ tensor: 'blocks.2.hook_mlp_out', index: 'model 9' });
    explain.style.width = '900px';
    const { addends, cancellation } = (await onGpu(model.model!, 'Explaining').explain(
      model.trace!,
      'blocks.2.hook_mlp_out',
      {
        pos: 6,
        model: 9,
      },
    )) as StepExplanation;
    const rows = shown(explain, 'addend');
    expect(rows).toHaveLength(12);
    const numbers = (row: HTMLElement) =>
      [...row.querySelectorAll('.value')].map((value) =>
        Number(
          textOf(value)
            .replace(/, running sum /, '')
            .replaceAll('−', '-'),
        ),
      );
    for (const [i, row] of rows.entries()) {
      const { value, running, operands } = addends![i]!;
      const [gotValue, gotRunning] = numbers(row) as [number, number];
      expect(Math.abs(gotValue - value) <= 1e-3 * Math.abs(value)).toBe(true);
      expect(Math.abs(gotRunning - running) <= 1e-3 * Math.abs(running)).toBe(true);
      expect([...row.querySelectorAll('button')].map((button) => textOf(button.querySelector('b')!))).toEqual(
        operands.map((operand) => written(operand.value)),
      );
    }
    expect(textOf(part(explain, 'sum'))).toContain(`the parts are ${cancellation!.toPrecision(3)} times as large`);

    const runnings = [0, ...addends!.slice(0, 12).map(({ running }) => running)];
    const [low, high] = [Math.min(...runnings), Math.max(...runnings)];
    for (const [i, row] of rows.entries()) {
      const [track, bar] = ['.track', 'i'].map((selector) => row.querySelector(selector)!.getBoundingClientRect());
      const at = (value: number) => track!.left + ((value - low) / (high - low)) * track!.width;
      const [from, to] = [at(runnings[i]!), at(runnings[i + 1]!)];
      expect(Math.abs(bar!.left - Math.min(from, to)) < 1.5, `left of bar ${i}`).toBe(true);
      expect(Math.abs(bar!.width - Math.max(1, Math.abs(to - from))) < 1.5, `width of bar ${i}`).toBe(true);
    }
  });

  test('long lists show more when asked, and fold again at the next number', async () => {
    const { explain } = await mountExplain({ tensor: 'blocks.2.hook_mlp_out', index: 'model 9' });
    expect(textOf(part(explain, 'more').parentElement!)).toBe('12 of 513 addends Show 100 more');
    await click(explain, part(explain, 'more'));
    expect(shown(explain, 'addend')).toHaveLength(112);
    await click(explain, part(explain, 'fewer'));
    expect(shown(explain, 'addend')).toHaveLength(12);
    for (let i = 0; i < 6 && has(explain, 'more'); i++) await click(explain, part(explain, 'more'));
    expect(shown(explain, 'addend')).toHaveLength(513);
    explain.index = 'model 10';
    await settled(explain);
    expect(shown(explain, 'addend')).toHaveLength(12);
  });

  test('of a masked score: why, and that it has no operands', async () => {
    const { explain } = await mountExplain({ tensor: 'blocks.0.attn.hook_attn_scores', index: 'query 2, key 4' });
    expect(textOf(part(explain, 'formula'))).toContain('key 4 comes after query 2');
    expect(has(explain, 'operand')).toBe(false);
    explain.tensor = 'blocks.0.attn.hook_pattern';
    await settled(explain);
    const texts = shown(explain, 'operand').map(textOf);
    expect(texts).toHaveLength(7);
    for (const text of texts.slice(3)) expect(text).toMatch(/ masked$/);
    for (const text of texts.slice(0, 3)) expect(text).not.toContain('masked');
  });

  test('of arithmetic that does not agree, and of NaN: an error', async () => {
    const { explain } = await mountExplain({ tensor: 'hook_pos_embed' });
    const inside = explain as unknown as Inside;
    const show = async (change: Partial<StepExplanation>) => {
      const { data } = inside;
      inside.data = { ...data, explanation: { ...data.explanation, ...change } };
      await explain.updateComplete;
      expect(part(explain, 'verdict').className).toBe('problem');
      return textOf(part(explain, 'verdict'));
    };
    expect(await show({ ok: false, error: 0.5, bound: 0.25 })).toMatch(
      /It does not agree: .*; they differ by 5\.0e−1, the bound is 2\.5e−1\.$/,
    );
    const operands = inside.data.explanation.operands.map((operand) => ({ ...operand, value: Number.NaN }));
    expect(await show({ value: Number.NaN, computed: Number.NaN, error: Number.NaN, operands })).toContain(
      'NaN lies within no bound: float64 on these operands gives NaN',
    );
    expect(explain.shadowRoot!.textContent).toContain('1 of its 1 operands is not finite.');
  });

  test('of derived values that the pass never held them', async () => {
    const { explain } = await mountExplain({ tensor: 'blocks.1.attn.hook_result' });
    expect(fact(explain, 'step')).toMatch(/^\d+ derived /);
  });
});

describe('links', () => {
  test('lead from a logit to a token id, and the trail leads back', async () => {
    const { model, explain } = await mountExplain({ tensor: 'blocks.0.hook_resid_pre', index: 'model 3' });
    const told: { tensor: string }[] = [];
    explain.addEventListener('fluoro-explain', ({ detail }: ExplainEvent) => told.push(detail));
    const start = textOf(part(explain, 'number'));
    const follow = async (name: string) => {
      const link = shown(explain, 'operand').find((button) => textOf(button).startsWith(`${name} `))!;
      const value = textOf(link.querySelector('b')!);
      await click(explain, link);
      expect(textOf(part(explain, 'number'))).toMatch(`${value} ${name}`);
      expect(explain.shadowRoot!.activeElement).toBe(part(explain, 'number'));
    };
    await follow('hook_embed');
    await follow('tokens');
    const id = model.trace!.tokens[0]![6]!;
    expect(fact(explain, 'input')).toBe(`token id ${id}, ·be`);
    expect(textOf(part(explain, 'end'))).toContain('the explanation ends here');
    expect(told).toEqual([
      { tensor: 'hook_embed', index: { batch: 0, pos: 6, model: 3 } },
      { tensor: 'tokens', index: { batch: 0, pos: 6 } },
    ]);
    const trail = () => [...part(explain, 'trail').querySelectorAll('li')].map(textOf);
    expect(trail()).toEqual([
      'blocks.0.hook_resid_pre pos 6 (·be), model 3',
      'hook_embed pos 6 (·be), model 3',
      'tokens pos 6 (·be)',
    ]);
    expect(part(explain, 'trail').querySelector('[aria-current]')!.textContent).toContain('tokens');
    await click(explain, part(explain, 'trail').querySelectorAll('button')[1]!);
    expect(trail()).toHaveLength(2);
    await follow('embed.W_E');
    expect(fact(explain, 'tied')).toBe('embedding and unembedding share this memory');
    await click(explain, part(explain, 'trail').querySelector('button')!);
    expect(has(explain, 'trail')).toBe(false);
    expect(textOf(part(explain, 'number'))).toBe(start);
    expect(told).toHaveLength(5);
  });

  test('are reached and pressed by keyboard', async () => {
    const { explain } = await mountExplain({ tensor: 'blocks.3.mlp.hook_post', index: 'neuron 4' });
    part<HTMLInputElement>(explain, 'tensor').focus();
    const focused = () => explain.shadowRoot!.activeElement;
    for (let i = 0; i < 5 && focused() !== part(explain, 'operand'); i++) await commands.press('Tab');
    expect(focused()).toBe(part(explain, 'operand'));
    await commands.press('Enter');
    await until(() => textOf(part(explain, 'number')).includes('hook_pre'));
    await until(() => focused() === part(explain, 'number'));
    await commands.press('Tab');
    expect(focused()).toBe(part(explain, 'operand'));
  });

  test('go with a choice made elsewhere', async () => {
    const { model, explain } = await mountExplain({ tensor: 'hook_embed' });
    await click(explain, part(explain, 'operand'));
    expect(has(explain, 'trail')).toBe(true);
    model.select({ pos: 1 });
    await until(() => !has(explain, 'trail'));
    await settled(explain);
    await expectShown(model, explain, 'hook_embed', { pos: 1, model: 0 });
  });
});

test.each(['unembed.hook_out', 'blocks.2.ln1.hook_out', 'blocks.1.attn.hook_pattern'])(
  '%s fits 320 px',
  async (tensor) => {
    const { explain } = await mountExplain({ tensor });
    explain.style.width = '288px';
    await explain.updateComplete;
    const { right } = explain.getBoundingClientRect();
    const wide = [...explain.shadowRoot!.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > right + 0.5 && !element.closest('.hidden'),
    );
    expect(wide.map((element) => element.outerHTML.slice(0, 80))).toEqual([]);
  },
);

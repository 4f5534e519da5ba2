import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroTokens, SelectEvent } from '../../components/index';
import { formatPercent, formatValue } from '../../components/shared/text';
import { readTrace, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import { recordingUrl, watchNetwork } from './model-network';
import { expectAccessible, mount, mountModel, openTable, part, prepareModel, textOf, until } from './mount';

const chips = (tokens: FluoroTokens) => [...tokens.shadowRoot!.querySelectorAll<HTMLElement>('[part="token"]')];
const next = (tokens: FluoroTokens) => [...part(tokens, 'next').querySelectorAll('li')].map(textOf);

async function mountTokens(fixture: Fixture, prompt: string): Promise<FluoroTokens> {
  const model = await fixtureModel(fixture);
  const tokens = document.createElement('fluoro-tokens');
  tokens.trace = await model.run(prompt);
  await mount(tokens);
  await until(() => chips(tokens).length > 0);
  return tokens;
}

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const model = await mountModel('induction', '<bos> a b a', 'fluoro-tokens');
  model.style.cssText = 'color-scheme: light dark; background: light-dark(white, black)';
  const tokens = model.querySelector('fluoro-tokens')!;
  await until(() => chips(tokens).length === 4);
  await expectAccessible(model);
  await commands.colorScheme('light');
});

test('shows white space, and bytes that are no characters', async () => {
  const tokens = await mountTokens('shakespeare', 'O, thou\n\tnaïve');
  const shown = chips(tokens).map((chip) => chip.textContent);
  expect(shown.join('')).toBe('O,·thou⏎⇥naïve'.replace('ï', shown.join('').includes('ï') ? 'ï' : '\\xC3\\xAF'));
  tokens.trace!.dispose();
});

test('the next tokens are the softmax of the logits that the trace reads', async () => {
  const model = await fixtureModel('induction');
  const tokens = await mountTokens('induction', '<bos> a b c d a b c');
  const trace = tokens.trace!;
  const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1 });
  const weights = Array.from(data, (logit) => Math.exp(logit));
  const total = weights.reduce((sum, weight) => sum + weight);
  const order = Array.from(data, (_, id) => id).sort((a, b) => data[b]! - data[a]!);
  // The recording-like trace property brings no tokenizer, so that a token outside the prompt is its id.
  const name = (id: number) => (trace.tokens[0]!.includes(id) ? model.tokenizer!.token(id) : `[${id}]`);
  const expected = order
    .slice(0, 8)
    .map((id) => `${name(id)} ${formatPercent(weights[id]! / total)} ${formatValue(data[id]!)}`);
  expect(next(tokens)).toEqual(expected);
  expect(textOf(part(tokens, 'next'))).toContain('derived probability: softmax of the logits in unembed.hook_out');
  trace.dispose();
});

test('of logits that are NaN or infinite nothing is expected, and a sentence says so', async () => {
  const model = await fixtureModel('induction');
  for (const value of [Number.NaN, Infinity]) {
    const tokens = document.createElement('fluoro-tokens');
    const edit = { at: 'unembed.hook_out', slice: { pos: -1, vocab: 3 }, op: 'set', value } as const;
    tokens.trace = await model.run('<bos> a b a', { edits: [edit] });
    await mount(tokens);
    await until(() => chips(tokens).length > 0);
    const sentence = 'The logits here hold NaN or infinities: nothing can be said of the next token.';
    expect(textOf(part(tokens, 'next'))).toBe(`After a (pos 3) it expects ${sentence}`);
    expect(next(tokens)).toEqual([]);
    const table = await openTable(tokens);
    expect(table.querySelectorAll('tbody tr')).toHaveLength(0);
    expect(textOf(table.nextElementSibling!)).toBe(sentence);
    chips(tokens)[1]!.click();
    await until(() => next(tokens).length === 8);
    tokens.trace.dispose();
  }
});

test('inside a model the tokens have their text', async () => {
  const model = await mountModel('modular-addition', '12 34 =', 'fluoro-tokens');
  const tokens = model.querySelector('fluoro-tokens')!;
  await until(() => chips(tokens).length === 3);
  const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
  expect(next(tokens)[0]).toMatch(new RegExp(`^${data.indexOf(Math.max(...data))} `));
});

test('clicks and arrow keys select, and one token at a time can be reached by tab', async () => {
  const tokens = await mountTokens('induction', '<bos> a b c');
  const chosen: SelectEvent['detail'][] = [];
  tokens.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  const states = () => chips(tokens).map((chip) => [chip.ariaSelected, chip.tabIndex].join());
  expect(states()).toEqual(['false,-1', 'false,-1', 'false,-1', 'true,0']);
  chips(tokens)[1]!.click();
  await until(() => textOf(part(tokens, 'next')).startsWith('After a (pos 1) it expects'));
  expect(states()).toEqual(['false,-1', 'true,0', 'false,-1', 'false,-1']);
  chips(tokens)[1]!.focus();
  await commands.press('ArrowRight');
  await until(() => tokens.shadowRoot!.activeElement === chips(tokens)[2]);
  await commands.press('Home');
  await until(() => tokens.shadowRoot!.activeElement === chips(tokens)[0]);
  await commands.press('ArrowLeft');
  await commands.press('End');
  await until(() => tokens.shadowRoot!.activeElement === chips(tokens)[3]);
  expect(chosen.map(({ pos }) => pos)).toEqual([1, 2, 0, 3]);
  expect(chosen[0]).toEqual({ pos: 1, query: 1, key: null });
  tokens.trace!.dispose();
});

describe('editing', () => {
  const type = (tokens: FluoroTokens, text: string) => {
    const area = part<HTMLTextAreaElement>(tokens, 'prompt');
    area.value = text;
    area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  };

  test('runs what is typed, and the selection follows the end', async () => {
    const model = await mountModel('induction', '<bos> a b', 'fluoro-tokens');
    const tokens = model.querySelector('fluoro-tokens')!;
    await until(() => chips(tokens).length === 3);
    const sent: string[] = [];
    model.addEventListener('fluoro-prompt', ({ detail }) => sent.push(detail));
    type(tokens, '<bos> a b a b');
    await until(() => chips(tokens).length === 5);
    expect(sent).toEqual(['<bos> a b a b']);
    expect(chips(tokens).map((chip) => chip.ariaSelected)).toEqual(['false', 'false', 'false', 'false', 'true']);
    expect(textOf(tokens.shadowRoot!)).toContain('5 of 64 tokens');
  });

  test('is text on paper, where what takes an edit back is left out', async () => {
    onTestFinished(() => commands.media('screen', {}));
    const model = await mountModel('induction', '<bos> a b', 'fluoro-tokens');
    model.edits = ['blocks.1.attn.hook_z:zero'];
    await until(() => model.shadowRoot!.querySelector('[part="edit"]'));
    const field = part(model.querySelector('fluoro-tokens')!, 'prompt');
    const [edit, label] = [part(model, 'edit'), field.previousElementSibling!];
    const visible = () => [field, label, edit.querySelector('button')!, edit].map((one) => one.checkVisibility());
    expect(visible()).toEqual([true, true, true, true]);
    await commands.media('print', {});
    expect(visible()).toEqual([true, true, false, true]);
    expect(getComputedStyle(field).borderStyle).toBe('none');
  });

  test.each([
    ['', 'The prompt is empty: give at least one token. prompt-empty'],
    [
      Array(65).fill('a').join(' '),
      "The prompt has 65 tokens; this model's context holds 64. Shorten it. prompt-too-long",
    ],
    ['a ? b', /has no token for .* token-invalid/],
  ])('%j is refused next to the prompt, and the earlier trace stays', async (text, sentence) => {
    const model = await mountModel('induction', '<bos> a b', 'fluoro-tokens');
    const tokens = model.querySelector('fluoro-tokens')!;
    await until(() => chips(tokens).length === 3);
    const { trace } = model;
    type(tokens, text);
    await until(() => tokens.shadowRoot!.querySelector('[part="error"]'));
    if (typeof sentence === 'string') expect(textOf(part(tokens, 'error'))).toBe(sentence);
    else expect(textOf(part(tokens, 'error'))).toMatch(sentence);
    expect(textOf(tokens.shadowRoot!)).toContain('What is shown is still of the earlier prompt.');
    expect(part(tokens, 'prompt').ariaInvalid).toBe('true');
    expect(model.trace).toBe(trace);
    expect(chips(tokens).length).toBe(3);
    expect(model.state).toBe('ready');
    await expectAccessible(model);

    type(tokens, '<bos> a');
    await until(() => chips(tokens).length === 2);
    expect(tokens.shadowRoot!.querySelector('[part="error"]')).toBeNull();
  });
});

describe('Continue', () => {
  const mountContinue = async (src: string, prompt: string) => {
    const model = await mountModel(src, prompt, 'fluoro-tokens');
    const tokens = model.querySelector('fluoro-tokens')!;
    await until(() => chips(tokens).length > 0);
    const button = part<HTMLButtonElement>(tokens, 'continue');
    expect(button.textContent).toBe('Continue');
    return { model, tokens, button };
  };

  test('adds what the model generates, from the passes that are shown, until the context is full', async () => {
    const { model, tokens, button } = await mountContinue('modular-addition', '12 34');
    const shown: number[][] = [];
    model.addEventListener('fluoro-trace', ({ detail }) => shown.push([...detail.trace.tokens[0]!]));
    button.click();
    await until(() => textOf(tokens.shadowRoot!).includes('3 of 3 tokens. The context is full.'));
    const generated: number[] = [];
    for await (const { id } of (await fixtureModel('modular-addition')).generate('12 34')) generated.push(id);
    expect(shown).toEqual([[12, 34, generated[0]]]);
    expect(button.textContent).toBe('Continue');
    expect(model.prompt).toBe(part<HTMLTextAreaElement>(tokens, 'prompt').value);
    await expectAccessible(model);
  });

  test('ends where the model ends its texts, which its directory says and not its tokenizer', async () => {
    const fixture = await fixtureModel('shakespeare');
    const ids: number[] = [];
    for await (const { id } of fixture.generate('ROMEO:', { tokens: 3, pastEndOfText: true })) ids.push(id);
    expect(fixture.tokenizer!.endOfText).not.toBe(ids[2]);
    watchNetwork((url) => {
      return url.endsWith('generation_config.json') ? Response.json({ eos_token_id: [ids[2]] }) : undefined;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const { model, tokens, button } = await mountContinue('shakespeare', 'ROMEO:');
    button.click();
    await until(() => textOf(tokens.shadowRoot!).includes('The text ends here, says the model.'));
    expect(model.prompt).toBe(`ROMEO:${fixture.tokenizer!.decode(ids.slice(0, 2))}`);
  });

  test('ends when it is stopped, and when the reader writes', async () => {
    const { model, tokens, button } = await mountContinue('shakespeare', 'ROMEO:');
    button.click();
    await until(() => chips(tokens).length > 4);
    expect(button.textContent).toBe('Stop');
    button.click();
    await until(() => button.textContent === 'Continue' && model.state === 'ready');
    const { prompt } = model;
    expect(prompt).toMatch(/^ROMEO:./s);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(model.prompt).toBe(prompt);
    button.click();
    await until(() => model.prompt !== prompt);
    const area = part<HTMLTextAreaElement>(tokens, 'prompt');
    area.value = 'JULIET:';
    area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await until(() => button.textContent === 'Continue' && model.state === 'ready');
    expect(model.prompt).toBe('JULIET:');
  });
});

test('moved out of its model it draws nothing, and inside another one that', async () => {
  const [first, second] = [
    await mountModel('induction', '<bos> a b', 'fluoro-tokens'),
    await mountModel('induction', '<bos> a b c'),
  ];
  const tokens = first.querySelector('fluoro-tokens')!;
  await until(() => chips(tokens).length === 3);
  document.body.append(tokens);
  onTestFinished(() => tokens.remove());
  await tokens.settled();
  expect(chips(tokens).length).toBe(0);
  expect(textOf(part(tokens, 'message'))).toMatch(/^Nothing to show: put this element into a <fluoro-model>/);
  second.append(tokens);
  await until(() => chips(tokens).length === 4);
  first.append(tokens);
  await until(() => chips(tokens).length === 3);
});

describe('a recording without a prompt beside it', () => {
  const recorded = async (answers?: Map<string, unknown>) => {
    const model = await prepareModel('shakespeare', '', 'fluoro-tokens');
    const recording = await recordingUrl('ROMEO: O', 'shakespeare', answers);
    await mount(Object.assign(model, { prompt: null, recording }));
    const tokens = model.querySelector('fluoro-tokens')!;
    await until(() => model.state === 'recorded' && chips(tokens).length > 0);
    const area = part<HTMLTextAreaElement>(tokens, 'prompt');
    return { model, tokens, area };
  };

  test('has its own text in the field, which goes on live', async () => {
    const { model, tokens, area } = await recorded(new Map([['prompt?', 'ROMEO: O']]));
    expect(area.value).toBe('ROMEO: O');
    model.load();
    await until(() => model.trace?.kind === 'live' && model.state === 'ready');
    await tokens.updateComplete;
    expect([area.value, model.prompt]).toEqual(['ROMEO: O', null]);
    const passes: string[] = [];
    model.addEventListener('fluoro-trace', ({ detail }) => passes.push(detail.trace.labels[0]!.join('')));
    const button = part<HTMLButtonElement>(tokens, 'continue');
    button.click();
    await until(() => passes.length >= 2);
    button.click();
    await until(() => button.textContent === 'Continue' && model.state === 'ready');
    expect(passes[1]!.startsWith(passes[0]!)).toBe(true);
    expect(passes[0]).toMatch(/^ROMEO: O./s);
    expect(area.value).toBe(model.prompt);
  });

  test.each([new Map<string, unknown>(), new Map([['prompt?', { toString: 'x' }]])])(
    'and without a text in the file has it once the model has come',
    async (answers) => {
      const { model, tokens, area } = await recorded(answers);
      expect(area.value).toBe('');
      model.load();
      await until(() => model.trace?.kind === 'live' && model.state === 'ready');
      await tokens.updateComplete;
      expect(area.value).toBe('ROMEO: O');
    },
  );

  test('of another model keeps its text, and is not written on from', async () => {
    const model = await prepareModel('induction', '', 'fluoro-tokens');
    const recording = await recordingUrl('ROMEO: O', 'shakespeare', new Map([['prompt?', 'ROMEO: O']]));
    await mount(Object.assign(model, { prompt: null, recording }));
    const tokens = model.querySelector('fluoro-tokens')!;
    await until(() => model.state === 'recorded');
    model.load();
    await until(() => tokens.shadowRoot!.querySelector('[part="error"]'));
    const button = part<HTMLButtonElement>(tokens, 'continue');
    button.click();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(button.textContent).toBe('Continue');
    expect(part<HTMLTextAreaElement>(tokens, 'prompt').value).toBe('ROMEO: O');
    expect(model.prompt).toBeNull();
  });
});

describe('a recorded trace', () => {
  test('has its tokens, and no text to edit', async () => {
    const model = await fixtureModel('induction');
    const live = await model.run('<bos> a b');
    const tokens = document.createElement('fluoro-tokens');
    tokens.trace = readTrace(await writeTrace(live));
    live.dispose();
    await mount(tokens);
    await until(() => chips(tokens).length === 3);
    expect(next(tokens).length).toBe(8);
    expect(tokens.shadowRoot!.querySelector('textarea')).toBeNull();
  });

  test('without logits says so', async () => {
    const model = await fixtureModel('induction');
    const live = await model.run('<bos> a b');
    const tokens = document.createElement('fluoro-tokens');
    tokens.trace = readTrace(await writeTrace(live, { hooks: ['hook_embed'] }));
    live.dispose();
    await mount(tokens);
    await until(() => textOf(tokens.shadowRoot!).includes('This trace holds no logits (unembed.hook_out).'));
  });
});

test('without a trace says so', async () => {
  const tokens = await mount(document.createElement('fluoro-tokens'));
  expect(textOf(part(tokens, 'message'))).toMatch(/^Nothing to show/);
});

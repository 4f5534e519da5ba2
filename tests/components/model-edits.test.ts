/** The edits of a page: run beside the same prompt without them, told in words, taken back one by one. */
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroModel } from '../../components/index';
import { changeEdits } from '../../components/model/change-edits';
import { makeEdits, parseEdit, writeTrace } from '../../src/index';
import { describeSpec } from '../../src/viewer';
import { fixtureModel, testGpu } from '../harness/fixtures';
import { expectAccessible, grid, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b c a b';
const Z = 'blocks.1.attn.hook_z';
const HEAD = `${Z}[head=0]:zero`;
const HALF = `${Z}[head=1,pos=-1]:scale=0.5`;

afterEach(() => vi.restoreAllMocks());

async function edited(...edits: string[]): Promise<FluoroModel> {
  const model = await prepareModel('induction', PROMPT);
  model.setAttribute('edits', `\n  ${edits.join('\n  ')}\n`);
  await mount(model);
  await until(() => model.state === 'ready' && model.trace);
  return model;
}

/** A page that shows a recording with edits, and asks for edits of its own. */
async function recordedWith(recorded: readonly string[], ...asked: string[]): Promise<FluoroModel> {
  const runner = await fixtureModel('induction');
  const clean = await runner.run(PROMPT);
  const trace = await runner.run(PROMPT, { edits: await makeEdits(runner, clean, recorded.map(parseEdit)) });
  const answers = new Map([['effects?', recorded.map((_, i) => `told of ${i}`)]]);
  const url = URL.createObjectURL(new Blob([await writeTrace(trace, { answers })]));
  onTestFinished(() => URL.revokeObjectURL(url));
  for (const one of [trace, clean]) one.dispose();
  const model = await prepareModel('induction', PROMPT);
  await mount(Object.assign(model, { recording: url, edits: asked }));
  await until(() => model.state === 'recorded' && model.shadowRoot!.querySelector('[part="edits"]'));
  await model.updateComplete;
  return model;
}

const ask = (model: HTMLElement, detail: object) => model.dispatchEvent(new CustomEvent('fluoro-edit', { detail }));
const bar = (model: FluoroModel) => textOf(part(model, 'edits'));
const effects = (model: FluoroModel) => [...model.shadowRoot!.querySelectorAll('[part="effect"]')].map(textOf);
const buttons = (model: FluoroModel) => [...part(model, 'edits').querySelectorAll('button')];
const idle = async (model: FluoroModel) => {
  await model.updateComplete;
  await until(() => model.state === 'ready');
};

describe('edits', () => {
  test('from the attribute are run, beside the same prompt without them', async () => {
    const model = await edited(HEAD, HALF);
    expect(model.edits).toEqual([HEAD, HALF]);
    const [zeroed, before] = await Promise.all([model.trace!.read(Z, { head: 0 }), model.clean!.read(Z, { head: 0 })]);
    expect(zeroed.data.every((value) => value === 0)).toBe(true);
    expect(before.data.some((value) => value !== 0)).toBe(true);
    const [half, whole] = await Promise.all([
      model.trace!.read(Z, { head: 1, pos: -1 }),
      model.clean!.read(Z, { head: 1, pos: -1 }),
    ]);
    expect([...half.data]).toEqual([...whole.data.map((value) => value / 2)]);
    const plain = await (await fixtureModel('induction')).run(PROMPT);
    const { output } = plain.program;
    expect((await model.clean!.read(output)).data).toEqual((await plain.read(output)).data);
    plain.dispose();
  });

  test('set to null or undefined are none', async () => {
    const model = await edited(HEAD);
    for (const nothing of [null, undefined]) {
      model.edits = [HEAD];
      await idle(model);
      model.edits = nothing;
      await idle(model);
      expect(model.edits).toEqual([]);
      expect(model.state).toBe('ready');
      await until(() => model.clean === null && model.trace!.edits.length === 0);
    }
  });

  test('asked for by an event are merged, tell of themselves, and follow the prompt', async () => {
    const model = await mountModel('induction', PROMPT, 'fluoro-heads');
    const told: (readonly string[])[] = [];
    model.addEventListener('fluoro-edits', ({ detail }) => told.push(detail));
    expect(model.clean).toBeNull();
    ask(model.querySelector('fluoro-heads')!, { add: [HEAD] }); // It does not bubble: nobody is asked.
    const change = new CustomEvent('fluoro-edit', { detail: { add: [HEAD] }, bubbles: true, composed: true });
    model.querySelector('fluoro-heads')!.dispatchEvent(change);
    await until(() => model.clean && model.state === 'ready');
    const { clean } = model;
    ask(model, { add: [HALF] });
    await until(() => model.trace!.edits.length === 2 && model.state === 'ready');
    expect(model.clean).toBe(clean);
    model.prompt = '<bos> c d c';
    await until(() => model.trace!.program.pos === 4 && model.state === 'ready');
    expect([model.trace!.edits.length, model.clean!.program.pos]).toEqual([2, 4]);
    ask(model, { remove: [HEAD, HALF] });
    await until(() => model.clean === null && model.state === 'ready');
    expect(told).toEqual([[HEAD], [HEAD, HALF], []]);
    const pattern = await grid(model.querySelector('fluoro-heads')!, 'pattern');
    await until(() => pattern.rowCount === 4);
  });

  test.each([
    [{ add: ['b', 'c'] }, ['a', 'b', 'c']],
    [{ remove: ['a'] }, ['b']],
    [{ remove: ['a'], add: ['a'] }, ['b', 'a']],
    [{ set: ['x'], add: ['y'] }, ['x', 'y']],
    [{ set: [] }, []],
  ])('are changed by %j', (change, expected) => {
    expect(changeEdits(['a', 'b'], change)).toEqual(expected);
  });

  test('run and are taken back without leaving anything on the GPU', async () => {
    const { counters } = await testGpu();
    const model = await mountModel('induction', PROMPT);
    const others = () => counters.bytesRetained - model.trace!.bytes;
    const before = others(); // Those of earlier tests end in their own time.
    for (let i = 0; i < 5; i++) {
      ask(model, { add: [HEAD] });
      await until(() => model.clean && model.state === 'ready');
      ask(model, { set: [] });
      await until(() => !model.clean && model.state === 'ready');
    }
    await until(() => others() <= before);
  });
});

describe('the bar', () => {
  test('lists the edits in words, and is not there where there are none', async () => {
    const model = await mountModel('induction', PROMPT);
    expect(model.shadowRoot!.querySelector('[part="edits"]')).toBeNull();
    ask(model, { add: [HEAD, HALF] });
    await until(() => model.clean && model.state === 'ready');
    await until(() => effects(model).length === 2);
    const next = 'the first later tensor that differs is blocks.1.hook_attn_out.';
    const [whole, half] = [`changed 96 of 96 values; ${next}`, `changed 16 of 16 values; ${next}`];
    expect(effects(model)).toEqual([whole, half]);
    expect(bar(model)).toBe(
      `2 edits zero at head 0 of ${Z} × ${whole} scale by 0.5 at head 1, pos −1 of ${Z} × ${half} Undo all`,
    );
    await expectAccessible(model);
    await commands.colorScheme('dark');
    await expectAccessible(model);
    await commands.colorScheme('light');
    model.style.width = '240px';
    for (const edit of model.shadowRoot!.querySelectorAll('[part="edit"]')) {
      const [words, remove] = ['.words', 'button'].map((one) => edit.querySelector(one)!.getBoundingClientRect());
      expect(words!.height).toBeGreaterThan(1.5 * remove!.height); // They do not fit into one line.
      expect(Math.abs(remove!.top - words!.top)).toBeLessThan(4);
      expect(remove!.left).toBeGreaterThanOrEqual(words!.right);
    }
  });

  test('says of a neighbour’s values, put in place of the same, that they changed nothing', async () => {
    const model = await edited(`${Z}[pos=0]:scale=1`);
    await until(() => effects(model).length === 1);
    expect(effects(model)[0]).toBe('changed 0 of 64 values, which were so before; nothing downstream changed.');
    model.edits = [];
    await until(() => model.clean === null && model.state === 'ready');
    expect(effects(model)).toEqual([]);
  });

  test('takes edits back one by one and all at once, and keeps the focus', async () => {
    const model = await edited(HEAD, HALF, `${Z}[head=2]:zero`);
    const clean = model.clean!;
    buttons(model)[0]!.focus();
    await commands.press('Enter');
    await until(() => model.edits.length === 2 && model.state === 'ready');
    expect(model.edits).toEqual([HALF, `${Z}[head=2]:zero`]);
    expect(model.shadowRoot!.activeElement).toBe(buttons(model)[0]);
    part(model, 'undo').focus();
    await commands.press('Enter');
    await idle(model);
    expect(model.edits).toEqual([]);
    expect(model.trace).toBe(clean); // The pass without edits was there already.
    expect(model.clean).toBeNull();
    expect(model.shadowRoot!.activeElement!.localName).toBe('summary');
  });

  test('says at an edit why it does not fit, and the last good trace stays', async () => {
    const model = await edited(HEAD);
    const { trace, clean } = model;
    const errors: unknown[] = [];
    model.addEventListener('fluoro-error', ({ detail }) => errors.push(detail));
    ask(model, { add: [`${Z}[head=9]:zero`] });
    await until(() => model.shadowRoot!.querySelector('[part="edit-error"]'));
    await idle(model);
    expect(textOf(part(model, 'edit-error'))).toMatch(/head.* 9.*\^$/);
    expect(part(model, 'edit-error').closest('li')!.textContent).toContain('head 9');
    expect(bar(model)).toMatch(/^2 edits, not in what is shown/);
    expect([model.trace, model.clean]).toEqual([trace, clean]);
    await expect(trace!.read(Z)).resolves.toMatchObject({ name: Z });
    expect(errors).toMatchObject([{ code: 'slice-invalid', edit: `${Z}[head=9]:zero` }]);
    expect(model.state).toBe('ready');
    await expectAccessible(model);
    ask(model, { remove: [`${Z}[head=9]:zero`] });
    await until(() => !model.shadowRoot!.querySelector('[part="edit-error"]'));
    await idle(model);
    expect(bar(model)).toMatch(/^1 edit zero/);
  });

  test.each([
    ['nonsense', 'got "the end"|got the end'],
    ['hook_embedd:zero', 'hook_embedd'],
    ['hook_embed:set=@file.safetensors#x', 'a page reads no files'],
    ['</script><img src=x onerror=alert(1)>:zero', 'img'],
  ])('tells of %s in a sentence, as text', async (edit, says) => {
    const model = await edited(HEAD);
    ask(model, { add: [edit] });
    await until(() => model.shadowRoot!.querySelector('[part="edit-error"]'));
    expect(textOf(part(model, 'edit-error'))).toMatch(new RegExp(says));
    expect(model.shadowRoot!.querySelector('img')).toBeNull();
  });

  test('tells with which edits a recording was made', async () => {
    const live = await edited(HEAD);
    await until(() => effects(live).length === 1);
    const [effect] = effects(live);
    const answers = new Map([['effects?', effects(live).map((one) => one.slice(0, -1))]]);
    const urls = await Promise.all(
      [answers, new Map([['effects?', [1]]])].map(async (told) =>
        URL.createObjectURL(new Blob([await writeTrace(live.trace!, { answers: told })])),
      ),
    );
    live.remove();
    const model = document.createElement('fluoro-model');
    model.recording = urls[0]!;
    await mount(model);
    await until(() => model.state === 'recorded' && model.shadowRoot!.querySelector('[part="edits"]'));
    expect(bar(model)).toBe(`Recorded with edits: zero at head 0 of ${Z}. It ${effect}`);
    model.recording = urls[1]!;
    await until(() => model.state === 'recorded' && effects(model).length === 0);
    expect(bar(model)).toBe(`Recorded with edits: zero at head 0 of ${Z}.`);
  });

  test('says that edits are not in the recording that is shown', async () => {
    expect(bar(await recordedWith([], HEAD))).toMatch(/^1 edit, not in what is shown zero at head 0/);
  });

  test('says that edits are in the recording that is shown, with what each has changed', async () => {
    const model = await recordedWith([HALF, HEAD], HEAD, `${Z}[head=1, pos=5:]:scale=0.5`);
    expect(bar(model)).toMatch(
      /^2 edits, in what is shown: the recording was made with them zero at head 0 .* × told of 1. scale by 0.5 at head 1, pos 5 on /,
    );
    expect(effects(model)).toEqual(['told of 1.', 'told of 0.']);
    ask(model, { set: [] });
    await until(() => bar(model).startsWith('Recorded with edits: '));
    await expectAccessible(model);
  });

  test.each([
    [
      [HEAD],
      [HALF],
      `other than in what is shown: the recording was made without ${describeSpec(HALF)}, with ${describeSpec(HEAD)} besides`,
    ],
    [[HEAD], [HEAD, HALF], `other than in what is shown: the recording was made without ${describeSpec(HALF)}`],
    [
      [HEAD, HALF],
      [HEAD],
      `other than in what is shown: the recording was made with scale by 0.5 at head 1, pos -1 of ${Z} besides`,
    ],
    [
      ['hook_embed:add=2', 'hook_embed:zero'],
      ['hook_embed:zero', 'hook_embed:add=2'],
      'other than in what is shown: the recording was made with them in another order',
    ],
    [
      ['hook_embed:set=2'],
      ['hook_embed:set=1'],
      'other than in what is shown: the recording was made without set to 1 of hook_embed, with set to 2 of hook_embed besides',
    ],
    [
      ['hook_embed:freeze'],
      ['hook_embed:mean'],
      'perhaps in what is shown: the recording was made with values that it does not tell for mean over batch of hook_embed',
    ],
    [
      ['blocks.1.hook_resid_pre:zero'],
      ['blocks.0.hook_resid_post:zero'],
      'in what is shown: the recording was made with it',
    ],
    [
      ['hook_embed:zero'],
      ['hook_embed[head=0]:zero'],
      'other than in what is shown: the recording was made without zero at head 0 of hook_embed, with zero of hook_embed besides',
    ],
    [[HEAD], [HEAD, 'no edit'], 'other than in what is shown: the recording was made without no edit'],
  ])('a recording with %s beside a page with %s', async (recorded, asked, says) => {
    const model = await recordedWith(recorded, ...asked);
    expect(textOf(model.shadowRoot!.querySelector('.count')!)).toBe(
      `${asked.length === 1 ? '1 edit' : `${asked.length} edits`}, ${says}`,
    );
    expect(bar(model).includes('Recorded with edits')).toBe(!says.startsWith('in '));
  });
});

test.each([
  ['hook_embed:zero', 'zero of hook_embed'],
  ['hook_embed[pos=:3]:freeze', 'freeze at pos 0 up to 3 of hook_embed'],
  ['hook_embed[pos=2:]:set=-1.5', 'set to −1.5 at pos 2 on of hook_embed'],
  ['hook_embed:add=[1,2]', 'add [1, 2] of hook_embed'],
  ['hook_embed:set=[1,2,3,4,5]', 'set to a list of 5 numbers of hook_embed'],
  ['hook_embed:noise=0.1,seed=3', 'noise of 0.1, seed 3 of hook_embed'],
  ['hook_embed:resample', 'resample, seed 0 of hook_embed'],
  ['hook_embed:mean@"a b",over=pos', 'mean over pos of "a b" of hook_embed'],
  ['hook_embed[pos=1]:patch@1,2,from=[pos=0]', 'patch from tokens 1,2, its pos 0, at pos 1 of hook_embed'],
  ['no edit at all', 'no edit at all'],
])('%s is told as %s', (text, words) => {
  expect(describeSpec(text)).toBe(words);
});

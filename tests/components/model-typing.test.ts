/** A prompt that is typed on: the pass takes over the positions that stay as they were, and says so. */
import { describe, expect, test } from 'vitest';
import type { FluoroModel } from '../../components/index';
import type { Trace } from '../../src/index';
import { dispatchesOf } from '../harness/dispatches';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import { explanationOf, mount, mountModel, prepareModel, textOf, until } from './mount';

const bitsOf = async (trace: Trace, name: string) => new Uint32Array((await trace.read(name)).data.slice().buffer);

/** Sets a prompt and waits for its pass. */
async function typed(model: FluoroModel, prompt: string): Promise<Trace> {
  const before = model.trace;
  model.prompt = prompt;
  await until(() => model.state === 'ready' && model.trace !== before);
  return model.trace!;
}

async function expectWhole(trace: Trace, fixture: Fixture, edits?: Parameters<typeof editsOf>[1]): Promise<void> {
  const model = await fixtureModel(fixture);
  const whole = await model.run(trace.tokens, edits ? { edits: await editsOf(trace, edits, fixture) } : {});
  expect(trace.names).toEqual(whole.names);
  for (const name of whole.names) expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
  whole.dispose();
}

async function editsOf(trace: Trace, specs: readonly string[], fixture: Fixture) {
  const [{ editsFor }, { parseEdit }] = await Promise.all([
    import('../../src/edits/make'),
    import('../../src/edits/language'),
  ]);
  return editsFor(await fixtureModel(fixture), trace.tokens, specs.map(parseEdit));
}

describe('the prompt', () => {
  test.each([
    ['typed on', '<bos> a b c a', '<bos> a b c a b', 5],
    ['typed on by several tokens', '<bos> a b', '<bos> a b c a b', 3],
    ['with its last token deleted', '<bos> a b c a b', '<bos> a b c a', 4],
    ['cut short by more', '<bos> a b c a b', '<bos> a b', 2],
    ['with another token in the middle', '<bos> a b c a b', '<bos> a d c a b', 2],
    ['all new', 'a b c', '<bos> a b c', 0],
    ['of one token', '<bos>', 'a', 0],
  ])('%s', async (_, before, after, reused) => {
    const model = await mountModel('induction', before, 'fluoro-program');
    expect([model.trace!.reused, await explanationOf(model)]).toEqual([0, expect.not.stringContaining('taken over')]);
    const trace = await typed(model, after);
    expect(trace.reused).toBe(reused);
    await expectWhole(trace, 'induction');
    const { pos } = trace.program;
    const which = reused === 1 ? 'The first position is' : `The first ${reused} positions are`;
    const says = `${which} taken over, bit for bit, from the pass before, whose tokens are the same up to there; this pass has computed the other ${pos - reused} of ${pos}.`;
    if (reused > 0) expect(await explanationOf(model)).toContain(says);
    else expect(await explanationOf(model)).not.toContain('taken over');
    await until(() => textOf(model.querySelector('fluoro-program')!.shadowRoot!).includes('of intermediate values'));
    const program = model.querySelector('fluoro-program')!;
    const told = ` · run for ${pos - reused} of ${pos} positions, the others taken over from the pass before`;
    await until(() => textOf(program.shadowRoot!).includes(told) === reused > 0);
    // One submit; the scores and the pattern of each layer are joined by one shader.
    const joins = reused > 0 ? model.model!.config.n_layers : 0;
    expect(model.cost).toEqual({ submits: 1, dispatches: dispatchesOf(trace.program) + joins });
  });

  test('of which typing changes the last token: what comes before it is taken over', async () => {
    const model = await mountModel('shakespeare', 'To be, or no');
    const before = model.trace!.tokens[0]!;
    const trace = await typed(model, 'To be, or not to be');
    const same = trace.tokens[0]!.findIndex((id, pos) => id !== before[pos]);
    expect(same).toBe(before.length - 1);
    expect(trace.reused).toBe(same);
    await expectWhole(trace, 'shakespeare');
  });

  test('that fills the context, is too long, and is cut again', async () => {
    const full = `<bos>${' a b'.repeat(31)} c`;
    const model = await mountModel('induction', full.slice(0, -2));
    const { n_ctx } = model.model!.config;
    expect((await typed(model, full)).program.pos).toBe(n_ctx);
    expect(model.trace!.reused).toBe(n_ctx - 1);
    const { trace } = model;
    model.prompt = `${full} d`;
    await until(() => textOf(model.shadowRoot!).includes('tokens'));
    expect(model.trace).toBe(trace);
    const cut = await typed(model, `${full.slice(0, -2)} d`);
    expect(cut.reused).toBe(n_ctx - 1);
    await expectWhole(cut, 'induction');
  });

  test('of a model with other positions ahead of a changed one, and typed as fast as can be: the newest is shown', async () => {
    const model = await mountModel('induction', '<bos>');
    const passes: Trace[] = [];
    model.addEventListener('fluoro-trace', ({ detail }) => passes.push(detail.trace));
    const text = '<bos> a b c a b c a b c a b';
    for (let length = 7; length <= text.length; length += 2) {
      model.prompt = text.slice(0, length);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => model.state === 'ready' && model.trace?.program.pos === 12);
    expect(passes.at(-1)).toBe(model.trace);
    for (const [i, { reused }] of passes.entries()) expect(reused).toBe(i === 0 ? 1 : passes[i - 1]!.program.pos);
    await expectWhole(model.trace!, 'induction');
  });
});

test.each([
  [
    'induction',
    ['<bos> a b c a', '<bos> a b c a b', '<bos> a b c a b c'],
    ['blocks.0.attn.hook_z[head=0,pos=1]:zero', 'blocks.1.hook_resid_pre[pos=-1]:scale=0.5'],
  ],
  [
    'induction',
    ['<bos> a b c a', '<bos> a b c a b', '<bos> a b c a b c'],
    [
      'blocks.0.attn.hook_pattern[head=1]:mean,over=query',
      'blocks.0.attn.hook_z[head=3]:mean@"<bos> a b c d",over=batch+pos',
      'blocks.1.hook_resid_pre[pos=1:3]:patch@"<bos> d c b a"',
    ],
  ],
  [
    'modular-addition',
    ['12', '12 34', '12 34 ='],
    ['hook_embed[pos=0]:patch@"56 78 ="', 'blocks.0.mlp.hook_post[pos=-1]:mean@"1 2 =",over=pos'],
  ],
] as const)(
  '%s, case %#: edits run the whole pass, wherever they are; without them it goes on from the unedited one',
  async (fixture, [first, second, third], specs) => {
    const model = await prepareModel(fixture, first);
    model.edits = specs;
    await mount(model);
    await until(() => model.state === 'ready' && model.clean);
    const before = model.trace!.program.pos;
    const trace = await typed(model, second);
    expect([trace.reused, model.clean!.reused]).toEqual([0, before]);
    expect(await explanationOf(model)).not.toContain('taken over');
    await expectWhole(trace, fixture, specs);
    await expectWhole(model.clean!, fixture);
    model.edits = [];
    await until(() => model.state === 'ready' && model.clean === null);
    expect(model.trace!.reused).toBe(before);
    const next = await typed(model, third);
    expect(next.reused).toBe(before + 1);
    await expectWhole(next, fixture);
  },
);

test('what reads the pass before has its values, and typing the same once more allocates nothing and leaves nothing', async () => {
  const model = await mountModel('induction', '<bos> a b');
  const { counters } = model.model as { counters: { allocations: number; bytesRetained: number } };
  const texts = ['<bos> a b c', '<bos> a b c a', '<bos> a b c a b', '<bos> a b c a', '<bos> a b c', '<bos> a b'];
  const round = async () => {
    for (const text of texts) {
      const before = model.trace!;
      const [name, whole] = ['blocks.1.attn.hook_pattern', await before.read('blocks.1.attn.hook_pattern')];
      model.prompt = text;
      const late = before.read(name); // Asked for while the next pass begins.
      await until(() => model.state === 'ready' && model.trace !== before);
      expect(await late).toEqual(whole);
      await expect(before.read(name)).rejects.toMatchObject({ code: 'disposed' });
    }
    const { allocations, bytesRetained } = counters;
    return { allocations, bytesRetained };
  };
  await round();
  const second = await round();
  expect(await round()).toEqual(second);
});

test('a pass that somebody has disposed is not gone on from', async () => {
  const model = await mountModel('induction', '<bos> a b');
  model.trace!.dispose();
  const trace = await typed(model, '<bos> a b c');
  expect(trace.reused).toBe(0);
  await expectWhole(trace, 'induction');
});

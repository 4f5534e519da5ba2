/** `<fluoro-compare>` over a recording that holds the other pass: of a prompt without its edits, or of another prompt. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { FluoroCompare, FluoroModel } from '../../components/index';
import type { FluoroHeatmap } from '../../components/shared/heatmap';
import { readTrace, type Trace, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import { noneLoaded } from '../harness/none-loaded';
import { expectAccessible, grid, mount, openTable, part, prepareModel, textOf, until } from './mount';

const LIMIT = 150_000; // bytes, compressed
const PATTERN = 'blocks.0.attn.hook_pattern';

/** By model: a prompt of 32 tokens or, of modular addition, the only length there is; another prompt; an edit. */
const PROMPTS = {
  shakespeare: [
    'ROMEO:\nBut, soft! what light through yonder window breaks?\nIt is the east, and Juliet is the sun.\nArise, fair sun, and kill the',
    'ROMEO:\nBut, hark! what night through yonder window breaks?\nIt is the west, and Juliet is the moon',
    'blocks.1.attn.hook_z[head=0]:zero',
  ],
  induction: [
    `<bos> ${[...'zeTgD20PkWabcdfh', ...'zeTgD20PkWabcdf'].join(' ')}`,
    `<bos> ${[...'zeTgD20PkWabcdfh', ...'zeTgD20PkWabcde'].join(' ')}`,
    'blocks.1.attn.hook_z[head=0]:zero',
  ],
  'modular-addition': ['12 34 =', '56 34 =', 'blocks.0.attn.hook_z[head=1]:zero'],
} as const;

interface Mounted {
  readonly model: FluoroModel;
  readonly compare: FluoroCompare;
}

async function mountLive(fixture: Fixture, attributes: Partial<FluoroCompare>, edits: string[] = []): Promise<Mounted> {
  const { tokenizer } = await fixtureModel(fixture);
  const ids = tokenizer!.encode(PROMPTS[fixture][0]).slice(0, 32);
  const text = fixture === 'shakespeare' ? tokenizer!.decode(ids) : PROMPTS[fixture][0];
  const model = await prepareModel(fixture, text, 'fluoro-compare');
  model.edits = edits;
  const compare = model.querySelector('fluoro-compare')!;
  Object.assign(compare, attributes);
  await mount(model);
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  await compare.settled();
  expect(model.trace!.program.pos).toBe(fixture === 'modular-addition' ? 3 : 32);
  return { model, compare };
}

async function recorded({ model, compare }: Mounted, tensors: string[] = []): Promise<Uint8Array<ArrayBuffer>> {
  await compare.record(tensors);
  return writeTrace(model.trace!, { hooks: compare.needs(model.trace!) });
}

/** A recording in an element of its own, without its model. */
async function over(trace: Trace, attributes: Partial<FluoroCompare> = {}): Promise<FluoroCompare> {
  const compare = document.createElement('fluoro-compare');
  Object.assign(compare, { trace, ...attributes });
  await mount(compare);
  await compare.settled();
  return compare;
}

/** All that is read, and the numbers of the maps. */
async function figure(compare: FluoroCompare) {
  const text = document.createElement('div');
  text.append(...[...compare.shadowRoot!.querySelectorAll('figure > div')].map((one) => one.cloneNode(true)));
  const maps = await Promise.all(['left', 'difference', 'right'].map((name) => grid(compare, name)));
  return {
    text: textOf(text),
    maps: (maps as FluoroHeatmap[]).map(({ matrix, rowLabels, colLabels, min, max }) => {
      const { rows, cols, values, isVoid } = matrix;
      const drawn = Array.from(values, (value, i) => (isVoid?.(i) ? 'void' : value));
      return { rows, cols, drawn, rowLabels, colLabels, min, max };
    }),
  };
}

async function compressed(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

beforeAll(() => fixtureModel('induction'));

describe.each(Object.keys(PROMPTS) as Fixture[])('%s', (fixture) => {
  const [, otherPrompt, edit] = PROMPTS[fixture];

  test.each([
    ['two prompts', { otherPrompt }, []],
    ['two prompts, by a pattern', { otherPrompt, tensor: PATTERN }, []],
    ['clean and edited', {}, [edit]],
    ['clean and edited, by a pattern', { tensor: PATTERN }, [edit]],
  ] as const)('%s are shown from a small recording as they were live', async (_, attributes, edits) => {
    const live = await mountLive(fixture, attributes, [...edits]);
    const before = await figure(live.compare);
    const bytes = await recorded(live);
    const size = await compressed(bytes);
    console.info(`${fixture}, ${JSON.stringify(attributes).slice(0, 40)}: ${bytes.length}, ${size} compressed`);
    expect(size).toBeLessThanOrEqual(LIMIT);
    const trace = readTrace(bytes);
    expect(trace.names).toEqual([]);
    const compare = await over(trace, attributes);
    expect(await figure(compare)).toEqual(before);
    if (fixture === 'modular-addition') await expectAccessible(compare);
  });
});

describe('of a recording', () => {
  const other = '<bos> z e T g D';

  test('prompts of different lengths are paired from the start and from the end', async () => {
    const live = await mountLive('induction', { otherPrompt: other, tensor: PATTERN });
    const trace = readTrace(await recorded(live));
    const compare = await over(trace, { otherPrompt: other, tensor: PATTERN });
    for (const align of ['end', 'start'] as const) {
      for (const one of [live.compare, compare]) {
        one.align = align;
        await one.updateComplete;
        await one.settled();
        expect(textOf(part(one, 'pairing'))).toContain(align === 'end' ? 'pos 26 to 31 with pos 0 to 5' : 'pos 0 to 5');
      }
      expect(await figure(compare)).toEqual(await figure(live.compare));
    }
  });

  test('a map that it lacks is said to be lacking, and the model offered; one that was asked for is there', async () => {
    const [edits, asked] = [[PROMPTS.induction[2]], 'blocks.1.hook_attn_out'];
    const live = await mountLive('induction', {}, edits);
    const bytes = await recorded(live, [asked]);
    const alone = await over(readTrace(bytes));
    const names = [...alone.shadowRoot!.querySelectorAll<HTMLElement>('[part="tensor"]')];
    const choose = (name: string) => names.find((one) => textOf(one).startsWith(name))!.click();
    choose(asked);
    await until(() => alone.shadowRoot!.querySelector('.tensor-head .name')?.textContent === asked);
    choose(PATTERN);
    await until(() => alone.shadowRoot!.querySelector('[part="maps-message"]'));
    expect(textOf(part(alone, 'maps-message'))).toBe(
      `This recording has no map of ${PATTERN}, and a recorded trace comes without its model: put this element into a <fluoro-model> with a src.`,
    );
    expect(alone.shadowRoot!.querySelector('[part="verdict"]')).not.toBe(null);
    await expectAccessible(alone);
    const url = URL.createObjectURL(new Blob([bytes]));
    live.model.remove();
    await noneLoaded(); // Else the next one turns live by itself.
    const model = await prepareModel('induction', PROMPTS.induction[0], 'fluoro-compare');
    Object.assign(model, { recording: url, loading: 'click', edits });
    await mount(model);
    const compare = model.querySelector('fluoro-compare')!;
    await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
    expect(model.trace!.kind).toBe('recorded');
    expect(textOf(part(compare, 'verdict'))).toBe(textOf(part(alone, 'verdict')));
    model.select({ tensor: PATTERN });
    await until(() => compare.shadowRoot!.querySelector('[part="maps-message"]'));
    part(compare, 'ask').click();
    await until(() => model.trace?.kind === 'live');
    await until(() => compare.shadowRoot!.querySelector('.tensor-head .name')?.textContent === PATTERN);
    expect(compare.shadowRoot!.querySelector('[part="maps-message"]')).toBe(null);
    URL.revokeObjectURL(url);
  });

  test('another prompt than it holds takes the model', async () => {
    const live = await mountLive('induction', { otherPrompt: other });
    const trace = readTrace(await recorded(live));
    const compare = await over(trace, { otherPrompt: `${other} 2` });
    expect(textOf(part(compare, 'message'))).toContain('a recorded trace has none');
    expect(part(compare, 'message').className).toBe('notice');
  });

  test('its table has every tensor', async () => {
    const live = await mountLive('induction', {}, [PROMPTS.induction[2]]);
    const compare = await over(readTrace(await recorded(live)));
    const rows = async (one: FluoroCompare) => textOf(await openTable(one));
    const before = await rows(live.compare);
    expect(await rows(compare)).toBe(before);
    expect(before).toContain('blocks.1.attn.hook_z');
  });
});

describe('an answer that is none is told, and nothing else happens', () => {
  const key = 'compare?align=start';
  const maps = 'compare?align=start&tensor=unembed.hook_out';
  let held: Map<string, unknown>;
  let trace: Trace;

  beforeAll(async () => {
    const model = await fixtureModel('induction');
    const [clean, edited] = [await model.run('<bos> a b a'), await model.run('<bos> a b a', { edits: [silence] })];
    const { recordPair } = await import('../../components/compare/record');
    const asked = { kind: 'edits', other: null, tensors: [null], text: String } as const;
    await recordPair(edited, [clean, edited], asked, new AbortController().signal);
    held = new Map(edited.answers);
    trace = edited;
    clean.dispose();
    return () => edited.dispose();
  });
  const silence = { at: 'blocks.1.attn.hook_z', slice: { head: 0 }, op: 'zero' } as const;

  // biome-ignore lint/suspicious/noExplicitAny: what is broken has no type
  test.each<[string, (good: any) => unknown, string]>([
    [key, () => null, 'it is no object'],
    [key, (good) => ({ ...good, tokens: [] }), 'it.tokens is empty'],
    [key, (good) => ({ ...good, tokens: [0, 1, 2, -1] }), 'it.tokens[3] is no index'],
    [key, (good) => ({ ...good, labels: ['a'] }), 'it.labels has 1 items, expected 4'],
    [key, (good) => ({ ...good, tokens: [0, 1], labels: ['a', 'b'] }), 'it.next has 4 items, expected 2'],
    [key, (good) => ({ ...good, tensors: [] }), 'it.tensors is empty'],
    [key, (good) => ({ ...good, tensors: good.tensors.toReversed() }), 'it.tensors[1].step is before the last'],
    [key, (good) => ({ ...good, tensors: [good.tensors[0], good.tensors[0]] }), 'it.tensors has one twice'],
    [key, (good) => first(good, { tensor: 'embed.W_E' }), 'it.tensors[0] is none that a step writes'],
    [key, (good) => first(good, { of: 255 }), 'it.tensors[0].of is not 256'],
    [key, (good) => first(good, { count: 1e9 }), 'it.tensors[0].count is more than 256'],
    [key, (good) => first(good, { count: 1 }), 'it.tensors[0].first is missing'],
    [key, (good) => first(good, { largest: Number.NaN }), 'it.tensors[0].first is missing'],
    [key, (good) => last(good, { largest: -1 }), 'largest is no distance'],
    [key, (good) => last(good, { largest: Number.NaN }), 'largest is no distance'],
    [key, (good) => last(good, { first: { at: { pos: 4, vocab: 0 }, values: [0, 1] } }), 'first.at.pos is not below 4'],
    [key, (good) => last(good, { first: { at: { vocab: 0 }, values: [0, 1] } }), 'first.at.pos is no index'],
    [key, (good) => last(good, { first: { at: { pos: 0, vocab: 0 }, values: [0] } }), 'first.values has 1 items'],
    [key, (good) => likely(good, { id: 65 }), 'it.next[0][0].id is not below 65'],
    [key, (good) => likely(good, { probabilities: [0, 2] }), 'it.next[0][0].probabilities[1] is no probability'],
    [
      key,
      (good) => ({ ...good, next: good.next.map(() => Array(11).fill(good.next[0][0])) }),
      'has more than 10 items',
    ],
    [key, (good) => ({ ...good, texts: [[1, 2]] }), 'it.texts[0].1 is no text'],
    [key, (good) => ({ ...good, texts: ['ab'] }), 'it.texts[0] is no list'],
    [maps, () => [], 'it has 0 items, expected 1'],
    [maps, ([one]) => [{ ...one, rows: one.rows.slice(1) }], 'it[0].rows has 15 items, expected 16'],
    [maps, ([one]) => [{ ...one, rows: one.rows.with(0, 65) }], 'it[0].rows[0] is not below 65'],
    [maps, ([one]) => [{ ...one, rows: one.rows.fill(1) }], "it[0].rows are not the tensor's"],
    [maps, ([one]) => [{ ...one, left: [] }], 'it[0].left has 0 items, expected 64'],
    [maps, ([one]) => [{ ...one, right: one.right.map(String) }], 'it[0].right[0] is no number'],
    [maps, ([one]) => [{ ...one, right: one.right.with(3, null) }], 'it[0] lacks values on one side'],
  ])('%s %#', async (broken, breaking, sentence) => {
    const answers = new Map(held).set(broken, breaking(structuredClone(held.get(broken))));
    const compare = await over(readTrace(await writeTrace(trace, { hooks: [], answers })));
    const message = part(compare, 'message');
    expect(message.role).toBe('alert');
    expect(textOf(message)).toContain(`The recorded answer ${broken} cannot be shown: `);
    expect(textOf(message)).toContain(sentence);
  });

  test('and the one that is good is shown', async () => {
    const compare = await over(readTrace(await writeTrace(trace, { hooks: [], answers: held })));
    expect(textOf(part(compare, 'verdict'))).toContain('blocks.1.attn.hook_z');
  });
});

interface Loose {
  readonly tensors: readonly object[];
  readonly next: readonly (readonly object[])[];
}
const first = (good: Loose, change: object) => ({ ...good, tensors: [{ ...good.tensors[0], ...change }] });
const last = (good: Loose, change: object) => ({ ...good, tensors: [{ ...good.tensors.at(-1), ...change }] });
const likely = (good: Loose, change: object) => ({
  ...good,
  next: [[{ ...good.next[0]![0], ...change }], ...good.next.slice(1)],
});

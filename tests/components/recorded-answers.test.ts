/** Components that ask the model, over recordings that hold its answers, and over some that lie. */
import { describe, expect, test } from 'vitest';
import { answerKey } from '../../components/shared/answers';
import { RecordedTrace, readTrace, type Trace, writeTrace } from '../../src/index';
import { expectAccessible, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> z e T g D 2 0 P k W z e T g D 2';

interface Asking extends HTMLElement {
  readonly data: unknown;
  readonly updateComplete: Promise<boolean>;
  trace: Trace | null;
}
const dataOf = (element: HTMLElement) => (element as Asking).data;

async function live<Tag extends 'fluoro-lens' | 'fluoro-attribution'>(tag: Tag, attributes: object = {}) {
  const model = await mountModel('induction', PROMPT, tag);
  const element = model.querySelector(tag)!;
  Object.assign(element, attributes);
  await element.updateComplete;
  await until(() => dataOf(element) !== null);
  return { model, element };
}

/** An element on its own over a recording. */
async function over<Tag extends 'fluoro-lens' | 'fluoro-attribution'>(tag: Tag, trace: Trace, attributes: object = {}) {
  const element = document.createElement(tag);
  Object.assign(element, attributes, { trace });
  await mount(element);
  await element.settled();
  return element;
}

test.each(['fluoro-lens', 'fluoro-attribution'] as const)(
  '%s tells NaN of a recording as it does live',
  async (tag) => {
    const model = await prepareModel('shakespeare', 'I pray you, I pray ha ha ha ha ha ha ha ha ha', tag);
    await mount(Object.assign(model, { edits: ['blocks.1.attn.hook_z[head=0]:scale=1e38'] }));
    await until(() => model.trace?.answers?.size);
    const element = model.querySelector(tag)!;
    await element.settled();
    const recorded = readTrace(await writeTrace(model.trace!, { hooks: [] }));
    const alone = await over(tag, recorded);
    await Promise.all([element, alone].map((one) => until(() => textOf(one.shadowRoot!).includes('The logits here'))));
    expect(
      textOf(alone.shadowRoot!)
        .replace(/This is a recording without its model: .*/, '')
        .trim(),
    ).toBe(textOf(element.shadowRoot!));
    expect(textOf(alone.shadowRoot!).match(/NaN/g)!.length).toBeGreaterThan(2);
  },
);

describe.each([
  ['fluoro-lens', {}, 'lens?frozen=false'],
  ['fluoro-lens', { frozen: true }, 'lens?frozen=true'],
  ['fluoro-attribution', {}, 'attribution?pos=16&top=12'],
  ['fluoro-attribution', { token: 'z', minus: '5' }, 'attribution?minus=5&pos=16&token=z&top=12'],
] as const)('%s %j', (tag, attributes, key) => {
  test('shows from a recording what it shows live', async () => {
    const { model, element } = await live(tag, attributes);
    await until(() => model.trace!.answers!.has(key));
    await until(() => dataOf(element) === model.trace!.answers!.get(key));
    const recorded = readTrace(await writeTrace(model.trace!, { hooks: [] }));
    expect(recorded.answers.get(key)).toEqual(dataOf(element));
    const alone = await over(tag, recorded, attributes);
    expect(dataOf(alone)).toEqual(dataOf(element));
    expect(textOf(alone.shadowRoot!)).toBe(textOf(element.shadowRoot!));
    await expectAccessible(alone);
  });

  test('says of a recording without this answer that it takes the model', async () => {
    const { model } = await live(tag, attributes);
    const answers = new Map([['another', 1]]);
    const alone = await over(tag, readTrace(await writeTrace(model.trace!, { answers })), attributes);
    expect(textOf(part(alone, 'message'))).toContain('a recorded trace has none');
    expect(part(alone, 'message').className).toBe('notice');
  });
});

test('a live trace is asked once for what it has answered', async () => {
  const { model, element } = await live('fluoro-lens');
  const first = dataOf(element);
  element.frozen = true;
  await until(() => dataOf(element) !== first);
  element.frozen = false;
  await until(() => dataOf(element) === first);
  expect([...model.trace!.answers!.keys()]).toEqual(['prompt?', 'lens?frozen=false', 'lens?frozen=true']);
});

test('keys are sorted by parameter and escaped', () => {
  expect(answerKey('x', { b: 1, a: '&=é ', c: null, d: undefined, e: false })).toBe('x?a=%26%3D%C3%A9+&b=1&e=false');
});

describe('an answer that is none is told, and nothing else happens', () => {
  const broken: ['fluoro-lens' | 'fluoro-attribution', string, (good: never) => unknown, string][] = [
    ['fluoro-lens', 'lens?frozen=false', () => null, 'it is no object'],
    ['fluoro-lens', 'lens?frozen=false', () => [], 'it is no object'],
    ['fluoro-lens', 'lens?frozen=false', () => 'a lens', 'it is no object'],
    ['fluoro-lens', 'lens?frozen=false', (good: object) => ({ ...good, streams: 3 }), 'it.streams is no list'],
    ['fluoro-lens', 'lens?frozen=false', (good: object) => ({ ...good, streams: [] }), 'it.streams is empty'],
    ['fluoro-lens', 'lens?frozen=false', (good: object) => ({ ...good, labels: ['a'] }), 'it.labels has 1 items'],
    [
      'fluoro-lens',
      'lens?frozen=false',
      ({ streams, ...good }: { streams: object[] }) => ({ ...good, streams: [{ ...streams[0], cells: [] }] }),
      'it.streams[0].cells has 0 items, expected 17',
    ],
    [
      'fluoro-lens',
      'lens?frozen=false',
      ({ streams, ...good }: { streams: { cells: object[] }[] }) => ({
        ...good,
        streams: streams.map(({ cells, ...rest }) => ({
          ...rest,
          cells: cells.map(({ ...cell }) => ({ ...cell, kl: 'x' })),
        })),
      }),
      'it.streams[0].cells[0].kl is no number',
    ],
    ['fluoro-attribution', 'attribution?pos=16&top=12', () => ({}), 'it.labels is no list'],
    [
      'fluoro-attribution',
      'attribution?pos=16&top=12',
      (good: { bars: object[] }) => ({ ...good, bars: Array(5000).fill(good.bars[0]) }),
      'it.bars has more than 4096 items',
    ],
    ['fluoro-attribution', 'attribution?pos=16&top=12', (good: object) => ({ ...good, pos: 1 }), 'it.pos is not 16'],
    [
      'fluoro-attribution',
      'attribution?pos=16&top=12',
      (good: object) => ({ ...good, token: { text: 'a', problem: null } }),
      'it.token.id is no index',
    ],
    [
      'fluoro-attribution',
      'attribution?pos=16&top=12',
      (good: object) => ({ ...good, bars: [{ name: 'x', kind: 'king', label: 'x', value: 1 }] }),
      'it.bars[0].kind is no one of embed, pos_embed',
    ],
    [
      'fluoro-attribution',
      'attribution?pos=16&top=12',
      (good: object) => ({ ...good, bars: [{ name: 'x', kind: 'head', label: 'x', value: 1, layer: 0 }] }),
      'it.bars[0] has no head',
    ],
  ];

  test.each(broken)('%s %s %#', async (tag, key, breaking, sentence) => {
    const { model, element } = await live(tag);
    await until(() => model.trace!.answers!.has(key));
    const answers = new Map([[key, breaking(dataOf(element) as never)]]);
    const recorded = readTrace(await writeTrace(model.trace!, { answers }));
    expect(recorded).toBeInstanceOf(RecordedTrace);
    const alone = await over(tag, recorded);
    const message = part(alone, 'message');
    expect(message.role).toBe('alert');
    expect(textOf(message)).toContain(`The recorded answer ${key} cannot be shown: ${sentence}`);
  });
});

/** What a recording for one component has to hold: enough for it to show the same, and little. */
import { describe, expect, test } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { readTrace, type Trace, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import { mount, mountModel, textOf } from './mount';

const LIMIT = 150_000; // bytes, compressed

const PROMPTS = {
  shakespeare:
    'ROMEO:\nBut, soft! what light through yonder window breaks?\nIt is the east, and Juliet is the sun.\nArise, fair sun, and kill the',
  induction: `<bos> ${[...'zeTgD20PkWabcdfh', ...'zeTgD20PkWabcdf'].join(' ')}`,
  'modular-addition': '12 34 =',
} as const;
const COMPONENTS = ['tokens', 'heads', 'neurons', 'residual', 'program', 'buffer', 'lens', 'attribution'] as const;

type Component = HTMLElementTagNameMap[`fluoro-${(typeof COMPONENTS)[number]}`];

async function compressed(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/** An element of its own over a trace, once it is drawn. */
async function over(name: (typeof COMPONENTS)[number], trace: Trace): Promise<Component> {
  const element = document.createElement(`fluoro-${name}`) as Component;
  element.trace = trace;
  await mount(element);
  await element.settled();
  return element;
}

/** The model's answers to what the component asks at every position. */
async function visit(model: FluoroModel, element: Component): Promise<void> {
  await element.settled();
  for (let pos = 0; pos < model.trace!.program.pos; pos++) {
    model.select({ pos, query: pos });
    await element.settled();
  }
}

describe.each(Object.entries(PROMPTS))('%s', (fixture, prompt) => {
  test.each(COMPONENTS)('%s shows from the cut recording what it shows from the whole', async (name) => {
    const { tokenizer } = await fixtureModel(fixture as Fixture);
    const ids = tokenizer!.encode(prompt).slice(0, 32);
    const text = fixture === 'shakespeare' ? ids.map((id) => tokenizer!.token(id)).join('') : prompt;
    const model = await mountModel(fixture, text, `fluoro-${name}`);
    const trace = model.trace!;
    expect(trace.program.pos).toBe(fixture === 'modular-addition' ? 3 : 32);
    const element = model.querySelector(`fluoro-${name}`)!;
    await visit(model, element);
    const cut = await writeTrace(trace, { hooks: element.needs(trace) });
    expect(await compressed(cut)).toBeLessThanOrEqual(LIMIT);
    const whole = await over(name, readTrace(await writeTrace(trace)));
    const small = await over(name, readTrace(cut));
    if (fixture === 'induction' && name === 'neurons') {
      expect(textOf(small.shadowRoot!)).toContain('This model has no neurons');
      return;
    }
    expect(small.shadowRoot!.querySelector('[part~="message"]')).toBeNull();
    if (name === 'residual') {
      expect(textOf(small.shadowRoot!)).toContain('Not in this trace: ');
      const lines = (one: Component) => [...one.shadowRoot!.querySelectorAll('[role="option"]')].map(textOf);
      expect(lines(whole)).toEqual(expect.arrayContaining(lines(small)));
      expect(lines(small).length).toBeGreaterThan(1);
      return;
    }
    const shown = (one: Component) => {
      const copy = document.createElement('div');
      copy.append(...[...one.shadowRoot!.children].map((child) => child.cloneNode(true)));
      for (const choice of copy.querySelectorAll('select')) choice.remove(); // of what else the recording holds
      return textOf(copy);
    };
    expect(shown(small)).toBe(shown(whole));
  });
});

test('texts of likely tokens that a recording holds are shown, whatever else it holds there', async () => {
  const model = await mountModel('induction', PROMPTS.induction, 'fluoro-tokens');
  const trace = model.trace!;
  for (const [texts, expected] of [
    [{ 17: 'seventeen' }, /seventeen/],
    [null, /\[17\]/],
    [{ 17: 3 }, /\[17\]/],
    ['texts', /\[17\]/],
  ] as const) {
    const answers = new Map<string, unknown>([['texts?', texts]]);
    const recorded = readTrace(await writeTrace(trace, { hooks: ['unembed.hook_out'], answers }));
    const read = recorded.read.bind(recorded);
    recorded.read = async (name, slice) => {
      const tensor = await read(name, slice);
      const data = tensor.data.slice();
      data[17] = 99; // so that it is the likeliest
      return { ...tensor, data };
    };
    const tokens = await over('tokens', recorded);
    expect(textOf(tokens.shadowRoot!.querySelector('[part~="next"]')!)).toMatch(expected);
  }
});

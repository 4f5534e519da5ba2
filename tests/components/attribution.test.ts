import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { typedToken } from '../../components/attribution/typed-token';
import type { FluoroAttribution, SelectEvent } from '../../components/index';
import { visibleToken } from '../../components/shared/text';
import { readTrace, writeTrace } from '../../src/index';
import { type Fixture, fixtureModel } from '../harness/fixtures';
import { expectAccessible, grid, mount, mountModel, part, textOf, until } from './mount';

const PROMPT = 'To be, or not to be';

async function mountAttribution(fixture: Fixture, prompt: string, attributes = {}, ...siblings: string[]) {
  const model = await mountModel(fixture, prompt, 'fluoro-attribution', ...siblings);
  model.style.width = '900px';
  const attribution = model.querySelector('fluoro-attribution')!;
  for (const [name, value] of Object.entries(attributes)) attribution.setAttribute(name, String(value));
  await settled(attribution);
  return { model, attribution };
}

async function settled(attribution: FluoroAttribution): Promise<void> {
  await attribution.updateComplete;
  const { shadowRoot } = attribution;
  await until(() => shadowRoot!.querySelector('[part="sum"]') && !shadowRoot!.querySelector('.stale'));
}

const options = (attribution: FluoroAttribution) => [
  ...attribution.shadowRoot!.querySelectorAll<HTMLElement>('[role="option"]'),
];

/** Label and value of each bar, as they are shown. */
const shown = (attribution: FluoroAttribution): [string, number][] =>
  options(attribution).map((option) => {
    const [label, , value] = [...option.children].map(textOf);
    return [label!, Number(value!.replace('−', '-'))];
  });

const labels = (attribution: FluoroAttribution) => shown(attribution).map(([label]) => label);
const sum = (attribution: FluoroAttribution) => textOf(part(attribution, 'sum'));
const title = (attribution: FluoroAttribution) => textOf(attribution.shadowRoot!.querySelector('.title')!);

async function type(attribution: FluoroAttribution, name: 'token' | 'minus', text: string): Promise<void> {
  const input = part<HTMLInputElement>(attribution, name);
  input.value = text;
  input.dispatchEvent(new Event('change'));
  await settled(attribution);
}

async function pick(attribution: FluoroAttribution, id: 'sort' | 'neurons', value: string): Promise<void> {
  const select = attribution.shadowRoot!.querySelector<HTMLSelectElement>(`#${id}`)!;
  select.value = value;
  select.dispatchEvent(new Event('change'));
  await settled(attribution);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((total, x, i) => total + x * b[i]!, 0);

beforeEach(() => commands.colorScheme('light'));

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const { model, attribution } = await mountAttribution('shakespeare', PROMPT, { neurons: 1, minus: '.' });
  model.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
  await expectAccessible(model);
  await type(attribution, 'token', 'no such token');
  await expectAccessible(model);
});

test('a bar for every part, in the order of computation, and together they are the logit', async () => {
  const { model, attribution } = await mountAttribution('shakespeare', PROMPT);
  const layer = (l: number) => [
    ...[0, 1, 2, 3].map((head) => `head ${l}.${head}`),
    ...[`b_O ${l}`, `MLP ${l}`, `b_out ${l}`],
  ];
  expect(labels(attribution)).toEqual([
    ...['embedding', 'position'],
    ...[0, 1, 2, 3].flatMap(layer),
    ...['ln_final.b', 'unembed.b_U'],
  ]);
  const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
  const logit = Math.max(...data);
  const first = visibleToken(model.model!.tokenizer!.token(data.indexOf(logit)));
  expect(title(attribution)).toBe(`What wrote the logit of ${first} after ·be (pos 6)`);
  expect(sum(attribution)).toMatch(
    new RegExp(
      `^sum of 32 parts [\\d.]+ − logit ${logit.toFixed(6)} = gap [−\\d.e]+; within the float bound [\\d.e−]+$`,
    ),
  );
  expect(part(attribution, 'sum').className).toBe('sum');
  const total = shown(attribution).reduce((all, [, value]) => all + value, 0);
  expect(Math.abs(total - logit) <= 32 * 0.0005 + 1e-5).toBe(true);
});

test('the parts are what each wrote, through the unembedding', async () => {
  const { model, attribution } = await mountAttribution('modular-addition', '12 34 =', { neurons: 0, top: 512 });
  const own = await fixtureModel('modular-addition');
  const trace = model.trace!;
  const at = { batch: 0, pos: 2 };
  const W_U = await own.weight('unembed.W_U');
  const column = Array.from({ length: 128 }, (_, i) => W_U.data[i * 113 + 46]!);
  const W_out = await own.weight('blocks.0.mlp.W_out');
  const [embed, post] = await Promise.all([trace.read('hook_embed', at), trace.read('blocks.0.mlp.hook_post', at)]);
  const bars = new Map(shown(attribution));
  expect(bars.size).toBe(2 + 4 + 1 + 512 + 1 + 1);
  const check = (label: string, value: number) => {
    expect(Math.abs(bars.get(label)! - value) <= 0.00051, `${label}: ${bars.get(label)}, ${value}`).toBe(true);
  };
  check('embedding', dot(embed.data, column));
  for (const head of [0, 1, 2, 3]) {
    const { data } = await trace.read('blocks.0.attn.hook_result', { ...at, head });
    check(`head 0.${head}`, dot(data, column));
  }
  for (const [neuron, value] of post.data.entries()) {
    check(`neuron 0.${neuron}`, value * dot(W_out.data.subarray(128 * neuron, 128 * (neuron + 1)), column));
  }
});

test('shows the largest neurons, and the others as one bar', async () => {
  const { attribution } = await mountAttribution('modular-addition', '12 34 =', { neurons: 0, top: 512 });
  const all = shown(attribution).filter(([label]) => label.startsWith('neuron'));
  const before = sum(attribution);
  attribution.top = 5;
  await settled(attribution);
  const largest = [...all].sort(([, a], [, b]) => Math.abs(b) - Math.abs(a)).slice(0, 5);
  const some = shown(attribution).filter(([label]) => label.startsWith('neuron'));
  expect(some).toEqual(all.filter((one) => largest.includes(one)));
  const others = all.filter((one) => !largest.includes(one)).reduce((total, [, value]) => total + value, 0);
  const rest = shown(attribution).find(([label]) => label === 'other neurons')!;
  expect(Math.abs(rest[1] - others) <= 507 * 0.0005).toBe(true);
  expect(options(attribution)[12]!.title).toBe('the other 507 of blocks.0.mlp.neuron');
  expect(sum(attribution)).toBe(before);
  await pick(attribution, 'neurons', '');
  expect(labels(attribution)).toContain('MLP 0');
  expect(labels(attribution).filter((label) => label.includes('neuron'))).toEqual([]);
});

test('the largest bar comes first where that is chosen', async () => {
  const { attribution } = await mountAttribution('shakespeare', PROMPT);
  const values = shown(attribution);
  await pick(attribution, 'sort', 'size');
  const sizes = shown(attribution).map(([, value]) => Math.abs(value));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(new Map(shown(attribution))).toEqual(new Map(values));
  await pick(attribution, 'sort', 'computation');
  expect(shown(attribution)).toEqual(values);
});

test('bars lie on either side of one line, as long as their values', async () => {
  const { attribution } = await mountAttribution('shakespeare', PROMPT, { minus: '.' });
  const values = shown(attribution).map(([, value]) => value);
  const range = Math.max(0, ...values) - Math.min(0, ...values);
  const zero = -Math.min(0, ...values) / range;
  for (const [i, option] of options(attribution).entries()) {
    const [track, bar] = [option.children[1]!, option.querySelector('i')!].map((one) => one.getBoundingClientRect());
    const start = track!.left + zero * track!.width;
    expect(Math.abs((values[i]! < 0 ? bar!.right : bar!.left) - start)).toBeLessThan(1);
    expect(Math.abs(bar!.width - Math.max(1, (Math.abs(values[i]!) / range) * track!.width))).toBeLessThan(1);
  }
});

describe('the token', () => {
  test.each([
    ['46', 46],
    ['·the', ' the'],
    ['⏎', '\n'],
    ['to be', 'to be'],
    ['"46"', '46'],
    ['"·"', '·'],
    [visibleToken(' שלום'), ' שלום'],
  ])('typed as %j is %j', (typed, token) => expect(typedToken(typed)).toBe(token));

  test('can be chosen, and one to compare with', async () => {
    const { model, attribution } = await mountAttribution('shakespeare', PROMPT);
    const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
    const { tokenizer } = model.model!;
    const [the] = tokenizer!.encode(' the');
    await type(attribution, 'token', '·the');
    expect(title(attribution)).toBe('What wrote the logit of ·the after ·be (pos 6)');
    expect(sum(attribution)).toContain(`logit ${data[the!]!.toFixed(6)} = gap`);
    await type(attribution, 'minus', '5');
    const other = visibleToken(tokenizer!.token(5));
    expect(title(attribution)).toBe(`What wrote logit(·the) − logit(${other}) after ·be (pos 6)`);
    expect(sum(attribution)).toContain(`difference of the logits ${(data[the!]! - data[5]!).toFixed(6)} = gap`);
    await type(attribution, 'minus', '');
    await type(attribution, 'token', '');
    expect(sum(attribution)).toContain(`logit ${Math.max(...data).toFixed(6)} = gap`);
  });

  test('that is none is said so beside it, and the first choice stands in', async () => {
    const { attribution } = await mountAttribution('shakespeare', PROMPT);
    const before = title(attribution);
    await type(attribution, 'token', 'not one token');
    expect(textOf(part(attribution, 'error'))).toMatch(/^"not one token" is \d tokens \(.*\), expected exactly one\.$/);
    const field = part(attribution, 'token');
    expect(field.ariaInvalid).toBe('true');
    expect(field.scrollWidth).toBe(field.clientWidth); // All that is typed is seen.
    expect(part(attribution, 'minus').ariaInvalid).toBe('false');
    expect(title(attribution)).toBe(before);
    await type(attribution, 'token', '4096');
    expect(textOf(part(attribution, 'error'))).toContain("token 4096 is outside this model's 1024 logits");
    await type(attribution, 'token', '·');
    expect(attribution.shadowRoot!.querySelector('[part="error"]')).toBeNull();
  });

  test('is asked for again at another position', async () => {
    const { model, attribution } = await mountAttribution('shakespeare', PROMPT);
    model.select({ pos: 2 });
    await until(() => title(attribution).endsWith('after , (pos 2)'));
    const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: 2 });
    expect(sum(attribution)).toContain(`logit ${Math.max(...data).toFixed(6)} = gap`);
  });
});

test('a gap that rounding does not explain is shown as an error, and so is one that is no number', async () => {
  const { attribution } = await mountAttribution('induction', '<bos> a b');
  const element = attribution as unknown as { data: { gap: number; bound: number } };
  const { data } = element;
  for (const change of [{ gap: 2 * data.bound }, { gap: -2 * data.bound }, { gap: Number.NaN }]) {
    element.data = { ...data, ...change };
    await attribution.updateComplete;
    expect(part(attribution, 'sum').className).toBe('sum problem');
    expect(sum(attribution)).toContain('beyond the float bound');
  }
});

test('a logit that is NaN has parts, those that are NaN first, and a sum in words', async () => {
  const { model, attribution } = await mountAttribution(
    'shakespeare',
    'I pray you, I pray ha ha ha ha ha ha ha ha ha',
    { sort: 'size' },
  );
  model.edits = ['blocks.1.attn.hook_z[head=0]:scale=1e38'];
  await until(() => sum(attribution).includes('NaN'));
  expect(sum(attribution)).toMatch(
    /^sum of \d+ parts NaN, logit NaN: where one is no finite number there is no gap\. The /,
  );
  const bars = options(attribution).map((option) => [
    textOf(option.querySelector('.value')!),
    option.querySelector<HTMLElement>('i')!.style.getPropertyValue('--size'),
  ]);
  expect(sum(attribution)).toMatch(/ For want of a first choice the token is that of id 0\.$/);
  expect(bars[0]).toEqual(['NaN', '0.00%']);
  expect(bars.flat().join(' ')).not.toContain('NaN%');
});

describe('selecting', () => {
  test('a head selects it everywhere, and a head selected elsewhere is marked', async () => {
    const { model, attribution } = await mountAttribution('shakespeare', PROMPT, {}, 'fluoro-heads');
    const heads = model.querySelector('fluoro-heads')!;
    await grid(heads, 'pattern');
    const chosen: SelectEvent['detail'][] = [];
    attribution.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
    const option = (label: string) => options(attribution)[labels(attribution).indexOf(label)]!;
    const selected = () => options(attribution).filter(({ ariaSelected }) => ariaSelected === 'true');
    expect(selected()).toEqual([option('head 0.0')]);
    option('head 2.3').click();
    await until(() => textOf(part(heads, 'readout')).includes('blocks.2.attn.hook_pattern · head 3'));
    expect(chosen).toEqual([{ layer: 2, head: 3 }]);
    expect(selected()).toEqual([option('head 2.3')]);
    option('MLP 1').click();
    await attribution.updateComplete;
    expect(selected()).toEqual([option('MLP 1')]);
    expect(model.selection).toMatchObject({ layer: 2, head: 3, neuronLayer: 1 });
    model.select({ layer: 0, head: 1 });
    await until(() => selected()[0] === option('head 0.1'));
  });

  test('a neuron selects it everywhere', async () => {
    const { model, attribution } = await mountAttribution('shakespeare', PROMPT, { neurons: 2 }, 'fluoro-neurons');
    const neurons = model.querySelector('fluoro-neurons')!;
    const option = options(attribution)[labels(attribution).findIndex((label) => label.startsWith('neuron'))]!;
    const neuron = Number(/\d+$/.exec(option.title)![0]);
    option.click();
    expect(model.selection).toMatchObject({ layer: 0, neuronLayer: 2, neuron });
    await until(() => textOf(part(neurons, 'readout')).startsWith(`neuron ${neuron} on`));
    await until(() => option.ariaSelected === 'true');
  });

  test('goes by the arrow keys, with one tab stop', async () => {
    const { attribution } = await mountAttribution('induction', '<bos> a b a');
    const focused = () => attribution.shadowRoot!.activeElement;
    const stops = () => options(attribution).filter(({ tabIndex }) => tabIndex === 0);
    const [first, ...others] = options(attribution);
    expect(stops()).toEqual([others[1]]);
    others[1]!.focus();
    await commands.press('ArrowDown');
    await until(() => focused() === others[2] && others[2]!.ariaSelected === 'true');
    expect(textOf(others[2]!)).toMatch(/^head 0\.1/);
    await commands.press('Home');
    await until(() => focused() === first && first!.ariaSelected === 'true');
    await commands.press('ArrowUp');
    await commands.press('End');
    await until(() => focused() === others.at(-1));
    await until(() => stops()[0] === others.at(-1) && stops().length === 1);
  });
});

test('an attention-only model has no MLPs to take apart, and an attribute that asks for it is overlooked', async () => {
  const { attribution } = await mountAttribution('induction', '<bos> a b a', { neurons: 0, top: 'many' });
  expect(attribution.shadowRoot!.querySelector('#neurons')).toBeNull();
  expect(labels(attribution).some((label) => label.startsWith('MLP'))).toBe(false);
});

test('keeps the old bars, and says that it works, until those of the next prompt have come', async () => {
  const { model, attribution } = await mountAttribution('shakespeare', PROMPT);
  const working = () => textOf(attribution.shadowRoot!.querySelector('.working')!);
  const said: string[] = [];
  const observer = new MutationObserver(() => said.push(working()));
  observer.observe(attribution.shadowRoot!, { subtree: true, childList: true, characterData: true });
  model.prompt = 'To be';
  model.prompt = 'ROMEO:';
  await until(() => title(attribution).includes('(pos 1)'));
  observer.disconnect();
  expect(said[0]).toBe('working…');
  expect(working()).toBe('');
  const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
  expect(sum(attribution)).toContain(`logit ${Math.max(...data).toFixed(6)} = gap`);
});

describe('where there is nothing to draw', () => {
  const message = (attribution: FluoroAttribution) => textOf(part(attribution, 'message'));

  test('says so without a trace', async () => {
    const attribution = await mount(document.createElement('fluoro-attribution'));
    expect(message(attribution)).toMatch(/^Nothing to show/);
    await expectAccessible(attribution);
  });

  test('says of a recorded trace that it takes the model, and is no error', async () => {
    const model = await fixtureModel('induction');
    const live = await model.run('<bos> a b');
    const attribution = document.createElement('fluoro-attribution');
    attribution.trace = readTrace(await writeTrace(live));
    live.dispose();
    await mount(attribution);
    await until(() => message(attribution).startsWith('This is worked out with the model itself'));
    expect(part(attribution, 'message').className).toBe('notice');
    expect(part(attribution, 'message').role).toBeNull();
  });
});

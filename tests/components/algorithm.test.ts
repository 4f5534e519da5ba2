import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import { linkedText } from '../../components/algorithm/linked-text';
import type { FluoroAlgorithm, SelectEvent } from '../../components/index';
import { sequential } from '../../components/shared/colors';
import { formatValue } from '../../components/shared/text';
import { type Finding, type Hypothesis, type Recovery, readRecovery, type TestResult } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { recordingUrl } from './model-network';
import { colorOf, expectAccessible, grid, mount, mountModel, part, pixel, prepareModel, textOf, until } from './mount';

const P = 5;
const passed: TestResult = {
  kind: 'sufficiency',
  name: 'restricted-loss',
  says: 'loss with all else at its mean',
  value: 1.125,
  threshold: 2,
  passes: 'at most',
  unit: 'times the whole loss',
  control: { says: 'the same with a random subspace', value: 0.125, atMost: 0.25 },
  pass: true,
};
const failed: TestResult = {
  kind: 'interchange',
  name: 'sum-interchange',
  says: 'answers a′ + b′',
  value: 0.25,
  threshold: 0.95,
  passes: 'at least',
  unit: 'accuracy',
  pass: false,
};
const scores = (loss: number) => ({
  all: { loss, accuracy: 0.5 },
  train: { loss, accuracy: 1 },
  test: { loss, accuracy: 0 },
});
const neurons = [7, 3].map((neuron) => ({ layer: 0, neuron }));

const finding: Finding = {
  name: 'waves',
  title: 'Adds by waves',
  source: 'A paper',
  verdict: 'recovered',
  why: null,
  program: 'cos w_k a = embed(a)      # embed.W_E\ncos w_k(a + b) = cos w_k a …',
  variables: [
    {
      name: 'cos w_k a, sin w_k a',
      meaning: 'an operand',
      places: [{ at: 'hook_embed', slice: { pos: 0 }, dimensions: 2 }],
    },
    {
      name: 'both operands',
      meaning: 'brought together',
      places: [{ at: 'blocks.0.attn.hook_z', slice: { pos: -1 }, dimensions: null, heads: [{ layer: 0, head: 2 }] }],
    },
    {
      name: 'cos w_1(a + b)',
      meaning: 'the sum',
      places: [{ at: 'blocks.0.mlp.hook_post', slice: { pos: -1 }, dimensions: 2, neurons }],
    },
  ],
  tests: [passed],
  unexplained: { value: 0.125, of: 'the variance of the logits' },
  details: {
    modulus: P,
    frequencies: [1],
    embeddingSpectrum: [0.9, 0.1],
    readoutSpectrum: [0.75, 0.25],
    gini: 0.4,
    variant: { distanceIrrelevance: 0.75, gradientSymmetricity: 0.25 },
    harmonics: {
      frequencies: [2],
      embeddingShare: 0.1,
      keysOnly: scores(0.125),
      logits: { whole: 0.5, keysOnly: 3 },
    },
    perFrequency: [
      {
        ...{ frequency: 1, amplitude: 3, neurons: 2, embeddingShare: 0.9, interchange: 0.98 },
        ...{ restricted: scores(1.5), excluded: scores(2.5) },
      },
    ],
    neurons: neurons.map(({ neuron }, i) => ({
      neuron,
      frequency: 1,
      quality: 0.95,
      phase: 0.5,
      deviation: 2 + i,
      contribution: 2 + i,
    })),
  },
};
const refuted: Finding = { ...finding, name: 'table', title: 'Looks it up', verdict: 'rejected', tests: [failed] };

async function cardOf(some: readonly Finding[], change: Partial<Recovery> = {}): Promise<Recovery> {
  const { weightsHash } = await fixtureModel('modular-addition');
  const { program, variables, tests, unexplained } = finding;
  return {
    format: 'fluoroscope-recovery/1',
    ...{ model: 'modular-addition', weightsHash, adapter: 'somewhere' },
    ...{
      algorithm: 'waves',
      algorithms: ['waves'],
      verdict: 'recovered',
      program,
      variables,
      tests,
      unexplained,
      controls: {},
    },
    cost: { flops: 1.5e9, trainingFlops: 3e12, share: 0.0005, seconds: 4 },
    parts: [],
    hypotheses: some,
    ...change,
  };
}

async function mountCard(recovery: Recovery): Promise<FluoroAlgorithm> {
  const algorithm = document.createElement('fluoro-algorithm');
  algorithm.recovery = recovery;
  algorithm.style.cssText = 'width: 900px; color-scheme: light dark; background: light-dark(white, black)';
  await mount(algorithm);
  await below(algorithm);
  return algorithm;
}

/** What comes below the program is there. */
function below(algorithm: FluoroAlgorithm): Promise<void> {
  return until(() => algorithm.shadowRoot!.querySelector('[part="run"], [part="hypotheses"]'));
}

async function mountIn(recovery: Recovery | null, prompt = '1 2 =', src = 'modular-addition') {
  const model = await mountModel(src, prompt, 'fluoro-algorithm');
  const algorithm = model.querySelector('fluoro-algorithm')!;
  algorithm.recovery = recovery;
  algorithm.style.width = '900px';
  await algorithm.updateComplete;
  await below(algorithm);
  return { model, algorithm };
}

const all = (host: Element, selector: string) => [...host.shadowRoot!.querySelectorAll<HTMLElement>(selector)];
/** The texts of a table's first row. */
const cells = (box: Element) => [...box.querySelector<HTMLTableRowElement>('tbody tr')!.cells].map(textOf);
const press = (host: Element, name: string) => part<HTMLButtonElement>(host, name).click();

beforeEach(() => commands.colorScheme('light'));
afterEach(() => vi.restoreAllMocks());

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('a card is drawn, and accessible', async () => {
    await commands.colorScheme(scheme);
    const algorithm = await mountCard(await cardOf([finding, refuted]));
    expect(textOf(part(algorithm, 'verdict'))).toBe('✓ recovered');
    expect(textOf(part(algorithm, 'origin'))).toBe('recorded');
    const head = textOf(part(algorithm, 'headline'));
    expect(head).toContain('12.5% of the variance of the logits');
    expect(head).toContain('1.5 × 10⁹ FLOPs < 0.1% of training’s 3.0 × 10¹² FLOPs; 4.0 s');
    expect(cells(part(algorithm, 'tests'))).toEqual([
      '✓ pass',
      'sufficiency',
      'restricted-loss loss with all else at its mean',
      '1.125 times the whole loss',
      '≤ 2.000',
      '0.1250 ≤ 0.2500 the same with a random subspace',
    ]);
    expect(cells(part(algorithm, 'frequencies')).join(' ')).toBe(
      '1 3.00 2 90.0% 98.0% 1.500 1.500 1.500 2.500 2.500 2.500',
    );
    expect(all(algorithm, '[part~="spectrum"] .key').map(textOf)).toEqual(['1', '1']);
    expect(all(algorithm, '[role="img"]')[0]!.ariaLabel).toContain('Key frequencies 1: 90.0%; all others 10.0%');
    expect(textOf(part(algorithm, 'variant'))).toContain(
      'Distance irrelevance 0.750 (a clock 0.85, a pizza 0.17), gradient symmetricity 0.250',
    );
    expect(textOf(part(algorithm, 'harmonics'))).toContain(
      '10.0% of its power. Without them the loss is 0.1250 nats, the accuracy 50.0%.',
    );
    expect(textOf(part(algorithm, 'hypotheses'))).toContain(
      '✗ rejected table Looks it up. A paper Refuted by: sum-interchange is 0.2500, wanted ≥ 0.9500',
    );
    part<HTMLButtonElement>(algorithm, 'variable').click();
    await algorithm.updateComplete;
    await expectAccessible(algorithm);
  });
});

test('a variable leads to the heads and neurons that hold it, and its siblings go there', async () => {
  const { model, algorithm } = await mountIn(await cardOf([finding]));
  const selected: unknown[] = [];
  model.addEventListener('fluoro-select', ({ detail }: SelectEvent) => selected.push(detail));
  const [, head, sum] = all(algorithm, '[part="variable"]') as [HTMLElement, HTMLElement, HTMLElement];

  head.click();
  await algorithm.updateComplete;
  expect(selected.at(-1)).toEqual({ layer: 0, head: 2, pos: 2, query: 2, key: null });
  expect(model.selection).toMatchObject({ head: 2, pos: 2 });
  expect(textOf(part(algorithm, 'places'))).toContain('blocks.0.attn.hook_z the last position, all of it head 0.2');
  expect(head.ariaExpanded).toBe('true');

  sum.click();
  await algorithm.updateComplete;
  // The one that varies most.
  expect(selected.at(-1)).toMatchObject({ neuronLayer: 0, neuron: 3, pos: 2 });
  all(algorithm, '.place')[0]!.click();
  expect(model.selection).toMatchObject({ neuronLayer: 0, neuron: 7 });

  const inText = all(algorithm, '[part="program"] button');
  expect(inText.map(textOf)).toEqual(['cos w_k a', 'cos w_k(a + b)', 'cos w_k a']);
  inText[0]!.click();
  await algorithm.updateComplete;
  expect(textOf(part(algorithm, 'places'))).toContain('hook_embed position 0, 2 dimensions of it');
  inText[0]!.click();
  await algorithm.updateComplete;
  expect(all(algorithm, '[part="places"]')).toHaveLength(0);
});

test('paper has the whole program, the names of its variables too', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const algorithm = await mountCard(await cardOf([finding, refuted]));
  await commands.media('print', {});
  expect(part(algorithm, 'program').innerText.trim()).toBe(finding.program);
});

test('names are found in a text as they stand, the longest first, a number for its letter', () => {
  const variables = [{ name: 'x_1, x' }, { name: 'x_2' }, { name: '[a = b]' }];
  expect(linkedText('xx x_k + x_2 [a = b] x', variables)).toEqual([
    { text: 'xx ', variables: [] },
    { text: 'x_k', variables: [0, 1] },
    { text: ' + ', variables: [] },
    { text: 'x_2', variables: [1] },
    { text: ' ', variables: [] },
    { text: '[a = b]', variables: [2] },
    { text: ' ', variables: [] },
    { text: 'x', variables: [0] },
  ]);
  expect(linkedText('x', [])).toEqual([{ text: 'x', variables: [] }]);
});

test('a neuron’s map is what a run of each pair holds', async () => {
  const { model, algorithm } = await mountIn(await cardOf([finding]));
  const map = await grid(algorithm, 'map');
  const shown = map as unknown as { matrix: { values: ArrayLike<number> }; min: number; max: number };
  const direct = async (neuron: number) => {
    const values: number[] = [];
    for (let i = 0; i < P * P; i++) {
      const trace = await model.model!.run([Math.floor(i / P), i % P, P]);
      values.push((await trace.read('blocks.0.mlp.hook_post', { batch: 0, pos: -1, neuron })).data[0]!);
      trace.dispose();
    }
    return values;
  };
  // The one that varies most comes first.
  const three = await direct(3);
  expect([...Array.from(shown.matrix.values)]).toEqual(three);
  expect(pixel(map, { row: 1, col: 3 })).toEqual(colorOf(sequential, three[8]!, shown.min, shown.max));
  expect(textOf(part(algorithm, 'wave'))).toContain(
    'frequency 1 explains 95.0% of its variance; phase 0.50 rad, deviation 3.00, which moves the logits by 3.00',
  );

  const run = vi.spyOn(model.model!, 'run');
  const choice = part<HTMLSelectElement>(algorithm, 'neuron');
  expect([...choice.options].map(({ value }) => value)).toEqual(['3', '7']);
  choice.value = '7';
  choice.dispatchEvent(new Event('change'));
  await until(
    () => textOf(part(algorithm, 'wave')).includes('neuron 7') && !textOf(part(algorithm, 'wave')).includes('running'),
  );
  expect(run).toHaveBeenCalledTimes(1);
  expect(model.selection.neuron).toBe(7);
  expect([...Array.from(shown.matrix.values)]).toEqual(await direct(7));

  const [focus] = [map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!];
  focus.focus();
  await commands.press('ArrowDown');
  await commands.press('End');
  await until(() => textOf(part(algorithm, 'readout')).startsWith('1 + 4 = 0:'));
  expect(textOf(part(algorithm, 'readout'))).toContain(formatValue(shown.matrix.values[9]!));
});

test('heads that were recognized can be chosen', async () => {
  const says = 'attention to the position before';
  const parts = (['previous-token', 'position-only'] as const).map((name) => {
    return {
      name,
      place: { layer: 0, head: 3 },
      value: 0.75,
      threshold: 0.5,
      says,
      left: name === 'position-only' ? 0.5 : null,
    };
  });
  const unknown = { algorithm: null, verdict: 'unknown', program: null, variables: [], tests: [], parts } as const;
  const { model, algorithm } = await mountIn(await cardOf([refuted, finding], unknown));
  expect(textOf(part(algorithm, 'parts'))).toBe(
    'head 0.3 previous-token 0.75 position-only 0.75, 0.50 of its effect left with exactly that',
  );
  part(algorithm, 'parts').querySelector('button')!.click();
  expect(model.selection).toMatchObject({ layer: 0, head: 3 });
});

test('a card of other weights says so, and no neuron is drawn', async () => {
  const { algorithm } = await mountIn(await cardOf([finding], { weightsHash: 'other' }));
  expect(textOf(part(algorithm, 'note'))).toBe('This card is of other weights than those of the model here.');
  expect(textOf(part(algorithm, 'wave-message'))).toBe('The model here is another one.');
});

test('rejected and unknown are said in words', async () => {
  const rejected = await cardOf([refuted], { algorithm: null, verdict: 'rejected' });
  const algorithm = await mountCard(rejected);
  expect(textOf(part(algorithm, 'headline'))).toContain('✗ rejected table recorded Looks it up: refuted by a test.');
  const left: TestResult = { ...failed, name: 'rest', value: null, pass: null, because: 'sum-interchange failed' };
  algorithm.recovery = await cardOf([{ ...refuted, tests: [passed, failed, left] }], {
    ...{ algorithm: null, algorithms: [], verdict: 'rejected', tests: [passed, failed, left] },
  });
  await algorithm.updateComplete;
  expect(textOf(algorithm.shadowRoot!)).toContain('Tests 1 of 3 passed, 1 not measured');
  expect(textOf(part(algorithm, 'tests'))).toMatch(
    /✗ fail interchange .*– not measured interchange rest .* sum-interchange failed/,
  );
  expect(textOf(part(algorithm, 'hypotheses'))).toMatch(
    /Refuted by: sum-interchange is 0\.25.*Not measured, because sum-interchange failed: rest/,
  );
  expect(textOf(part(algorithm, 'hypotheses'))).not.toContain('rest is');
  await expectAccessible(algorithm);
  algorithm.recovery = await cardOf([finding, { ...finding, name: 'other' }], { algorithms: ['waves', 'other'] });
  await algorithm.updateComplete;
  expect(textOf(part(algorithm, 'headline'))).toContain(
    'every test of it passed. So did every test of other: these tests do not tell which it is.',
  );
  const why = 'it has no MLP.';
  algorithm.recovery = await cardOf([{ ...refuted, verdict: 'unknown', why, tests: [] }, refuted], {
    ...{ algorithm: null, verdict: 'unknown', tests: [], program: null, variables: [], unexplained: null },
  });
  await algorithm.updateComplete;
  expect(textOf(part(algorithm, 'headline'))).toContain(
    '? unknown recorded None of the hypotheses that were tried was shown to hold',
  );
  expect(textOf(part(algorithm, 'hypotheses'))).toContain(`Not tested: ${why}`);
  expect(all(algorithm, '[part="tests"], [part="program"]')).toHaveLength(0);
  await expectAccessible(algorithm);
});

describe('a test that runs here', () => {
  let release: () => void = () => undefined;
  afterEach(() => release()); // A question that has begun keeps its model until it ends.
  /** Waits after its first pass, until it is released. */
  const tiny: Hypothesis = {
    name: 'tiny',
    title: 'Is asked a single time',
    applies: () => null,
    behaviour: () => ({ prompts: [[1, 2, 1]], positions: [2], answers: [[2]], chance: 0.01 }),
    async study(subject) {
      await subject.clean();
      await new Promise<void>((resolve) => (release = resolve));
      await subject.run([await subject.rows({ at: 'blocks.0.attn.hook_z' })]);
      const tests = (['sufficiency', 'necessity', 'interchange'] as const).map((kind) => ({
        ...passed,
        kind,
        name: kind,
      }));
      return { text: 'x = y', variables: [], tests, unexplained: null };
    },
  };

  async function start() {
    const { model, algorithm } = await mountIn(null, '<bos> a b c', 'induction');
    algorithm.hypotheses = [tiny];
    await algorithm.updateComplete;
    expect(textOf(part(algorithm, 'headline'))).toBe('? unknown: no hypothesis has been tested on this model yet.');
    expect(textOf(algorithm.shadowRoot!)).toContain('Tries 1 hypothesis on the model');
    await expectAccessible(algorithm);
    press(algorithm, 'run');
    await until(() => textOf(algorithm.shadowRoot!).includes('tiny: 1 passes so far'));
    return { model, algorithm };
  }

  test('says how far it is, and then is the card', async () => {
    const { model, algorithm } = await start();
    await expectAccessible(algorithm);
    const card = new Promise<Recovery>((done) =>
      model.addEventListener('fluoro-recovery', ({ detail }) => done(detail)),
    );
    release();
    expect(readRecovery(JSON.stringify(await card))).toMatchObject({ algorithm: 'tiny', verdict: 'recovered' });
    await until(() => textOf(part(algorithm, 'headline')).includes('✓ recovered tiny live'));
    expect(part(algorithm, 'run')).toBeTruthy();

    // Another model's card is none of this one.
    model.src = 'shakespeare';
    model.prompt = 'To be';
    await until(() => model.trace?.info.model === 'shakespeare' && model.state === 'ready');
    await until(() => textOf(part(algorithm, 'headline')).startsWith('? unknown: no'));
  });

  test('can be cancelled', async () => {
    const { algorithm } = await start();
    part(algorithm, 'cancel').focus();
    press(algorithm, 'cancel');
    release();
    await until(() => algorithm.shadowRoot!.querySelector('[part="error"]'));
    expect(textOf(part(algorithm, 'error'))).toBe('Cancelled: nothing is known of a test that did not end.');
    await until(() => algorithm.shadowRoot!.activeElement === part(algorithm, 'run'));
  });

  test('says what a hypothesis threw', async () => {
    const { algorithm } = await mountIn(null, '<bos> a b c', 'induction');
    const wrong: Hypothesis = { ...tiny, study: () => Promise.reject(new TypeError('no such thing')) };
    algorithm.hypotheses = [wrong];
    await algorithm.updateComplete;
    press(algorithm, 'run');
    await until(() => algorithm.shadowRoot!.querySelector('[part="error"]'));
    expect(textOf(part(algorithm, 'error'))).toMatch(/^The hypothesis tiny threw TypeError: no such thing/);
  });
});

describe('a card from an address', () => {
  async function mountFrom(text: string) {
    const algorithm = document.createElement('fluoro-algorithm');
    algorithm.src = URL.createObjectURL(new Blob([text]));
    await mount(algorithm);
    await until(() => !textOf(algorithm.shadowRoot!).startsWith('Waiting'));
    return algorithm;
  }

  test('is drawn', async () => {
    const algorithm = await mountFrom(JSON.stringify(await cardOf([finding])));
    expect(textOf(part(algorithm, 'verdict'))).toBe('✓ recovered');
  });

  test.each([
    [
      '{"format": "fluoroscope-recovery/9"}',
      /has to be of the format "fluoroscope-recovery\/1", and its format is "fluoroscope-recovery\/9"; write it again\. recovery-invalid Try again$/,
    ],
    ['{"format"', /is not valid JSON: .* recovery-invalid Try again$/],
    [
      '{"format": "fluoroscope-recovery/1", "variables": []}',
      /has no list "tests"; write it again\. recovery-invalid Try again$/,
    ],
  ])('%s is refused in one sentence', async (text, sentence) => {
    const algorithm = await mountFrom(text);
    expect(textOf(part(algorithm, 'error').parentElement!)).toMatch(sentence);
    expect(part(algorithm, 'error').role).toBe('alert');
    await expectAccessible(algorithm);
  });

  test.each([
    ['is not there', () => new Response('', { status: 404 }), 'answers 404'],
    [
      'is a web page',
      () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
      'answers with a web page',
    ],
    [
      'breaks off',
      () => new Response(new ReadableStream({ start: (to) => to.error(new Error('gone')) })),
      /cannot be had/,
    ],
  ])('that %s is asked for again', async (_, answer, how) => {
    const fetching = vi.spyOn(window, 'fetch').mockImplementation(async () => answer());
    onTestFinished(() => fetching.mockRestore());
    const algorithm = document.createElement('fluoro-algorithm');
    algorithm.src = '/card.json';
    await mount(algorithm);
    await until(() => algorithm.shadowRoot!.querySelector('[part="error"]'));
    const error = textOf(part(algorithm, 'error').parentElement!);
    expect(error).toMatch(/^\/card\.json .*; expected a recovery card\. fetch-failed Try again$/);
    expect(error).toMatch(how);
    const card = JSON.stringify(await cardOf([finding]));
    fetching.mockImplementation(async () => new Response(card));
    part(algorithm, 'retry').click();
    await until(() => algorithm.shadowRoot!.querySelector('[part="verdict"]'));
    expect(algorithm.shadowRoot!.querySelector('[part="error"]')).toBeNull();
  });

  test.each([
    ['', 'message', /^Nothing to show: give it a card/],
    ['http://[', 'error', /^http:\/\/\[ is not an address; expected that of a recovery card\.$/],
  ])('at the address %j is not asked for', async (src, where, sentence) => {
    const fetching = vi.spyOn(window, 'fetch');
    onTestFinished(() => fetching.mockRestore());
    const algorithm = document.createElement('fluoro-algorithm');
    algorithm.src = src;
    await mount(algorithm);
    await until(() => algorithm.shadowRoot!.querySelector(`[part="${where}"]`));
    expect(textOf(part(algorithm, where))).toMatch(sentence);
    expect(fetching).not.toHaveBeenCalled();
  });
});

test('without a card and a model it says so', async () => {
  const algorithm = await mount(document.createElement('fluoro-algorithm'));
  expect(textOf(part(algorithm, 'message'))).toMatch(/^Nothing to show: give it a card/);
  await expectAccessible(algorithm);
});

test('in a model that has not been asked for it offers to run it, and so does a card in a recording', async () => {
  const model = await prepareModel('modular-addition', '1 2', 'fluoro-algorithm');
  model.loading = 'click';
  await mount(model);
  const algorithm = model.querySelector('fluoro-algorithm')!;
  await algorithm.settled();
  expect(textOf(part(algorithm, 'message'))).toMatch(/hypotheses are tested on the model itself, .* Run the model$/);
  await expectAccessible(model);
  model.recording = await recordingUrl('1 2', 'modular-addition');
  await until(() => model.state === 'recorded');
  algorithm.recovery = await cardOf([finding]);
  await until(() => algorithm.shadowRoot!.querySelector('[part="wave-message"]'));
  await algorithm.settled();
  const message = part(algorithm, 'wave-message');
  expect(textOf(message)).toBe('Its activations are read from the model itself, which has to be run. Run the model');
  expect(message.role).toBe('note');
  part(algorithm, 'ask').click();
  await until(() => model.trace?.kind === 'live');
});

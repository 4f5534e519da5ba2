import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroKernel } from '../../components/index';
import { tokensOf } from '../../components/kernel/highlight';
import { onGpu } from '../../components/shared/on-gpu';
import { readTrace, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { expectAccessible, mount, mountModel, part, textOf, until } from './mount';

const PROMPT = 'To be, or not'; // five rows: tiles, and not what serves a few

async function mountKernel(kernel: string, ...siblings: string[]) {
  const model = await mountModel('shakespeare', PROMPT, 'fluoro-kernel', ...siblings);
  const element = model.querySelector('fluoro-kernel')!;
  element.step = model.trace!.program.steps.findIndex((step) => step.kernel === kernel);
  await until(() => heading(element) === `Step ${element.step}: ${kernel}`);
  await element.settled();
  return { model, element, step: element.step };
}

const heading = (element: FluoroKernel) => element.shadowRoot!.querySelector('h3')?.textContent ?? '';
const status = (element: FluoroKernel) => textOf(part(element, 'status'));
const line = (element: FluoroKernel, number: number) => element.shadowRoot!.querySelectorAll('.line')[number - 1]!;
const number = (element: FluoroKernel, at: number) =>
  element.shadowRoot!.querySelector<HTMLButtonElement>(`[data-line="${at}"]`)!;
const lineOf = (element: FluoroKernel, text: string) =>
  [...element.shadowRoot!.querySelectorAll('.line code')].findIndex((code) => code.textContent!.includes(text)) + 1;
const cells = (row: Element) => [...row.children].map(textOf).join(' ');
const facts = (element: FluoroKernel) =>
  Object.fromEntries(
    [...part(element, 'facts').querySelectorAll('div')].map((one) => [
      textOf(one.querySelector('dt')!),
      textOf(one.querySelector('dd')!),
    ]),
  );

async function load(element: FluoroKernel): Promise<void> {
  part(element, 'load').click();
  await until(() => /comes next/.test(status(element)));
}

async function press(element: FluoroKernel, action: string): Promise<void> {
  part(element, 'controls').querySelector<HTMLElement>(`[data-action="${action}"]`)!.click();
  await element.updateComplete;
  await until(() => !part(element, 'controls').querySelector('[data-action="pause"]'));
  await element.updateComplete;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible, before and while a workgroup is stepped', async () => {
    await commands.colorScheme(scheme);
    const { model, element } = await mountKernel('matmul');
    model.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
    await expectAccessible(model);
    element.variant = 'tiled';
    await until(() => textOf(element.shadowRoot!).includes('WGSL of tiled, which did not run here'));
    await load(element);
    number(element, lineOf(element, 'let four_rows')).click();
    await press(element, 'continue');
    await expectAccessible(model);
  });
});

test('on paper the whole text is there', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const { element } = await mountKernel('matmul');
  element.style.cssText = 'width: 680px'; // A4 within its margins
  const box = part(element, 'source');
  expect(box.scrollHeight).toBeGreaterThan(box.clientHeight);
  await commands.media('print', {});
  expect([box.scrollHeight, box.scrollWidth]).toEqual([box.clientHeight, box.clientWidth]);
});

test('what is measured before the shader’s text has come goes on when it comes', async () => {
  const model = await mountModel('shakespeare', PROMPT);
  const element = document.createElement('fluoro-kernel');
  const root = element.attachShadow({ mode: 'open' });
  const sourceThen = new Promise<string>((resolve) => {
    const seen = new MutationObserver(() => {
      const button = root.querySelector<HTMLElement>('[part="timing"] button');
      if (!button) return;
      seen.disconnect();
      button.click();
      resolve(textOf(root));
    });
    seen.observe(root, { childList: true, subtree: true });
  });
  model.append(element);
  expect(await sourceThen).toContain('text is on its way');
  await until(() => root.querySelectorAll('.line').length > 1);
  await until(() => /Median/.test(textOf(part(element, 'timing'))));
});

test('shows the shader with the tensors, uniforms and constants that are bound to it', async () => {
  const { model, element, step } = await mountKernel('matmul');
  const ports = [...part(element, 'ports').querySelectorAll('tbody tr')].map(cells);
  const { inputs, outputs } = model.trace!.program.steps[step]!;
  const pos = model.trace!.program.pos;
  expect(ports).toEqual([
    `0, 1 x reads array<f32> [rows ${pos}, inner 128] ${inputs.x} [batch 1, pos ${pos}, model 128]`,
    `0, 2 w reads array<f32> [inner 128, cols 128] ${inputs.w} [head 4, model 128, dim 32], stored as model, head, dim`,
    `0, 3 bias reads array<f32> [cols 128] ${inputs.bias} [head 4, dim 32]`,
    `0, 4 y writes array<f32> [rows ${pos}, cols 128] ${outputs.y} [batch 1, pos ${pos}, head 4, dim 32]`,
  ]);
  const [flops, bytes] = [2 * pos * 128 * 128, 4 * (pos * 128 + 128 * 128 + 128 + pos * 128)];
  expect(facts(element)).toMatchObject({
    Uniforms: `rows: u32 = ${pos}inner: u32 = 128cols: u32 = 128`,
    Constants: expect.stringMatching(/^TRANSPOSED: bool = false.*HALF: bool = false default/),
    Operations: `${flops.toLocaleString('en')} FLOP`,
    'Arithmetic intensity': `${(flops / bytes).toPrecision(4)} FLOP/byte`,
  });
  const { code } = (element as unknown as { data: { shader: { kernel: { code: string } } } }).data.shader.kernel;
  const shown = [...element.shadowRoot!.querySelectorAll('.line code')].map((one) => one.textContent);
  expect(shown).toEqual(code.trimEnd().split('\n'));
});

test('follows the tensor that is selected in the step table', async () => {
  const { model, element } = await mountKernel('softmax', 'fluoro-program');
  element.step = null;
  model.select({ tensor: 'blocks.1.hook_resid_pre' }); // an alias of what the step before writes
  const { program } = model.trace!;
  const step = program.steps.findIndex(({ outputs }) => Object.values(outputs).includes('blocks.0.hook_resid_post'));
  await until(() => heading(element) === `Step ${step}: add`);
});

test.each(['__proto__', '-1', '9999'])('says that there is no step %s', async (step) => {
  const { model, element } = await mountKernel('softmax');
  element.setAttribute('step', step);
  await until(() => element.shadowRoot!.querySelector('[role="alert"]'));
  expect(textOf(part(element, 'message'))).toBe(
    `There is no step ${Number(step)}: this program has steps 0 to ${model.trace!.program.steps.length - 1}.`,
  );
  element.removeAttribute('step');
  await until(() => heading(element) === 'Step 0: embed');
});

test('times the step when asked, and says by which clock', async () => {
  const { element } = await mountKernel('softmax');
  expect(textOf(part(element, 'timing'))).toBe('Time this step');
  part(element, 'timing').querySelector('button')!.click();
  await until(() => /Median [\d.e−]+ n?m?s/.test(textOf(part(element, 'timing'))));
  const text = textOf(part(element, 'timing'));
  expect(text).toMatch(
    /least [\d.e−]+ (ms|ns) of 9 rounds of its shader (clear|quads) on .*: [\d.e−–]+ GFLOP\/s, [\d.e−–]+ GB\/s\./,
  );
  expect(text).toMatch(
    /By this page's clock, .* \(queue\); it moves in steps of [\d.e−]+ (ms|ns)\. An empty pass takes/,
  );
});

test('checks the step against float64 when asked', async () => {
  const { model, element, step } = await mountKernel('layernorm');
  part(element, 'accuracy').querySelector('button')!.click();
  await until(() => part(element, 'accuracy').querySelector('li'));
  const outputs = await onGpu(model.model!, 'Checking').stepAccuracy(model.trace!, step);
  expect(outputs.map(({ ok }) => ok)).toEqual([true, true, true]);
  const text = textOf(part(element, 'accuracy'));
  for (const { tensor, elements, exact } of outputs) {
    expect(text).toContain(
      `${tensor}: within the bound; ${exact} of ${elements.toLocaleString('en')} values are float64's`,
    );
  }
  expect(text).toMatch(/Largest error [\d.e−]+ at batch 0, pos \d, model \d+: .* ULP, [\d.e−]+ of the bound/);
});

describe('the stepper', () => {
  test('goes through the lines on the values of the pass, to the comparison with the GPU', async () => {
    const { model, element, step } = await mountKernel('softmax');
    expect(status(element)).toBe('Nothing is loaded: breakpoints can be set already.');
    await load(element);
    const first = lineOf(element, 'let row = ');
    expect(status(element)).toBe(`Line ${first} comes next, for all 64 lanes: 0 statements so far.`);
    expect(line(element, first).className).toContain('next');
    expect(textOf(line(element, first))).toContain('64 lanes run this next');

    await press(element, 'step');
    expect(status(element)).toContain(`Line ${first + 1} comes next, for all 64 lanes: 64 statements so far.`);
    const rows = [...part(element, 'variables').querySelectorAll('tbody tr')].map(cells);
    expect(rows).toEqual(['let row u32 0', 'arg groups vec3u 1, 1, 1', 'arg id vec3u 0, 0, 0']);

    const lane = part<HTMLSelectElement>(element, 'lane');
    lane.value = '5';
    lane.dispatchEvent(new Event('change'));
    await element.updateComplete;
    expect(cells(part(element, 'variables').querySelector('tbody tr')!)).toBe('let row u32 5');

    // Only as many lanes as there are rows go past the test.
    const { rows: count } = model.trace!.program.steps[step]!.uniforms as { rows: number };
    const store = lineOf(element, 'y[base + i] = ');
    number(element, store).click();
    await press(element, 'continue');
    expect(status(element)).toContain(`Breakpoint. Line ${store} comes next, for ${count} of 64 lanes, 0 the first`);
    expect(textOf(part(element, 'stores'))).toBe('Stores 0 so far, the last ones first');
    for (let i = 0; i < 3; i++) await press(element, 'over');
    expect(textOf(part(element, 'stores'))).toContain(`Stores ${count} so far`);
    expect(textOf(part(element, 'stores').querySelector('li')!)).toMatch(
      /^line \d+, lane \d+: y\[\d+\] = .* batch 0, head \d/,
    );

    await press(element, 'finish');
    expect(status(element)).toContain('All lanes have ended');
    await until(() => element.shadowRoot!.querySelector('[part="comparison"]'));
    const { cols } = model.trace!.program.steps[step]!.uniforms as { cols: number };
    expect(textOf(part(element, 'comparison'))).toMatch(
      new RegExp(`\\d+ of ${count * cols} stored values are the GPU's to the bit; no difference exceeds the bound`),
    );
    await press(element, 'reset');
    expect(status(element)).toContain('0 statements so far');
    expect(element.shadowRoot!.querySelector('[part="comparison"]')).toBeNull();
  });

  test('waits at barriers, with the workgroup memory there', async () => {
    const { element } = await mountKernel('matmul');
    const choice = part<HTMLSelectElement>(element, 'variant');
    choice.value = 'tiled';
    choice.dispatchEvent(new Event('change'));
    await until(() => facts(element)['Workgroup memory'] !== 'none');
    await load(element);
    await press(element, 'barrier');
    const barrier = lineOf(element, 'fetch_w(select(') + 2;
    expect(status(element)).toContain(`All lanes wait at the barrier on line ${barrier}`);
    expect(textOf(line(element, barrier))).toContain('128 lanes wait here');
    expect(textOf(part(element, 'memory'))).toMatch(/x_tile: array<vec4f, 272> = .*… 1024 morew_tile/);
    await press(element, 'step');
    expect(status(element)).toContain('for all 128 lanes');
  });

  test('is worked by keyboard alone', async () => {
    const { element } = await mountKernel('softmax');
    const [row, base] = [lineOf(element, 'let row = '), lineOf(element, 'let base')];
    const stops = [...element.shadowRoot!.querySelectorAll<HTMLElement>('button.number')];
    expect(stops.filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
    stops[0]!.focus();
    const focused = () => element.shadowRoot!.activeElement as HTMLElement;
    for (let at = Number(focused().dataset.line); at !== base; ) {
      await commands.press('ArrowDown');
      await until(() => Number(focused().dataset.line) > at);
      at = Number(focused().dataset.line);
    }
    await commands.press('Enter');
    await until(() => number(element, base).ariaPressed === 'true');
    part(element, 'load').focus();
    await commands.press('Enter');
    await until(() => status(element).includes(`Line ${row} comes next`));
    await commands.press('Tab');
    expect(focused().dataset.action).toBe('step');
    part(element, 'controls').querySelector<HTMLElement>('[data-action="continue"]')!.focus();
    await commands.press('Enter');
    await until(() => status(element).startsWith(`Breakpoint. Line ${base}`));
    expect(focused().dataset.action).toBe('continue');
  });

  test('lets go of a workgroup when another step or prompt takes its place', async () => {
    const { model, element, step } = await mountKernel('softmax');
    await load(element);
    element.step = 0;
    await until(() => status(element).startsWith('Nothing is loaded'));
    element.step = step;
    await until(() => heading(element).endsWith('softmax'));
    await load(element);
    model.prompt = 'To be';
    await until(() => status(element).startsWith('Nothing is loaded'));
    await load(element);
    expect(status(element)).toContain('0 statements so far');
  });

  test('keeps to the workgroups that there are', async () => {
    const { element } = await mountKernel('matmul');
    element.variant = 'tiled'; // two workgroups, side by side
    await until(() => facts(element)['Workgroup memory'] !== 'none');
    const input = part(element, 'workgroup').querySelector('input')!;
    expect([input.min, input.max]).toEqual(['0', '1']);
    input.value = '7';
    input.dispatchEvent(new Event('change'));
    await element.updateComplete;
    expect(input.value).toBe('1');
  });
});

describe('where there is no model', () => {
  test('a recorded trace shows the shader, and says what takes the model', async () => {
    const model = await fixtureModel('induction');
    const live = await model.run('<bos> a b');
    const element = document.createElement('fluoro-kernel');
    element.trace = readTrace(await writeTrace(live));
    live.dispose();
    await mount(element);
    await until(() => heading(element) === 'Step 0: embed');
    expect(textOf(element.shadowRoot!)).toContain('Timing, checking and stepping take the model');
    expect(element.shadowRoot!.querySelector('[part="load"]')).toBeNull();
    await expectAccessible(element);
  });

  test('says so without a trace', async () => {
    const element = await mount(document.createElement('fluoro-kernel'));
    expect(textOf(part(element, 'message'))).toContain('put this element into a <fluoro-model>');
  });
});

test('WGSL comes apart into what it is made of, and together again', () => {
  const line = '  @builtin(x) let y: vec4f = f(a[1e-3], 0x1fu) / 2.5; // why';
  const tokens = tokensOf(line);
  expect(tokens.map(({ text }) => text).join('')).toBe(line);
  const of = (kind: string) => tokens.filter((token) => token.kind === kind).map(({ text }) => text);
  expect(of('attribute')).toEqual(['@builtin']);
  expect(of('keyword')).toEqual(['let']);
  expect(of('type')).toEqual(['vec4f']);
  expect(of('call')).toEqual(['f']);
  expect(of('literal')).toEqual(['1e-3', '0x1fu', '2.5']);
  expect(of('comment')).toEqual(['// why']);
});

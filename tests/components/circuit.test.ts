import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { Circuit } from '../../components/circuit/circuit-answer';
import { edgePath, layOut } from '../../components/circuit/layout';
import { nodesOf } from '../../components/circuit/nodes';
import type { CircuitEvent, FluoroCircuit, FluoroModel, SelectEvent } from '../../components/index';
import { formatValue } from '../../components/shared/text';
import {
  describeComponent,
  discoverCircuit,
  logitDifference,
  patchPaths,
  readTrace,
  receiverNamed,
  senderNamed,
  type Trace,
  writeTrace,
} from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { expectAccessible, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> z e T g D 2 0 P k W a b z e T g D 2 0 P k W a';
const CORRUPTED = '<bos> c d f h i j l m n o p q z e T g D 2 0 P k W a';
/** Previous-token head 0.0 and induction heads 1.0 and 1.1, which read its output by their keys. */
const EDGES = [
  '1.1 → final',
  '1.0 → final',
  'embed → 1.1.v',
  '0.0 → 1.1.k',
  'embed → 1.0.v',
  '0.0 → 1.0.k',
  'embed → 0.0.v',
];
const KEY = `circuit?${new URLSearchParams({ corrupted: CORRUPTED, metric: 'logit-difference', threshold: '0.05' })}`;

async function mountCircuit(attributes: object = { corrupted: CORRUPTED }, ...siblings: string[]) {
  const model = await mountModel('induction', PROMPT, 'fluoro-circuit', ...siblings);
  model.style.width = '900px';
  const circuit = model.querySelector('fluoro-circuit')!;
  Object.assign(circuit, attributes);
  await until(() => circuit.shadowRoot!.querySelector('[part="form"]'));
  return { model, circuit };
}

async function found(attributes?: object, ...siblings: string[]) {
  const { model, circuit } = await mountCircuit(attributes, ...siblings);
  await circuit.find();
  await circuit.settled();
  return { model, circuit, answer: answerOf(model) };
}

const answerOf = (model: FluoroModel) => model.trace!.answers!.get(KEY) as Circuit;
const all = (circuit: FluoroCircuit, selector: string) => [
  ...circuit.shadowRoot!.querySelectorAll<HTMLElement>(selector),
];
const node = (circuit: FluoroCircuit, id: string) => all(circuit, `[data-node="${id}"]`)[0]!;
const drawn = (circuit: FluoroCircuit) => all(circuit, '.edges [data-edge]').map((edge) => edge.dataset.edge!);
const rows = (circuit: FluoroCircuit) => all(circuit, '[part="edges"] .ends').map(textOf);
const readout = (circuit: FluoroCircuit) => textOf(part(circuit, 'readout'));
const problem = (circuit: FluoroCircuit) => textOf(circuit.shadowRoot!.querySelector('.status')!);
const click = (element: Element) => element.dispatchEvent(new MouseEvent('click', { bubbles: true }));

/** Over a recording that holds these answers, on its own. */
async function recordedWith(answers: ReadonlyMap<string, unknown>, attributes: object = {}): Promise<FluoroCircuit> {
  const model = await fixtureModel('induction');
  const trace: Trace = await model.run(PROMPT);
  const circuit = document.createElement('fluoro-circuit');
  Object.assign(circuit, attributes, { trace: readTrace(await writeTrace(trace, { hooks: [], answers })) });
  trace.dispose();
  await mount(circuit);
  await until(() => circuit.shadowRoot!.querySelector('[part="message"], [part="summary"]'));
  await circuit.settled();
  return circuit;
}

beforeEach(() => commands.colorScheme('light'));

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const { model, circuit } = await mountCircuit();
  model.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
  await expectAccessible(model);
  await circuit.find();
  await circuit.updateComplete;
  click(all(circuit, '[data-edge="0.0 → 1.1.k"]')[0]!);
  await circuit.updateComplete;
  await expectAccessible(model);
  model.style.width = '320px';
  await until(() => Number(part(circuit, 'graph').getAttribute('width')) <= 320);
  await expectAccessible(model);
  expect(circuit.scrollWidth).toBeLessThanOrEqual(320);
});

describe('the circuit', () => {
  test('is the one that the search finds, each edge with its own numbers', async () => {
    const { model, answer } = await found();
    const own = await fixtureModel('induction');
    const tokens = (text: string) => [own.tokenizer!.encode(text)];
    const prompts = { clean: tokens(PROMPT), corrupted: tokens(CORRUPTED) };
    const [b, a] = ['b', 'a'].map((text) => own.tokenizer!.encode(text)[0]!) as [number, number];
    const metric = logitDifference(b, a);
    const expected = await discoverCircuit(own, prompts, { threshold: 0.05, metric });
    expect(answer.metric).toEqual({ name: 'logit difference', unit: 'logits', answer: 'b', wrong: 'a' });
    const kept = answer.edges.filter((edge) => edge.kept);
    expect(kept.map(({ from, to }) => `${from} → ${to}`)).toEqual(EDGES);
    expect(answer.edges.map(({ from, to, effect }) => [from, to, effect])).toEqual(
      [...expected.edges, ...expected.removed].map(({ sender, receiver, effect }) => [
        describeComponent(sender),
        describeComponent(receiver),
        effect,
      ]),
    );
    for (const { from, to, path } of kept) {
      const { values, clean } = await patchPaths(own, prompts, {
        metric,
        senders: [senderNamed(from)],
        receivers: [receiverNamed(to)],
      });
      expect(path, `${from} → ${to}`).toBe(values[0]);
      expect(answer.clean).toBe(clean);
    }
    expect(answer).toMatchObject({ faithfulness: expected.faithfulness, kl: expected.kl, emptyKl: expected.emptyKl });
    expect(answer).toMatchObject({ done: 81, total: 81, complete: true, weightsHash: model.trace!.info.weightsHash });
  });

  test('is drawn: its edges as wide as they matter, solid and blue where they help', async () => {
    const { circuit, answer } = await found();
    expect(drawn(circuit).sort()).toEqual([...EDGES].sort());
    const largest = Math.max(...answer.edges.map(({ effect }) => effect!));
    for (const { from, to, effect } of answer.edges.filter(({ kept }) => kept)) {
      const group = all(circuit, `[data-edge="${from} → ${to}"]`)[0]!;
      const line = group.querySelector('.line')!;
      expect(Number(line.getAttribute('stroke-width'))).toBeCloseTo(1.2 + 7.8 * Math.sqrt(effect! / largest), 2);
      expect(group.getAttribute('class')).toContain('helps');
      expect(getComputedStyle(line).stroke).toBe('rgb(47, 121, 181)');
      expect(getComputedStyle(line).strokeDasharray).toBe('none');
    }
    expect(all(circuit, '.node.used').map((one) => one.dataset.node)).toEqual(['embed', '0.0', '1.0', '1.1', 'final']);
    expect(all(circuit, '.node').length).toBe(10);
  });

  test('says how it was measured, of what, how faithful it is and how long it took', async () => {
    const { circuit, answer } = await found();
    const summary = textOf(part(circuit, 'summary'));
    expect(summary).toMatch(/^7 of 81 edges make the circuit\. Its faithfulness is 126\.\d%/);
    expect(summary).toContain(
      `logit difference of “b” against “a”: whole model ${formatValue(answer.clean)}, circuit ${formatValue(answer.circuit)}, no edges ${formatValue(answer.empty)} logits`,
    );
    const method = textOf(part(circuit, 'method'));
    expect(method).toContain('ACDC with exact patching, threshold 0.05 nats, all 81 edges tested');
    expect(method).toContain(`path patching, 7 edges). Took ${answer.seconds.toFixed(2)} s on ${answer.adapter}.`);
    expect(textOf(part(circuit, 'prompts'))).toContain('prompt <bos> z e T');
  });

  test('is an event, and an answer that the trace keeps', async () => {
    const { model, circuit } = await mountCircuit();
    const events: Circuit[] = [];
    model.addEventListener('fluoro-circuit', ({ detail }: CircuitEvent) => events.push(detail));
    await circuit.find();
    expect(events).toEqual([answerOf(model)]);
  });

  test('is looked for without the button where auto says so, once', async () => {
    const model = await prepareModel('induction', PROMPT, 'fluoro-circuit');
    const circuit = model.querySelector('fluoro-circuit')!;
    Object.assign(circuit, { auto: true, corrupted: CORRUPTED });
    let events = 0;
    model.addEventListener('fluoro-circuit', () => events++);
    await mount(model);
    await until(() => circuit.shadowRoot!.querySelector('[part="summary"]'));
    circuit.requestUpdate();
    await circuit.updateComplete;
    expect(events).toBe(1);
  });

  test('is a table, a row per tested edge', async () => {
    const { circuit, answer } = await found();
    const { table } = circuit as unknown as { table(): { rows: unknown[][]; columns: string[] } };
    const { rows, columns } = table.call(circuit);
    expect(columns.length).toBe(6);
    expect(rows.length).toBe(81);
    const { from, to, effect, path, kept } = answer.edges[0]!;
    expect(rows[0]!.slice(0, 5)).toEqual([from, to, kept ? 'yes' : 'no', effect, path]);
  });
});

describe('choosing', () => {
  test('a head selects it everywhere, and a head selected elsewhere is marked', async () => {
    const { model, circuit } = await found();
    const selected: object[] = [];
    model.addEventListener('fluoro-select', ({ detail }: SelectEvent) => selected.push(detail));
    click(node(circuit, '1.1'));
    await circuit.updateComplete;
    expect(selected).toEqual([{ layer: 1, head: 1 }]);
    expect(model.selection).toMatchObject({ layer: 1, head: 1 });
    expect(node(circuit, '1.1').getAttribute('aria-selected')).toBe('true');
    expect(rows(circuit)).toEqual(['1.1 → final', '0.0 → 1.1.k', 'embed → 1.1.v']);
    model.select({ layer: 0, head: 0 });
    await circuit.updateComplete;
    expect(node(circuit, '0.0').getAttribute('aria-selected')).toBe('true');
    click(node(circuit, 'final'));
    await circuit.updateComplete;
    expect(node(circuit, 'final').getAttribute('aria-selected')).toBe('true');
    expect(model.selection).toMatchObject({ layer: 0, head: 0 });
    model.select({ layer: 1, head: 0 });
    await circuit.updateComplete;
    expect(node(circuit, '1.0').getAttribute('aria-selected')).toBe('true');
  });

  test('the arrow keys move through the nodes, with one tab stop', async () => {
    const { circuit } = await found();
    node(circuit, '0.0').focus();
    const moved: string[] = [];
    for (const key of [
      'ArrowRight',
      'ArrowUp',
      'ArrowUp',
      'ArrowDown',
      'ArrowLeft',
      'End',
      'Home',
      'ArrowLeft',
    ] as const) {
      await commands.press(key);
      await circuit.updateComplete;
      const focused = circuit.shadowRoot!.activeElement as SVGElement | null;
      moved.push(focused?.dataset.node ?? 'nothing');
      expect(focused?.getAttribute('aria-selected')).toBe('true');
      expect(all(circuit, '.node[tabindex="0"]').length).toBe(1);
    }
    expect(moved).toEqual(['0.1', '1.1', 'final', '1.1', '1.0', 'final', 'embed', 'embed']);
  });

  test('an edge tells its numbers and what was measured, by pointer and by keyboard', async () => {
    const { circuit, answer } = await found();
    click(node(circuit, '0.0'));
    await circuit.updateComplete;
    expect(readout(circuit)).toBe('Choose an edge, in the graph or in the list, for its numbers.');
    click(all(circuit, '[data-edge="0.0 → 1.0.k"] .hit')[0]!);
    await circuit.updateComplete;
    const { effect, path } = answer.edges.find(({ from, to }) => from === '0.0' && to === '1.0.k')!;
    expect(readout(circuit)).toContain('From head 0.0 to the keys of head 1.0.');
    expect(readout(circuit)).toContain(`the KL to the clean run grew by ${formatValue(effect!)} nats`);
    expect(readout(circuit)).toContain(`is ${formatValue(path!)} instead of ${formatValue(answer.clean)}`);
    expect(rows(circuit)).toEqual(['embed → 0.0.v', '0.0 → 1.0.k', '0.0 → 1.1.k']);
    all(circuit, '[part="edges"] [tabindex="0"]')[0]!.focus();
    await commands.press('ArrowDown');
    await circuit.updateComplete;
    expect(readout(circuit)).toContain('0.0 → 1.1.k');
    expect(circuit.shadowRoot!.activeElement!.getAttribute('aria-selected')).toBe('true');
    await commands.press('Home');
    await circuit.updateComplete;
    expect(readout(circuit)).toContain('embed → 0.0.v');
    expect(all(circuit, '.edge.chosen').map((edge) => edge.dataset.edge)).toEqual(['embed → 0.0.v']);
  });

  test('the slider hides the weaker edges, and shows those that are not in the circuit', async () => {
    const { circuit, answer } = await found();
    const slider = part<HTMLInputElement>(circuit, 'least');
    const stops = [...new Set(answer.edges.map(({ effect }) => effect!).filter((effect) => effect > 0))].sort(
      (a, b) => a - b,
    );
    const slide = async (to: number) => {
      slider.value = String(to);
      slider.dispatchEvent(new Event('input'));
      await circuit.updateComplete;
    };
    expect(stops.indexOf(Math.min(...stops.filter((stop) => stop >= 0.05)))).toBe(Number(slider.value));
    await slide(stops.length - 1);
    expect(drawn(circuit)).toEqual(['embed → 0.0.v']);
    expect(textOf(part(circuit, 'shown'))).toMatch(
      /^1 of 81 tested edges: those without which the KL grew by 2\.58 nats or more/,
    );
    expect(slider.getAttribute('aria-valuetext')).toBe(textOf(part(circuit, 'shown')).replace(/\.$/, ''));
    await slide(0);
    expect(drawn(circuit).length).toBe(answer.edges.filter(({ effect }) => effect! > 0).length);
    expect(all(circuit, '.edges .edge:not(.removed)').length).toBe(7);
  });
});

describe('a search', () => {
  test('that cannot begin says why', async () => {
    const { circuit } = await mountCircuit({ corrupted: null });
    part(circuit, 'run').click();
    await until(() => circuit.shadowRoot!.querySelector('[part="error"]'));
    expect(problem(circuit)).toBe('Write a corrupted prompt first.');
    circuit.corrupted = PROMPT;
    await circuit.find();
    expect(problem(circuit)).toContain('Both prompts are the same');
    circuit.corrupted = '<bos> a';
    await circuit.find();
    expect(problem(circuit)).toContain('does not fit');
    Object.assign(circuit, { corrupted: CORRUPTED, answer: 'a', wrong: 'a' });
    await circuit.find();
    await circuit.updateComplete;
    expect(problem(circuit)).toContain('The answer and the wrong token are both "a"');
    Object.assign(circuit, { answer: 'no such token' });
    await circuit.find();
    await circuit.updateComplete;
    expect(problem(circuit)).toContain('has no token');
    await expectAccessible(circuit);
  });

  test('shows how far it is, and ends when it is cancelled', async () => {
    const { circuit, model } = await mountCircuit();
    const finding = circuit.find();
    await until(() => Number(circuit.shadowRoot!.querySelector('progress')?.value) > 0);
    expect(textOf(circuit.shadowRoot!.querySelector('.status')!)).toMatch(/^\d+ of 81 edges tested/);
    part(circuit, 'cancel').focus();
    part(circuit, 'cancel').click();
    await finding;
    expect(circuit.shadowRoot!.activeElement).toBe(part(circuit, 'run'));
    await circuit.settled();
    expect(textOf(part(circuit, 'notes'))).toMatch(
      /^Cancelled: \d+ of 81 edges were tested; the others count as parts/,
    );
    expect(answerOf(model)).toBeUndefined();
    await circuit.find();
    await circuit.updateComplete;
    expect(circuit.shadowRoot!.querySelector('[part="notes"]')).toBeNull();
    expect(drawn(circuit).sort()).toEqual([...EDGES].sort());
  });

  test('of an earlier prompt or choice is told as one', async () => {
    const { model, circuit } = await found();
    circuit.threshold = 1;
    await until(() => circuit.shadowRoot!.querySelector('[part="notes"]'));
    expect(textOf(part(circuit, 'notes'))).toBe('This is of the earlier choices, until you look again.');
    circuit.threshold = 0.05;
    const { trace } = model;
    model.prompt = PROMPT.replace('z', 'y');
    await until(() => model.trace !== trace && circuit.shadowRoot!.querySelector('[part="notes"]'));
    expect(textOf(part(circuit, 'notes'))).toBe('This is of the earlier prompt, until you look again.');
  });

  test('whose prompts differ by less than the threshold says so', async () => {
    const { circuit } = await found({ corrupted: CORRUPTED, threshold: 9 });
    expect(textOf(part(circuit, 'notes'))).toMatch(/^Without any edge the KL is 2\.602 nats, less than the threshold/);
    expect(drawn(circuit)).toEqual([]);
  });
});

describe('a recording', () => {
  test('shows the circuit that it holds without a model, as it was live', async () => {
    const { model, circuit, answer } = await found();
    const answers = model.trace!.answers!;
    for (const attributes of [{ corrupted: CORRUPTED }, {}]) {
      const alone = await recordedWith(answers, attributes);
      expect(drawn(alone)).toEqual(drawn(circuit));
      for (const name of ['summary', 'prompts', 'method', 'shown']) {
        expect(textOf(part(alone, name)), name).toBe(textOf(part(circuit, name)));
      }
      expect(alone.shadowRoot!.querySelector('[part="form"]')).toBeNull();
      click(node(alone, '1.0'));
      await alone.updateComplete;
      expect(rows(alone)).toEqual(['1.0 → final', 'embed → 1.0.v', '0.0 → 1.0.k']);
      await expectAccessible(alone);
    }
    expect(answer.complete).toBe(true);
  });

  test('without it says that it takes the model, and is no error', async () => {
    const other = new Map([['circuit?corrupted=other', 1]]);
    for (const circuit of [await recordedWith(new Map()), await recordedWith(other, { corrupted: CORRUPTED })]) {
      expect(textOf(part(circuit, 'message'))).toContain('a recorded trace comes without its model');
      expect(part(circuit, 'message').className).toBe('notice');
    }
  });

  test.each<[string, (good: Circuit) => unknown, string]>([
    ['null', () => null, 'it is no object'],
    ['a list', () => [], 'it is no object'],
    ['no edges', ({ edges: _, ...rest }) => rest, 'it.edges is no list'],
    ['other labels', (good) => ({ ...good, labels: ['a'] }), 'it.labels has 1 items, expected 24'],
    [
      'a strange node',
      (good) => ({ ...good, edges: [{ ...good.edges[0], from: '9.9' }] }),
      'it.edges[0].from is no component',
    ],
    [
      'a strange input',
      (good) => ({ ...good, edges: [{ ...good.edges[0], to: '1.0.x' }] }),
      'it.edges[0].to is no component',
    ],
    [
      'a text as effect',
      (good) => ({ ...good, edges: [{ ...good.edges[0], effect: '1' }] }),
      'it.edges[0].effect is no number',
    ],
    ['no metric', (good) => ({ ...good, metric: 'loss' }), 'it.metric is no object'],
    ['no request', (good) => ({ ...good, asked: {} }), 'it.asked.corrupted is no text'],
  ])('whose circuit has %s says what is wrong', async (_, breaking, sentence) => {
    const { answer } = await found();
    const circuit = await recordedWith(new Map([[KEY, breaking(answer)]]));
    expect(part(circuit, 'message').role).toBe('alert');
    expect(textOf(part(circuit, 'message'))).toContain(`cannot be shown: ${sentence}`);
  });

  test('may hold any numbers: what is no number is left out of the graph', async () => {
    const { answer } = await found();
    const effects = [Number.NaN, Infinity, -1, 0, 1e300];
    const edges = answer.edges.slice(0, 5).map((edge, i) => ({ ...edge, effect: effects[i]!, path: Number.NaN }));
    const circuit = await recordedWith(new Map([[KEY, { ...answer, edges, clean: Number.NaN }]]));
    expect(drawn(circuit).length).toBe(1);
    for (const line of all(circuit, '.line')) expect(line.getAttribute('stroke-width')).toMatch(/^\d+(\.\d+)?$/);
  });
});

test('without a trace it says so', async () => {
  const circuit = await mount(document.createElement('fluoro-circuit'));
  expect(textOf(part(circuit, 'message'))).toMatch(/^Nothing to show/);
  await expectAccessible(circuit);
});

test.each([240, 320, 640])('in %d pixels no node lies on another, and edges pass between them', async (width) => {
  const heads = [0, 1, 2, 3].flatMap((layer) => [
    ...Array.from({ length: 12 }, (_, head) => ({ id: `${layer}.${head}`, kind: 'head' as const, layer, head })),
    { id: `mlp ${layer}`, kind: 'mlp' as const, layer, head: null },
  ]);
  const end = (id: 'embed' | 'final') => ({ id, kind: id, layer: null, head: null });
  const layout = layOut([end('embed'), ...heads, end('final')], width);
  const boxes = layout.nodes.map(
    ({ x, y, width: w, height: h }) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2] as const,
  );
  for (const [i, a] of boxes.entries()) {
    expect(a[0]).toBeGreaterThanOrEqual(0);
    expect(a[2]).toBeLessThanOrEqual(width);
    for (const b of boxes.slice(i + 1)) expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).toBe(false);
  }
  const places = new Map(layout.nodes.map((one) => [one.id, one]));
  for (const [from, to] of [
    ['embed', 'final'],
    ['0.3', '3.7.k'],
    ['mlp 0', 'mlp 3'],
    ['0.0', 'final'],
  ] as const) {
    const target = places.get(to.replace(/\.k$/, ''))!;
    const path = edgePath(layout, places.get(from)!, target, to);
    const stops = path.match(/[-\d.]+ [-\d.]+(?= C|$)/g)!.map((point) => point.split(' ').map(Number));
    for (const [x, y] of stops.slice(1, -1)) {
      for (const [left, top, right, bottom] of boxes)
        expect(x! > left && x! < right && y! > top && y! < bottom).toBe(false);
    }
  }
});

test('the nodes are those of the program', async () => {
  const model = await fixtureModel('shakespeare');
  const ids = nodesOf(model.program(1, 3)).map(({ id }) => id);
  expect(ids.slice(0, 6)).toEqual(['embed', '0.0', '0.1', '0.2', '0.3', 'mlp 0']);
  expect(ids.length).toBe(1 + 4 * 5 + 1);
  expect(ids.at(-1)).toBe('final');
});

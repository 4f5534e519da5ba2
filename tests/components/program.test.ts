import { expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroProgram, SelectEvent, TensorEvent } from '../../components/index';
import { describeLayout, readTrace, stepRows, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { expectAccessible, mount, part, textOf, until } from './mount';

const rowsOf = (program: FluoroProgram) => [...program.shadowRoot!.querySelectorAll<HTMLElement>('[part="row"]')];

/** A cell's lines, joined by spaces. */
const linesOf = (cell: Element) =>
  cell.childElementCount > 1 ? [...cell.children].map(textOf).join(' ') : textOf(cell);

async function mountProgram(): Promise<FluoroProgram> {
  const model = await fixtureModel('induction');
  const program = document.createElement('fluoro-program');
  program.trace = await model.run('<bos> a b');
  await mount(program);
  await until(() => rowsOf(program).length > 0);
  return program;
}

test.each(['light', 'dark'] as const)('is accessible in %s', async (scheme) => {
  await commands.colorScheme(scheme);
  const program = await mountProgram();
  program.style.cssText = 'color-scheme: light dark; background: light-dark(white, black)';
  await expectAccessible(program);
  await commands.colorScheme('light');
  program.trace!.dispose();
});

test('lists every step with its kernel, tensors, shapes and bytes', async () => {
  const program = await mountProgram();
  const trace = program.trace!;
  const { steps, tensors } = trace.program;
  const rows = stepRows(trace.program);
  const shown = rowsOf(program).map((row) => [...row.querySelectorAll('td')].map(linesOf));
  expect(shown.length).toBe(steps.length);
  shown.forEach(([index, kernel, bytes, writes, reads], i) => {
    const step = steps[i]!;
    const list = (names: string[]) => names.map((name) => `${name} ${describeLayout(tensors[name]!)}`).join(' ');
    expect(index).toBe(String(i));
    expect(kernel).toBe(`${step.kernel} ${step.variant}${step.fusion ? ` in ${step.fusion}` : ''}`);
    expect(bytes).toBe(rows[i]!.bytes.toLocaleString('en'));
    expect(writes).toBe(list(Object.values(step.outputs)));
    expect(reads).toBe(list(Object.values(step.inputs)));
  });
  trace.dispose();
});

test('the arrow keys move through the steps and say what each does', async () => {
  const program = await mountProgram();
  const { steps } = program.trace!.program;
  rowsOf(program)[0]!.focus();
  await commands.press('ArrowDown');
  await until(() => program.shadowRoot!.activeElement === rowsOf(program)[1]);
  expect(textOf(part(program, 'about'))).toBe(`Step 1, ${steps[1]!.kernel}: ${steps[1]!.about}`);
  await commands.press('End');
  await until(() => program.shadowRoot!.activeElement === rowsOf(program).at(-1));
  expect(rowsOf(program).filter((row) => row.tabIndex === 0).length).toBe(1);
  expect(textOf(part(program, 'about'))).toContain(steps.at(-1)!.about);
  program.trace!.dispose();
});

test('an output is chosen by its name', async () => {
  const program = await mountProgram();
  const tensors: TensorEvent['detail'][] = [];
  const selected: SelectEvent['detail'][] = [];
  program.addEventListener('fluoro-tensor', ({ detail }) => tensors.push(detail));
  program.addEventListener('fluoro-select', ({ detail }) => selected.push(detail));
  const name = 'blocks.1.attn.hook_pattern';
  const step = program.trace!.program.steps.findIndex(({ outputs }) => Object.values(outputs).includes(name));
  const button = rowsOf(program)[step]!.querySelector('button')!;
  button.click();
  await program.updateComplete;
  expect(tensors).toEqual([{ name, step }]);
  expect(selected).toEqual([{ tensor: name, layer: 1 }]);
  expect(button.className).toBe('chosen');
  expect(rowsOf(program)[step]!.ariaSelected).toBe('true');
  program.trace!.dispose();
});

test('of a stopped pass it shows what has run, breakpoints, and steps with edits that are still to come', async () => {
  const program = await mountProgram();
  const told: string[] = [];
  for (const event of ['fluoro-step', 'fluoro-breakpoint'] as const) {
    program.addEventListener(event, ({ detail }) => told.push(`${event} ${detail.step}`));
  }
  expect(program.shadowRoot!.querySelector('[part="breakpoint"]')).toBeNull();
  Object.assign(program, { at: 3, step: 2, breakpoints: new Set([5]) });
  await program.updateComplete;
  const margin = (i: number) => rowsOf(program)[i]!.querySelector<HTMLButtonElement>('[part="breakpoint"]')!;
  expect(
    rowsOf(program)
      .map((row) => row.className)
      .slice(1, 5),
  ).toEqual(['', '', 'later next', 'later']);
  expect(rowsOf(program).findIndex((row) => row.ariaSelected === 'true')).toBe(2);
  expect(rowsOf(program).findIndex((_, i) => margin(i).ariaPressed === 'true')).toBe(5);
  expect(program.shadowRoot!.textContent).toContain('of which 3 have run');
  await expectAccessible(program);
  margin(7).click();
  rowsOf(program)[7]!.focus();
  await commands.press('b');
  expect(told).toEqual(['fluoro-breakpoint 7', 'fluoro-step 7', 'fluoro-breakpoint 7']);
  const { program: whole } = program.trace!;
  program.program = { ...whole, steps: whole.steps.slice(0, 4) };
  await until(() => rowsOf(program).length === 4);
  program.program = null;
  await until(() => rowsOf(program).length === whole.steps.length);
  program.trace!.dispose();
});

test('scrolls in its own box where it is narrow', async () => {
  const program = await mountProgram();
  program.style.width = '320px';
  const box = part(program, 'table');
  expect(program.scrollWidth).toBeLessThanOrEqual(320);
  expect(box.scrollWidth).toBeGreaterThan(box.clientWidth);
  program.trace!.dispose();
});

test('on paper every step is there, in whole', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const program = await mountProgram();
  program.style.cssText = 'width: 680px'; // A4 within its margins
  await commands.media('print', {});
  const [box, last] = [part(program, 'table'), rowsOf(program).at(-1)!];
  expect([box.scrollHeight, box.scrollWidth]).toEqual([box.clientHeight, box.clientWidth]);
  expect(last.getBoundingClientRect().bottom).toBeLessThanOrEqual(box.getBoundingClientRect().bottom);
  program.trace!.dispose();
});

test('a recorded trace has the same table', async () => {
  const program = await mountProgram();
  const live = program.trace!;
  const before = textOf(part(program, 'table'));
  program.trace = readTrace(await writeTrace(live, { hooks: [] }));
  live.dispose();
  await program.updateComplete;
  await until(() => textOf(part(program, 'table')) === before);
});

test('without a trace says so', async () => {
  const program = await mount(document.createElement('fluoro-program'));
  expect(textOf(part(program, 'message'))).toMatch(/^Nothing to show/);
});

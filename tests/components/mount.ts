/** Puts elements on the page for a test and asks of them what a user would see. */
import '../../components/index';
import axe from 'axe-core';
import { expect, onTestFinished } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroModel } from '../../components/index';
import type { CanvasGrid, Cell } from '../../components/shared/canvas-grid';
import { type ColorScale, colorIndex } from '../../components/shared/colors';
import type { FigureFile, SaveEvent, SaveFormat } from '../../components/shared/save/figure-file';
import { testDevice } from '../harness/device';
import { until } from '../harness/until';

export { until };

/** Appends an element to the page; it is removed after the test. */
export async function mount<E extends HTMLElement>(element: E): Promise<E> {
  onTestFinished(() => element.remove());
  document.body.append(element);
  await (element as E & { updateComplete?: Promise<unknown> }).updateComplete;
  return element;
}

/** A `<fluoro-model>` on the tests' device with elements inside, once it has run its prompt. */
export async function mountModel(src: string, prompt: string, ...tags: string[]): Promise<FluoroModel> {
  const model = await prepareModel(src, prompt, ...tags);
  await mount(model);
  await until(() => model.state === 'ready' && model.trace !== null);
  return model;
}

export async function prepareModel(src: string, prompt: string, ...tags: string[]): Promise<FluoroModel> {
  const model = document.createElement('fluoro-model');
  Object.assign(model, { src, prompt, device: await testDevice() });
  model.append(...tags.map((tag) => document.createElement(tag)));
  return model;
}

/** What passes is neither told nor located: that would take longer than the rules. */
const ONLY_VIOLATIONS: axe.RunOptions = { resultTypes: ['violations'], selectors: false };

/** Waits until what was asked for in the next frame has been done. */
export function frame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** The accessibility rules that axe checks by itself. */
export async function expectAccessible(element: Element): Promise<void> {
  const { violations } = await axe.run(element, { ...ONLY_VIOLATIONS, rules: { region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}

/** What assistive technology calls an element. */
export function accessibleName(element: Element): string {
  axe.setup(document.body);
  try {
    return axe.commons.text.accessibleText(element);
  } finally {
    axe.teardown();
  }
}

export function part<E extends Element = HTMLElement>(host: Element, name: string): E {
  const found = host.shadowRoot!.querySelector<E>(`[part~="${name}"]`);
  if (!found) throw new Error(`<${host.localName}> shows no part ${name}: ${host.shadowRoot!.textContent!.trim()}`);
  return found;
}

/** An element's text as it is read, with single spaces. */
export function textOf(element: Node): string {
  return element.textContent!.replace(/\s+/g, ' ').trim();
}

/** What the badge of a `<fluoro-model>` says in full; it comes after the picture. */
export async function explanationOf(model: FluoroModel): Promise<string> {
  await until(() => textOf(part(model, 'explanation')));
  return textOf(part(model, 'explanation'));
}

export async function grid(host: Element, name: string): Promise<CanvasGrid> {
  await until(() => host.shadowRoot!.querySelector(`[part~="${name}"]`));
  const element = part<CanvasGrid>(host, name);
  await element.updateComplete;
  await until(() => (element.canvas?.width ?? 0) > 0 && element.canvas!.style.width);
  return element;
}

/** The colour at a place in a cell, from the canvas itself. */
export function pixel(element: CanvasGrid, cell: Cell, across = 0.5, down = 0.5): number[] {
  const { x, y, width, height } = element.cellRect(cell);
  const context = element.canvas!.getContext('2d')!;
  const at = [x + width * across, y + height * down].map((css) => Math.floor(css * devicePixelRatio)) as [
    number,
    number,
  ];
  return [...context.getImageData(...at, 1, 1).data];
}

export function colorOf(
  scale: ColorScale,
  value: number,
  min: number,
  max: number,
  scheme: 'light' | 'dark' = 'light',
) {
  return [...scale[scheme][colorIndex(value, min, max)]!, 255];
}

export function pointAt(element: CanvasGrid, cell: Cell | null, type = cell ? 'pointermove' : 'pointerleave'): void {
  const canvas = element.canvas!;
  const { left, top } = canvas.getBoundingClientRect();
  const rect = cell ? element.cellRect(cell) : new DOMRect();
  const place = { clientX: left + rect.x + rect.width / 2, clientY: top + rect.y + rect.height / 2 };
  const init = { ...place, bubbles: true, composed: true };
  canvas.dispatchEvent(type === 'click' ? new MouseEvent('click', init) : new PointerEvent(type, init));
}

/** Opens the menu of a figure by its button; returns its items. */
export async function openMenu(host: Element): Promise<HTMLElement[]> {
  await until(() => host.shadowRoot!.querySelector('[part="actions-button"]'));
  part(host, 'actions-button').focus();
  await commands.press('ArrowDown');
  const menu = () => host.shadowRoot!.querySelector('[part="actions-menu"]');
  await until(() => menu()?.contains(host.shadowRoot!.activeElement));
  return [...menu()!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
}

/** Opens a figure's table; returns its box. */
export async function openTable(host: Element): Promise<HTMLElement> {
  const items = await openMenu(host);
  items.find(({ dataset }) => dataset.action === 'table')!.click();
  await until(() => host.shadowRoot!.querySelector('[part="data-table"]'));
  return part(host, 'data-table');
}

/** The file that an item of a figure's menu saves, without its being saved. */
export async function savedFile(host: HTMLElement, action: SaveFormat): Promise<FigureFile> {
  const items = await openMenu(host);
  return new Promise((resolve) => {
    const take = (event: SaveEvent) => {
      event.preventDefault();
      resolve(event.detail);
    };
    host.addEventListener('fluoro-save', take, { once: true });
    items.find(({ dataset }) => dataset.action === action)!.click();
  });
}

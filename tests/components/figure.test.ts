/** What all figures have around them, on `<fluoro-heads>`. */
import { csvParseRows } from 'd3-dsv';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroHeads } from '../../components/index';
import { sequential } from '../../components/shared/colors';
import { formatValue } from '../../components/shared/text';
import { readTrace, type Trace, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import {
  accessibleName,
  colorOf,
  expectAccessible,
  grid,
  mount,
  mountModel,
  openMenu,
  openTable,
  part,
  savedFile,
  textOf,
  until,
} from './mount';

const PROMPT = '<bos> a b c d a b c';
const NAME = 'blocks.1.attn.hook_pattern';

async function recording(): Promise<Trace> {
  const model = await fixtureModel('induction');
  const live = await model.run(PROMPT);
  const recorded = readTrace(await writeTrace(live));
  live.dispose();
  return recorded;
}

async function mountHeads(html = ''): Promise<FluoroHeads> {
  const heads = document.createElement('fluoro-heads');
  heads.innerHTML = html;
  Object.assign(heads, { layer: 1, head: 2, trace: await recording() });
  heads.style.cssText = 'width: 700px; color-scheme: light dark; background: light-dark(white, #15191d)';
  await mount(heads);
  await grid(heads, 'pattern');
  return heads;
}

beforeEach(() => commands.media('screen', { 'prefers-color-scheme': 'light' }));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible with the menu open, and with the table open', async () => {
    await commands.colorScheme(scheme);
    const heads = await mountHeads('<span slot="caption">The induction head</span>');
    await openMenu(heads);
    await expectAccessible(heads);
    await commands.press('Escape');
    await openTable(heads);
    await expectAccessible(heads);
  });
});

describe('the menu', () => {
  test('opens by a click and by keys, with the focus in it, and closes with the focus on its button', async () => {
    const heads = await mountHeads();
    const button = part(heads, 'actions-button');
    const focused = () => heads.shadowRoot!.activeElement;
    const isShown = () => heads.shadowRoot!.querySelector('[part="actions-menu"]')?.matches(':popover-open') ?? false;
    const isOpen = () => isShown() && button.ariaExpanded === 'true';
    expect([isOpen(), button.ariaExpanded]).toEqual([false, 'false']);
    button.click();
    await until(isOpen);
    expect(focused()).toHaveProperty('dataset.action', 'table');
    await commands.press('ArrowUp');
    expect(focused()).toHaveProperty('dataset.action', 'trace');
    await commands.press('ArrowDown');
    await commands.press('ArrowDown');
    expect(focused()).toHaveProperty('dataset.action', 'png');
    await commands.press('End');
    expect(focused()).toHaveProperty('dataset.action', 'trace');
    await commands.press('j');
    expect(focused()).toHaveProperty('dataset.action', 'json');
    await commands.press('Home');
    expect(focused()).toHaveProperty('dataset.action', 'table');
    await commands.press('Escape');
    await until(() => !isOpen());
    expect(focused()).toBe(button);
    expect(isShown()).toBe(false);
    await commands.press('ArrowUp');
    await until(isOpen);
    expect(focused()).toHaveProperty('dataset.action', 'trace');
    await commands.press('Tab');
    await until(() => !isShown());
    await commands.press('Enter');
  });

  test('closes when the focus moves on, or the figure goes', async () => {
    const heads = await mountHeads();
    await openMenu(heads);
    const menu = part(heads, 'actions-menu');
    (await grid(heads, 'grid')).shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
    await until(() => !menu.matches(':popover-open'));
    await openMenu(heads);
    heads.remove();
    document.body.append(heads);
    await heads.updateComplete;
    expect(menu.matches(':popover-open')).toBe(false);
    expect(part(heads, 'actions-button').ariaExpanded).toBe('false');
  });

  test('stays beside its button when the page scrolls', async () => {
    const heads = await mountHeads();
    const below = await mount(document.createElement('div'));
    below.style.height = '3000px';
    await openMenu(heads);
    const [button, menu] = [part(heads, 'actions-button'), part(heads, 'actions-menu')];
    const gap = () => {
      const [one, other] = [menu.getBoundingClientRect(), button.getBoundingClientRect()];
      return Math.max(one.top - other.bottom, other.top - one.bottom);
    };
    const start = button.getBoundingClientRect().top;
    scrollBy(0, scrollY > 100 ? -100 : 100);
    await until(() => Math.abs(start - button.getBoundingClientRect().top) > 90 && Math.abs(gap() - 4) < 0.5);
    scrollTo(0, 0);
  });

  test('lies within the window at 320 px', async () => {
    const heads = await mountHeads();
    heads.style.width = '320px';
    await openMenu(heads);
    const { left, right, top } = part(heads, 'actions-menu').getBoundingClientRect();
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(innerWidth);
  });
});

describe('the table', () => {
  test('holds each number of the figure, takes the focus, and closes again', async () => {
    const heads = await mountHeads();
    const box = await openTable(heads);
    await until(() => heads.shadowRoot!.activeElement === box);
    const { data } = await heads.trace!.read(NAME, { batch: 0, head: 2 });
    const rows = [...box.querySelectorAll('tbody tr')].map((row) => [...row.children].map(textOf));
    expect(rows).toHaveLength(36); // 8 · 9 / 2 pairs that are not masked
    expect(rows.at(-1)).toEqual(['c', '7', 'c', '7', expect.stringMatching(/^\d/)]);
    expect(rows[4]![4]).toBe(formatValue(data[2 * 8 + 1]!));
    expect(
      [...box.querySelectorAll('thead th')].map((th) => [textOf(th), (th as HTMLElement).getAttribute('scope')]),
    ).toEqual(['from', 'query', 'to', 'key', 'weight'].map((name) => [name, 'col']));
    expect(textOf(box.querySelector('caption')!)).toBe('Attention of layer 1, head 2');
    expect(heads.shadowRoot!.textContent).toContain('Pairs that the model masks are left out');
    const [item] = await openMenu(heads);
    expect(item!.ariaChecked).toBe('true');
    item!.click();
    await until(() => !heads.shadowRoot!.querySelector('[part="data-table"]'));
    expect(heads.shadowRoot!.activeElement).toBe(part(heads, 'actions-button'));
  });

  test('follows the figure', async () => {
    const heads = await mountHeads();
    const box = await openTable(heads);
    (heads as unknown as { select(change: object): void }).select({ layer: 0, head: 1 });
    await until(() => textOf(box.querySelector('caption')!) === 'Attention of layer 0, head 1');
  });

  test('of a long prompt has few nodes, and leads to all its rows', async () => {
    const model = await fixtureModel('induction');
    const heads = await mountHeads();
    const trace = await model.run(`<bos>${' a'.repeat(63)}`);
    heads.trace = readTrace(await writeTrace(trace));
    trace.dispose();
    const box = await openTable(heads);
    await until(() => box.querySelectorAll('tbody tr').length === 200);
    const pages = () => textOf(heads.shadowRoot!.querySelector('.pages [role="status"]')!);
    expect(pages()).toBe('rows 1 to 200 of 2,080');
    const [earlier, later] = heads.shadowRoot!.querySelectorAll<HTMLButtonElement>('.pages button');
    expect(earlier!.disabled).toBe(true);
    for (let i = 0; i < 10; i++) {
      later!.click();
      await heads.updateComplete;
    }
    expect(pages()).toBe('rows 2001 to 2080 of 2,080');
    expect(later!.disabled).toBe(true);
    expect(box.querySelectorAll('tbody tr')).toHaveLength(80);
  });
});

describe('saving', () => {
  test('names the file after the model, the component, and what it is of', async () => {
    const heads = await mountHeads();
    for (const [action, name] of [
      ['png', 'induction-heads-layer1-head2.png'],
      ['csv', 'induction-heads-layer1-head2.csv'],
      ['trace', 'induction-trace.safetensors'],
    ] as const) {
      expect((await savedFile(heads, action)).name).toBe(name);
    }
    await until(
      () => textOf(heads.shadowRoot!.querySelector('[data-live]')!) === 'Saved as induction-trace.safetensors',
    );
  });

  test('has the browser save it by a link', async () => {
    const heads = await mountHeads();
    const clicked: HTMLAnchorElement[] = [];
    const { click } = HTMLAnchorElement.prototype;
    HTMLAnchorElement.prototype.click = function () {
      clicked.push(this);
    };
    try {
      (await openMenu(heads)).find(({ dataset }) => dataset.action === 'csv')!.click();
      await until(() => clicked.length === 1);
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
    expect(clicked[0]!.download).toBe('induction-heads-layer1-head2.csv');
    expect(await (await fetch(clicked[0]!.href)).text()).toContain('from,query,to,key,weight');
  });

  test('CSV reads back bit for bit', async () => {
    const heads = await mountHeads();
    const rows = csvParseRows(await (await savedFile(heads, 'csv')).content.text());
    const { data } = await heads.trace!.read(NAME, { batch: 0, head: 2 });
    expect(rows).toHaveLength(37);
    for (const [, query, , key, weight] of rows.slice(1)) {
      expect(Math.fround(Number(weight))).toBe(data[8 * Number(query) + Number(key)]);
    }
  });

  test('JSON says what the numbers are of', async () => {
    const heads = await mountHeads();
    const got = JSON.parse(await (await savedFile(heads, 'json')).content.text());
    const { info, tokens, labels } = heads.trace!;
    expect(got).toMatchObject({ component: 'heads', ...info, tokens, labels, edits: [], kind: 'recorded' });
    expect(got.tensors).toEqual([
      { name: NAME, axes: ['batch', 'head', 'query', 'key'], shape: [1, 4, 8, 8], derived: false },
    ]);
    expect(got.of).toEqual({ layer: 1, head: 2 });
    expect(got.rows).toHaveLength(36);
  });

  test('the trace reads back', async () => {
    const heads = await mountHeads();
    const bytes = new Uint8Array(await (await savedFile(heads, 'trace')).content.arrayBuffer());
    expect(readTrace(bytes).names).toEqual(heads.trace!.names);
  });

  test('the trace of a model brings the texts of its prompt and of the tokens that it expects', async () => {
    const model = await mountModel('induction', '<bos> a b a', 'fluoro-heads');
    const heads = model.querySelector('fluoro-heads')!;
    await until(() => heads.shadowRoot!.querySelector('[part~="pattern"]'));
    const { answers } = readTrace(new Uint8Array(await (await savedFile(heads, 'trace')).content.arrayBuffer()));
    expect(answers.get('prompt?')).toBe(model.model!.tokenizer!.decode(model.trace!.tokens[0]!));
    const texts = answers.get('texts?') as Record<string, string>;
    expect(Object.keys(texts).length).toBeGreaterThanOrEqual(8);
    for (const [id, text] of Object.entries(texts)) expect(text).toBe(model.model!.tokenizer!.token(Number(id)));
  });

  test('SVG has a rectangle in the colour of each weight, and the tokens as text', async () => {
    const heads = await mountHeads();
    const { svg, image } = await drawn(await (await savedFile(heads, 'svg')).content.text());
    expect(svg.querySelector('parsererror, script, image')).toBeNull();
    expect(svg.querySelector('title')!.textContent).toBe('Attention of layer 1, head 2');
    const texts = [...svg.querySelectorAll('text')].map((text) => text.textContent);
    for (const text of ['<bos>', 'a', 'b', 'c', 'd', 'Heads, a row per layer']) expect(texts).toContain(text);
    expect(texts.some((text) => text!.startsWith('induction, weights '))).toBe(true);
    expect(svg.querySelectorAll('rect').length).toBeGreaterThan(100);
    const map = await grid(heads, 'pattern');
    const onPage = map.canvas!.getContext('2d')!;
    // The same picture: the drawing's pixels hold those of the canvas.
    expect(contains(image, onPage)).toBe(true);
  });

  test('PNG holds the canvas, on the background of the page, in light and dark', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await commands.colorScheme(scheme);
      const heads = await mountHeads();
      await until(async () => (await grid(heads, 'pattern')).canvas!.width > 0);
      const { content, type } = await savedFile(heads, 'png');
      expect(type).toBe('image/png');
      const bitmap = await createImageBitmap(content);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const background = scheme === 'light' ? [255, 255, 255, 255] : [21, 25, 29, 255];
      expect([...context.getImageData(2, 2, 1, 1).data]).toEqual(background);
      expect(contains(context, (await grid(heads, 'pattern')).canvas!.getContext('2d')!)).toBe(true);
    }
  });

  test('says why a file was not saved', async () => {
    const heads = await mountHeads();
    const items = await openMenu(heads);
    heads.trace!.dispose();
    Object.assign(heads.trace!, { read: () => Promise.reject(new Error('the trace was disposed.')) });
    items.find(({ dataset }) => dataset.action === 'trace')!.click();
    await until(() => heads.shadowRoot!.querySelector('[role="alert"]'));
    expect(textOf(heads.shadowRoot!.querySelector('[role="alert"]')!)).toBe(
      'It was not saved: the trace was disposed.',
    );
  });
});

describe('slots', () => {
  test('a caption stands below the figure and is its name', async () => {
    const heads = await mountHeads('<span slot="caption">The <b>induction</b> head</span>');
    const caption = part(heads, 'caption');
    expect(caption.localName).toBe('figcaption');
    expect(caption.hidden).toBe(false);
    expect(caption.parentElement!.localName).toBe('figure');
    heads.innerHTML = '';
    await until(() => caption.hidden);
  });

  test('a fallback stands in place of the message until there is something to draw', async () => {
    const heads = document.createElement('fluoro-heads');
    heads.innerHTML = '<img slot="fallback" alt="heads of layer 1" />';
    await mount(heads);
    const picture = heads.querySelector('img')!;
    expect(picture.assignedSlot).not.toBeNull();
    expect(part(heads, 'message').getClientRects()).toHaveLength(0);
    expect(heads.shadowRoot!.querySelector('[part="actions"]')).toBeNull();
    heads.trace = await recording();
    await grid(heads, 'pattern');
    expect(picture.assignedSlot).toBeNull();
  });
});

test('says which pair of tokens the keyboard has reached', async () => {
  const heads = await mountHeads();
  const map = await grid(heads, 'pattern');
  map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('Home');
  await commands.press('ArrowRight');
  const region = map.shadowRoot!.querySelector('[data-live]')!;
  expect(region).toHaveProperty('ariaLive', 'polite');
  await until(() => textOf(region) !== '');
  const { data } = await heads.trace!.read(NAME, { batch: 0, head: 2, query: 7, key: 1 });
  expect(textOf(region)).toBe(`from c (7) to a (1), ${formatValue(data[0]!)}`);
});

describe('its button says which figure it is of', () => {
  const name = (heads: FluoroHeads) => accessibleName(part(heads, 'actions-button'));

  test('by its kind, and among those alike by its place', async () => {
    const [one, other] = [await mountHeads(), await mountHeads()];
    expect([name(one), name(other)]).toEqual(['Table and saving: heads', 'Table and saving: heads 2']);
    await openMenu(other);
    expect(accessibleName(other.shadowRoot!.querySelector('[role="menu"]')!)).toBe('Table and saving: heads 2');
  });

  test('by its label, and by its caption as it is now', async () => {
    const labelled = await mountHeads();
    labelled.ariaLabel = 'layer 1';
    labelled.requestUpdate();
    await labelled.updateComplete;
    expect(name(labelled)).toBe('Table and saving: layer 1');
    labelled.remove();
    const captioned = await mountHeads('<span slot="caption">The <b>induction</b> head</span>');
    await until(() => name(captioned) === 'Table and saving: heads The induction head');
    captioned.querySelector('b')!.textContent = 'other';
    expect(name(captioned)).toBe('Table and saving: heads The other head');
  });
});

test('on a page that runs from right to left figures run as they do elsewhere, and the page’s own words as it does', async () => {
  onTestFinished(() => document.documentElement.removeAttribute('dir'));
  document.documentElement.dir = 'rtl';
  const heads = await mountHeads('<p slot="caption">כותרת (1).</p>');
  const [low, colors, high] = heads.shadowRoot!.querySelectorAll('.legend > span');
  const left = (element: Element) => element.getBoundingClientRect().left;
  expect([low, high].map((label) => label!.textContent)).toEqual(['0', '1']);
  expect(left(low!)).toBeLessThan(left(colors!));
  expect(left(colors!)).toBeLessThan(left(high!));
  expect(getComputedStyle(heads.querySelector('p')!).direction).toBe('rtl');
  const caption = document.createElement('span');
  Object.assign(caption, { slot: 'caption', textContent: 'כותרת' });
  heads.querySelector('p')!.replaceWith(caption);
  const right = (element: Element) => element.getBoundingClientRect().right;
  expect(right(heads) - right(caption)).toBeLessThan(left(caption) - left(heads)); // Its menu's button is at the right.
  heads.trace = null;
  await heads.updateComplete;
  expect(getComputedStyle(part(heads, 'message')).direction).toBe('ltr');
});

test('labels on a map read from left to right on a page of any direction', async () => {
  onTestFinished(() => document.documentElement.removeAttribute('dir'));
  const drawn = async (dir: string) => {
    document.documentElement.dir = dir;
    const map = document.createElement('fluoro-heatmap');
    const matrix = { rows: 2, cols: 2, values: new Float32Array(4) };
    Object.assign(map, { matrix, rowLabels: ['0 pre', '·a'], colLabels: ['1 post', '‘ll'] });
    await mount(map);
    await until(() => map.canvas?.style.width);
    const { width, height } = map.canvas!;
    return map.canvas!.getContext('2d')!.getImageData(0, 0, width, height).data;
  };
  expect(await drawn('rtl')).toEqual(await drawn('ltr'));
});

test('on paper the colours are those of a light page, controls are gone, and the open table is whole', async () => {
  const dark = { 'prefers-color-scheme': 'dark' };
  onTestFinished(() => commands.media('screen', {}));
  await commands.media('screen', dark);
  const heads = await mountHeads();
  const box = await openTable(heads);
  const map = await grid(heads, 'pattern');
  const corner = () => {
    const rect = map.cellRect({ row: 7, col: 0 });
    return [
      ...map
        .canvas!.getContext('2d')!
        .getImageData((rect.x + 3) * devicePixelRatio, (rect.y + 3) * devicePixelRatio, 1, 1).data,
    ];
  };
  const { data } = await heads.trace!.read(NAME, { batch: 0, head: 2, query: 7, key: 0 });
  const [onScreen, onPaper] = (['dark', 'light'] as const).map((scheme) => colorOf(sequential, data[0]!, 0, 1, scheme));
  await until(() => String(corner()) === String(onScreen));
  await commands.media('print', dark);
  await until(() => String(corner()) === String(onPaper));
  expect(part(heads, 'actions').getClientRects()).toHaveLength(0);
  expect(getComputedStyle(heads).color).toBe('rgb(27, 32, 36)');
  expect(box.scrollHeight).toBe(box.clientHeight);
  heads.style.width = '300px';
  expect(box.scrollWidth).toBe(box.clientWidth);
  heads.style.width = '700px';
  await commands.media('screen', dark);
  await until(() => String(corner()) === String(onScreen));
  dispatchEvent(new Event('beforeprint'));
  await until(() => String(corner()) === String(onPaper));
  dispatchEvent(new Event('afterprint'));
  await until(() => String(corner()) === String(onScreen));
});

test('on paper, a number that leads to its place stays, and the controls go', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const model = await mountModel('induction', PROMPT);
  const buffer = document.createElement('fluoro-buffer');
  buffer.tensor = NAME;
  model.append(buffer);
  await until(() => buffer.shadowRoot?.querySelector('dd .place'));
  await commands.media('print', {});
  expect(buffer.shadowRoot!.querySelector('dd .place')!.checkVisibility()).toBe(true);
  expect(part(buffer, 'actions').checkVisibility()).toBe(false);
});

test('on paper there is what was asked, as text, and no label of what is gone; figures stand apart', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const corrupted = PROMPT.replace(/\S+$/, 'q');
  const model = await mountModel('induction', PROMPT, 'fluoro-tokens', 'fluoro-heads', 'fluoro-lens');
  const asking = ['patching', 'circuit'].map((name) =>
    Object.assign(document.createElement(`fluoro-${name}`), { corrupted }),
  );
  const compare = document.createElement('fluoro-compare');
  model.append(...asking, compare);
  const tokens = model.querySelector('fluoro-tokens')!;
  const lens = model.querySelector('fluoro-lens')!;
  await until(() => [...asking, lens].every((one) => one.shadowRoot?.querySelector('label')));
  await until(() => compare.shadowRoot?.querySelector('form'));
  await commands.media('print', {});
  const fields = [...model.children].flatMap((one) => [...one.shadowRoot!.querySelectorAll('input, select, textarea')]);
  expect(fields.length).toBeGreaterThan(8);
  for (const field of fields as HTMLInputElement[]) {
    const label = field.labels?.[0];
    const shown = field.checkVisibility();
    if (label) expect(label.checkVisibility(), label.outerHTML).toBe(shown);
    if (shown) expect(getComputedStyle(field).borderStyle, field.outerHTML).toBe('none');
  }
  expect(part(tokens, 'prompt').checkVisibility()).toBe(true);
  for (const one of asking) {
    expect(part(one, 'corrupted').checkVisibility()).toBe(true);
    expect(part(one, 'metric').checkVisibility()).toBe(true);
    expect(part(one, 'run').checkVisibility()).toBe(false);
  }
  const frozen = lens.shadowRoot!.querySelector<HTMLElement>('label:has([type="checkbox"])')!;
  expect(frozen.checkVisibility()).toBe(false);
  lens.frozen = true;
  await until(() => frozen.querySelector('input')!.checked);
  expect(frozen.checkVisibility()).toBe(true);

  expect(part(compare, 'form').checkVisibility()).toBe(false);
  compare.otherPrompt = corrupted;
  await until(() => part(compare, 'form').innerText.includes(corrupted));
  expect(part(compare, 'form').innerText.trim()).toMatch(/^Another prompt to compare with\s+<bos> /);
  const boxes = [...model.children].map((one) => one.getBoundingClientRect());
  for (const [i, { top }] of boxes.slice(1).entries()) expect(top - boxes[i]!.bottom).toBeGreaterThanOrEqual(24);
});

async function drawn(text: string): Promise<{ svg: Document; image: OffscreenCanvasRenderingContext2D }> {
  const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  await image.decode();
  URL.revokeObjectURL(image.src);
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
  context.drawImage(image, 0, 0);
  return { svg, image: context };
}

type Context = Pick<CanvasRenderingContext2D, 'getImageData'> & { readonly canvas: { width: number; height: number } };

/** Whether the opaque pixels of a canvas's middle lie somewhere in an image, within a shade that smoothing changes. */
function contains(image: Context, part: Context): boolean {
  const [width, height] = [part.canvas.width >> 1, part.canvas.height >> 1];
  const wanted = part.getImageData(width >> 1, height >> 1, width, height).data;
  const all = image.getImageData(0, 0, image.canvas.width, image.canvas.height).data;
  const places = Array.from({ length: 40 }, (_, i) => ((i * 37) % height) * width + ((i * 61) % width)).filter(
    (i) => wanted[4 * i + 3] === 255,
  );
  for (let y = 0; y + height <= image.canvas.height; y++) {
    for (let x = 0; x + width <= image.canvas.width; x++) {
      const same = places.every((i) => {
        const at = 4 * ((y + Math.floor(i / width)) * image.canvas.width + x + (i % width));
        return [0, 1, 2].every((c) => Math.abs(all[at + c]! - wanted[4 * i + c]!) <= 3);
      });
      if (same) return true;
    }
  }
  return false;
}

/** A link restores model, prompt, edits and selection, and says what it cannot. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { readLink, writeLink } from '../../components/model/link-state';
import { hashPart, readHash } from '../../components/model/page-hash';
import { nothingPointed } from '../../components/shared/selection';
import { recordingUrl, addressWritten as settled, watchNetwork, weightsAsked } from './model-network';
import { expectAccessible, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b a';
const HEAD = 'blocks.1.attn.hook_z[head=0]:zero';
const usual = nothingPointed.selection;

const setHash = (hash: string) => history.replaceState(null, '', location.pathname + location.search + hash);
const linkOf = (state: object) => `m=${encodeURIComponent(JSON.stringify(state))}`;

beforeEach(() => setHash(''));

afterEach(() => {
  vi.restoreAllMocks();
  setHash('');
});

async function linked(hash: string, change: Partial<FluoroModel> = {}): Promise<FluoroModel> {
  setHash(hash);
  const model = await prepareModel('induction', PROMPT, 'fluoro-heads');
  return mount(Object.assign(model, { permalink: 'm' }, change));
}

const ready = (model: FluoroModel) => until(() => model.state === 'ready' && model.trace);
const note = (model: FluoroModel) => textOf(part(model, 'link'));

test('any text survives the way through the address, halves of surrogate pairs, NUL and # too', () => {
  const states = fc.record({
    src: fc.option(fc.string({ unit: 'binary' })),
    weights: fc.option(fc.string()),
    prompt: fc.option(fc.string({ unit: 'binary' })),
    edits: fc.array(fc.string({ unit: 'binary' })),
    selection: fc.constantFrom(usual, { ...usual, pos: 3, key: 1, tensor: 'x' }, null),
  });
  const hostile = [
    '\ud800',
    '\udc00x',
    '\0',
    '</script><img onerror=alert(1)>',
    '‮abc',
    'é́',
    '😀',
    '&m=#%',
    '%E0%A4%A',
    '"%22%2522',
  ];
  const asState = (prompt: string) => ({ src: 'x', weights: null, prompt, edits: [prompt], selection: usual });
  for (const state of [...hostile.map(asState), ...fc.sample(states, 200)]) {
    setHash(`#heading&${hashPart('m', writeLink(state))}&other=1`);
    expect(readLink(readHash('m')!)).toEqual(state);
    expect(decodeURIComponent(location.hash)).not.toContain('"');
  }
});

describe('the address', () => {
  test('stays as it is until the reader changes something, and then has it, beside all else that stood there', async () => {
    const model = await linked('#a-heading');
    await ready(model);
    await settled();
    expect(location.hash).toBe('#a-heading');
    const entries = history.length;
    model.select({ layer: 1, head: 2 });
    model.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> \ud800</script>' }));
    await settled();
    expect(location.hash).toMatch(/^#a-heading&m=/);
    expect(history.length).toBe(entries);
    const state = readLink(readHash('m')!);
    expect(state).toMatchObject({
      src: 'induction',
      prompt: '<bos> \ud800</script>',
      selection: { layer: 1, head: 2 },
    });
    expect(model.model!.weightsHash.startsWith(state.weights!)).toBe(true);
  });

  test('has a part for each model that wants one', async () => {
    const first = await linked('');
    const second = await prepareModel('induction', '<bos> c');
    await mount(Object.assign(second, { permalink: 'n & co' }));
    await Promise.all([ready(first), ready(second)]);
    first.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> d' }));
    second.dispatchEvent(new CustomEvent('fluoro-edit', { detail: { add: [HEAD] } }));
    await settled();
    expect(readLink(readHash('m')!).prompt).toBe('<bos> d');
    expect(readLink(readHash('n & co')!)).toMatchObject({ prompt: '<bos> c', edits: [HEAD] });
  });

  test('is kept by the first of two models with the same name; the other says so, and follows when that is gone', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const first = await linked('');
    const second = await prepareModel('induction', '<bos> c');
    await mount(Object.assign(second, { permalink: 'm' }));
    await Promise.all([ready(first), ready(second)]);
    await until(() => second.shadowRoot!.querySelector('[part="link"]'));
    const sentence =
      'Two <fluoro-model>s of this page have the permalink "m": only the first keeps its state in the address. Give this one another name.';
    expect(note(second)).toBe(sentence);
    expect(said.mock.calls).toEqual([[sentence]]);
    expect(first.shadowRoot!.querySelector('[part="link"]')).toBeNull();
    await expectAccessible(second);
    first.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> d' }));
    second.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> e' }));
    await settled();
    expect(readLink(readHash('m')!).prompt).toBe('<bos> d');
    first.remove();
    await until(() => !second.shadowRoot!.querySelector('[part="link"]'));
    await until(() => second.prompt === '<bos> d');
    second.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> f' }));
    await settled();
    expect(readLink(readHash('m')!).prompt).toBe('<bos> f');
  });

  test('goes from one model to another that a page puts in its place', async () => {
    const said = vi.spyOn(console, 'error');
    const first = await linked('');
    await ready(first);
    const second = await prepareModel('induction', PROMPT);
    first.after(Object.assign(second, { permalink: 'm' }));
    onTestFinished(() => second.remove());
    first.remove();
    await ready(second);
    second.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> e' }));
    await settled();
    expect(readLink(readHash('m')!).prompt).toBe('<bos> e');
    expect(said).not.toHaveBeenCalled();
  });

  test('leads to the heading in front of the values when it changes', async () => {
    const headings = ['a-heading', 'überschrift'].map((id) => {
      const space = document.createElement('div');
      space.style.height = '200vh';
      const heading = Object.assign(document.createElement('h2'), { id, textContent: id });
      document.body.append(space, heading);
      onTestFinished(() => [space, heading].forEach((one) => void one.remove()));
      return heading;
    });
    document.body.style.paddingBottom = '100vh';
    onTestFinished(() => void document.body.removeAttribute('style'));
    const isAtTop = (at: number) => Math.abs(headings[at]!.getBoundingClientRect().top) < 1;
    await linked('');
    location.hash = `a-heading&${linkOf({ prompt: '<bos> e' })}`;
    await until(() => isAtTop(0));
    location.hash = `${encodeURIComponent('überschrift')}&${linkOf({ prompt: '<bos> e' })}`;
    await until(() => isAtTop(1));
    location.hash = linkOf({ prompt: '<bos> f' });
    await settled();
    expect(isAtTop(1)).toBe(true);
  });

  test('is kept in a frame of a text, which has no address but that of its text', async () => {
    const frame = document.createElement('iframe');
    const script = document.createElement('script');
    Object.assign(script, {
      type: 'module',
      textContent: `
      import { writeHash } from ${JSON.stringify(new URL('../../components/model/page-hash.ts', import.meta.url).href)};
      addEventListener('error', ({ message }) => document.body.append(message));
      writeHash('m', '1');`,
    });
    frame.srcdoc = script.outerHTML;
    await mount(frame);
    const { contentWindow: own } = frame;
    await until(() => own!.location.hash || own!.document.body?.textContent);
    expect([own!.location.href, own!.document.body.textContent]).toEqual(['about:srcdoc#m=1', '']);
  });

  test('stays where the browser refuses another, and the page goes on', async () => {
    const refuse = () => {
      throw new DOMException('A history state object cannot be created', 'SecurityError');
    };
    const failed: string[] = [];
    const onError = ({ message }: ErrorEvent) => void failed.push(message);
    addEventListener('error', onError);
    onTestFinished(() => removeEventListener('error', onError));
    const model = await linked('');
    await ready(model);
    const replace = vi.spyOn(history, 'replaceState').mockImplementation(refuse);
    model.select({ head: 2 });
    await settled();
    expect([replace.mock.calls.length, failed, location.hash]).toEqual([1, [], '']);
    replace.mockRestore();
    model.select({ head: 3 });
    await settled();
    expect(readLink(readHash('m')!).selection).toMatchObject({ head: 3 });
  });

  test('is left alone by models without a permalink, and after leaving the page', async () => {
    const model = await mountModel('induction', PROMPT);
    model.prompt = '<bos> c';
    const gone = await linked('');
    await ready(gone);
    gone.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> d' }));
    gone.remove();
    await settled();
    expect(location.hash).toBe('');
  });
});

describe('a link', () => {
  test('restores prompt, edits and selection', async () => {
    const select = { pos: 2, layer: 1, head: 3, query: 2, key: 1, tensor: 'hook_embed' };
    const model = await linked(`#${linkOf({ prompt: '<bos> c d', edits: [HEAD], select })}`);
    await ready(model);
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'c', 'd']);
    expect(model.clean).not.toBeNull();
    expect(model.edits).toEqual([HEAD]);
    expect(model.selection).toEqual({ ...usual, ...select });
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
    await settled();
    expect(location.hash).toBe(`#${linkOf({ prompt: '<bos> c d', edits: [HEAD], select })}`);
  });

  test('without a selection points where the page alone begins, and leaves the address as it is', async () => {
    const hash = `#${linkOf({ prompt: '<bos> c d' })}`;
    const model = await linked(hash);
    model.querySelector('fluoro-heads')!.layer = 1;
    await ready(model);
    await settled();
    expect([model.selection.pos, model.selection.query, model.selection.layer]).toEqual([2, 2, 1]);
    expect(location.hash).toBe(hash);
    location.hash = `a-heading&${hash.slice(1)}`;
    await settled();
    expect(location.hash).toBe(`#a-heading&${hash.slice(1)}`);
    model.select({ pos: 0 });
    await settled();
    expect(readLink(readHash('m')!)).toMatchObject({ prompt: '<bos> c d', selection: { pos: 0, query: 2 } });
  });

  test('to what is pointed at first says so: opened anew it is not the last token', async () => {
    const model = await linked('');
    await ready(model);
    model.select({ pos: 0, query: 0 });
    await settled();
    expect(readLink(readHash('m')!).selection).toEqual(usual);
    model.remove();
    const again = await linked(location.hash);
    await ready(again);
    expect([again.selection.pos, again.selection.query]).toEqual([0, 0]);
  });

  test('without a selection, after one with another, points at what the page pointed at', async () => {
    const model = await linked('');
    await ready(model);
    location.hash = linkOf({ prompt: PROMPT, select: { pos: 1, head: 2 } });
    await until(() => model.selection.pos === 1);
    location.hash = linkOf({ prompt: PROMPT });
    await until(() => model.selection.pos === 3);
    expect(model.selection.head).toBe(0);
    await settled();
    expect(location.hash).toBe(`#${linkOf({ prompt: PROMPT })}`);
    model.select({ head: 1 });
    await settled();
    expect(readLink(readHash('m')!).selection).toMatchObject({ pos: 3, head: 1 });
  });

  test('is followed when the address changes, and a mere heading changes nothing', async () => {
    const model = await linked('');
    await ready(model);
    location.hash = linkOf({ prompt: '<bos> e', select: { pos: 1 } });
    await until(() => model.state === 'ready' && model.trace!.program.pos === 2);
    expect(model.selection.pos).toBe(1);
    location.hash = 'a-heading';
    await settled();
    expect(model.prompt).toBe('<bos> e');
    expect(location.hash).toBe('#a-heading');
  });

  test('is past when the reader goes back to the address without it', async () => {
    const model = await linked('#a-heading');
    await ready(model);
    const { head } = model.selection;
    location.hash = `a-heading&${linkOf({ prompt: '<bos> e', weights: 'f00d', select: { head: 3 } })}`;
    await until(() => model.state === 'ready' && model.trace!.program.pos === 2 && note(model));
    history.back();
    await until(() => model.state === 'ready' && model.trace!.program.pos === 4);
    await model.updateComplete;
    expect([model.prompt, model.selection.head, location.hash]).toEqual([PROMPT, head, '#a-heading']);
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
  });

  test('leaves to the page what it does not name, whatever the link before it named', async () => {
    const model = await linked('', { recording: await recordingUrl('<bos> x y'), prompt: null, loading: 'eager' });
    await ready(model);
    location.hash = linkOf({ model: 'induction', prompt: '<bos> e' });
    await until(() => model.state === 'ready' && model.trace!.program.pos === 2);
    location.hash = linkOf({ model: 'induction', edits: [HEAD] });
    await until(() => model.state === 'ready' && model.clean);
    expect([model.prompt, model.trace!.labels[0]]).toEqual([null, ['<bos>', 'x', 'y']]);
    location.hash = linkOf({ model: 'modular-addition', prompt: '3 4 =' });
    await until(() => model.state === 'ready' && model.trace?.info.model === 'modular-addition');
    location.hash = linkOf({ prompt: '<bos> e' });
    await until(() => model.state === 'ready' && model.trace?.program.pos === 2);
    expect([model.src, model.trace!.info.model]).toEqual(['induction', 'induction']);
  });

  test('to another model says that nothing of it is here, before it is asked for and where it does not come', async () => {
    const link = linkOf({ model: '/nope/' });
    const model = await linked(`#${link}`, { recording: await recordingUrl(), prompt: null });
    const says =
      /^This link names another model than this page shows by itself, \/nope\/: nothing of it is here yet\. Leave the link$/;
    await until(() => model.shadowRoot!.querySelector('[part="link"]'));
    expect(model.state).toBe('idle');
    expect(note(model)).toMatch(says);
    await expectAccessible(model);
    model.load();
    await until(() => model.state === 'error');
    await model.updateComplete;
    expect(note(model)).toMatch(says);
    part(model, 'link').querySelector('button')!.click();
    await until(() => model.state === 'recorded' && model.trace);
    await settled();
    expect([model.src, location.hash]).toEqual(['induction', '']);
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
  });

  test('that changes the selection alone still says that its prompt has not been run', async () => {
    const model = await linked(`#${linkOf({ prompt: '<bos> c' })}`, { recording: await recordingUrl() });
    await until(() => model.state === 'recorded');
    location.hash = linkOf({ prompt: '<bos> c', select: { head: 2 } });
    await until(() => model.selection.head === 2);
    model.requestUpdate();
    await model.updateComplete;
    expect(note(model)).toMatch(/^The prompt and the edits of this link have not been run/);
  });

  test.each([
    ['that cannot be read', 'm=%E0%A4%A', 'The link cannot be read: it is cut off or damaged.'],
    ['to another site', linkOf({ model: 'https://elsewhere.example/m/' }), 'The link is not followed: it names'],
  ])('%s shows the page’s own, as it says, in place of the link before', async (_, hash, says) => {
    const model = await linked('');
    await ready(model);
    const { head } = model.selection;
    location.hash = linkOf({ prompt: '<bos> e', edits: [HEAD], select: { head: 3 } });
    await until(() => model.state === 'ready' && model.clean && model.trace!.program.pos === 2);
    location.hash = hash;
    await until(() => model.state === 'ready' && model.trace!.program.pos === 4);
    await model.updateComplete;
    expect(note(model).startsWith(says)).toBe(true);
    expect(note(model)).toMatch(/What is shown is the page's own\. Leave the link$/);
    expect([model.prompt, model.edits, model.selection.head]).toEqual([PROMPT, [], head]);
    expect(location.hash).toBe(`#${hash}`);
    location.hash = linkOf({ prompt: PROMPT });
    await until(() => !model.shadowRoot!.querySelector('[part="link"]'));
  });

  test('brings another model of this site', async () => {
    const model = await linked(`#${linkOf({ model: 'modular-addition', prompt: '3 4 =' })}`, {
      recording: await recordingUrl(),
    });
    const asked = watchNetwork();
    await until(() => model.shadowRoot!.querySelector('[part="run"]')?.textContent?.includes('kB'));
    expect(model.state).toBe('idle');
    expect(weightsAsked(asked)).toEqual([]);
    part(model, 'run').click();
    await ready(model);
    expect(model.trace!.info.model).toBe('modular-addition');
    expect(model.recording).toBeNull();
  });

  test('does not make the page fetch from another site', async () => {
    const asked = watchNetwork();
    const model = await linked(`#${linkOf({ model: 'https://elsewhere.example/m/', prompt: 'x' })}`);
    await ready(model);
    expect(model.prompt).toBe(PROMPT);
    expect(asked.filter(({ url }) => url.includes('elsewhere'))).toEqual([]);
    expect(note(model)).toMatch(/^The link is not followed: it names a model of another site, https:\/\/elsewhere/);
    await expectAccessible(model);
  });

  test('made with other weights says so, until the reader goes on', async () => {
    const model = await linked(`#${linkOf({ prompt: '<bos> c', weights: '0123456789abcdef' })}`);
    await ready(model);
    await model.updateComplete;
    expect(note(model)).toMatch(/^This link was made with other weights \(01234567…\) than these \([0-9a-f]{8}…\): /);
    model.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: '<bos> d' }));
    await model.updateComplete;
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
  });

  test('made with other weights over a recording says both, that and what has not been run', async () => {
    const link = linkOf({ prompt: '<bos> c', weights: '0123456789abcdef' });
    const model = await linked(`#${link}`, { recording: await recordingUrl() });
    await until(() => model.state === 'recorded');
    await model.updateComplete;
    expect(note(model)).toMatch(
      /^This link was made with other weights .* have not been run: what is shown is the recording\./,
    );
  });

  test('made with these weights says nothing', async () => {
    const { model } = await mountModel('induction', PROMPT);
    const other = await linked(`#${linkOf({ prompt: '<bos> c', weights: model!.weightsHash.slice(0, 16) })}`);
    await ready(other);
    await other.updateComplete;
    expect(other.shadowRoot!.querySelector('[part="link"]')).toBeNull();
  });

  test('fetches no weights that the reader has not asked for, and says what is shown', async () => {
    const asked = watchNetwork();
    const model = await linked(`#${linkOf({ prompt: '<bos> c', select: { head: 2 } })}`, {
      recording: await recordingUrl(),
    });
    await until(() => model.state === 'recorded');
    await model.updateComplete;
    expect(note(model)).toMatch(
      /^The prompt and the edits of this link have not been run: what is shown is the recording\./,
    );
    expect(model.selection.head).toBe(2);
    expect(weightsAsked(asked)).toEqual([]);
    part(model, 'run').click();
    await ready(model);
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'c']);
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
  });

  test.each([
    ['%E0%A4%A', 'it is cut off or damaged'],
    ['%7B%22prompt%22%3A', 'it is cut off or damaged'],
    ['[]', 'it is something else'],
    ['{"prompt":3}', 'its prompt is no text'],
    ['{"edits":"x"}', 'its edits are no list of texts'],
    ['{"select":{"pos":-1}}', 'its selection holds "pos": -1'],
    ['{"select":{"__proto__x":1}}', 'its selection holds "__proto__x": 1'],
    ['{"else":1}', 'it holds "else"'],
  ])('that is %s is refused with a sentence, and can be left', async (value, why) => {
    const model = await linked(`#top&m=${value.startsWith('%') ? value : encodeURIComponent(value)}`);
    await ready(model);
    expect(note(model)).toBe(`The link cannot be read: ${why}. What is shown is the page's own. Leave the link`);
    part(model, 'link').querySelector('button')!.click();
    await settled();
    expect(model.shadowRoot!.querySelector('[part="link"]')).toBeNull();
    expect(location.hash).toBe('#top');
    expect(model.prompt).toBe(PROMPT);
  });

  test('can be left for the page’s own, recording and all', async () => {
    const recording = await recordingUrl();
    const model = await linked(`#${linkOf({ prompt: '<bos> c', weights: 'f00d' })}`, { recording });
    await until(() => model.state === 'recorded' && model.shadowRoot!.querySelector('[part="link"]'));
    part(model, 'link').querySelector('button')!.click();
    await settled();
    expect([model.prompt, model.recording, location.hash]).toEqual([PROMPT, recording, '']);
  });
});

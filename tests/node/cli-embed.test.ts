import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatchedPrompts } from '../../components/patching/patched';
import { launchChrome } from '../../src/cli/chrome';
import { componentsOf } from '../../src/cli/embed/components';
import { checkFolder, NewFolder } from '../../src/cli/embed/folder';
import { page, snippet } from '../../src/cli/embed/html';
import { scriptFiles } from '../../src/cli/embed/scripts';
import { readTrace } from '../../src/viewer';
import { openEmbedded } from './embedded-page';
import { fluoroscope, NO_CHROME, temporaryFolder } from './fluoroscope';

const PROMPT = '<bos> z e T g D 2 0 P k W a b z e T g D 2 0 P k W a';
const CORRUPTED = '<bos> c d f h i j l m n o p q z e T g D 2 0 P k W a';
const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);
const COMPONENTS = ['tokens', 'heads', 'attribution', 'circuit'];
const EDIT = 'blocks.0.attn.hook_z[head=3]:zero';

describe('the folder of a model with weights', () => {
  const out = at('embedded');
  let report: {
    readonly files: readonly { readonly name: string; readonly bytes: number }[];
    readonly tensors: readonly string[];
    readonly answers: readonly string[];
    readonly traceGzip: number;
  };
  let browser: Browser;

  beforeAll(async () => {
    const { status, stdout, stderr } = await fluoroscope([
      ...['embed', 'induction', '--prompt', PROMPT, '--component', COMPONENTS.join(), '--weights', '--edit', EDIT],
      ...['--set', `circuit.corrupted=${CORRUPTED}`, '--set', 'heads.layer=1', '--out', out, '--json'],
    ]);
    expect(stderr.match(/fluoroscope: .*/)?.[0]).toBeUndefined();
    expect(status).toBe(0);
    report = JSON.parse(stdout);
    browser = await launchChrome();
  });
  afterAll(() => browser?.close());

  const opened = (use: (page: Page) => Promise<void>, script = true) => openEmbedded(browser, out, use, { script });

  test('is reported, and holds what the report says', () => {
    expect(report).toMatchObject({ command: 'embed', model: 'induction', out });
    expect(report.tensors).toEqual(['unembed.hook_out', 'blocks.0.attn.hook_pattern', 'blocks.1.attn.hook_pattern']);
    const listed = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(listed.length).toBe(report.files.length);
    for (const { name, bytes } of report.files) expect(readFileSync(join(out, name)).length, name).toBe(bytes);
    const names = report.files.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['index.html', 'snippet.html', 'trace.safetensors', 'page.css']));
    expect(names).toEqual(expect.arrayContaining(COMPONENTS.map((name) => `${name}.png`)));
    expect(names).toEqual(
      expect.arrayContaining(
        ['config.json', 'model.safetensors', 'tokenizer.json'].map((file) => `models/induction/${file}`),
      ),
    );
    expect(names.filter((name) => /debugger|formation/.test(name))).toEqual([]);
    expect(readdirSync(folder.path).filter((name) => name.includes('.part') || name.includes('.old'))).toEqual([]);
  });

  test('has a recording with what the components need, and no more', () => {
    const bytes = readFileSync(join(out, 'trace.safetensors'));
    const trace = readTrace(bytes);
    expect(trace.names.toSorted()).toEqual(report.tensors.toSorted());
    const keys = [...trace.answers.keys()];
    expect(keys).toEqual(report.answers);
    expect(keys.filter((key) => key.startsWith('attribution?')).length).toBe(24);
    expect(keys.filter((key) => key.startsWith('circuit?')).length).toBe(1);
    expect(trace.answers.get('effects?')).toEqual([
      expect.stringMatching(/^changed 384 of 384 values, but nothing downstream changed: /),
    ]);
    expect(trace.edits).toMatchObject([{ at: 'blocks.0.attn.hook_z', op: 'zero' }]);
    expect(report.traceGzip).toBe(gzipSync(bytes).length);
  });

  test('has pictures of what is drawn', () => {
    for (const name of COMPONENTS) {
      const png = readFileSync(join(out, `${name}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(2 * 728);
      expect(png.readUInt32BE(20)).toBeGreaterThan(300);
    }
  });

  test('is a page that draws everything under a strict policy, without an error', async () => {
    await opened(async (tab) => {
      for (const name of COMPONENTS) {
        await tab.waitForFunction(
          (tag) => document.querySelector(tag)?.shadowRoot?.querySelector('[part~="figure"]'),
          {},
          `fluoro-${name}`,
        );
      }
      const said = await tab.$$eval('fluoro-model > *', (all) => all.map((one) => one.shadowRoot!.textContent));
      expect(said.join(' ')).not.toMatch(/Nothing to show|cannot be shown|\[\d+\]/);
      const { state, kind } = await tab.$eval('fluoro-model', (model) => ({
        state: model.state,
        kind: model.trace?.kind,
      }));
      expect([state, kind]).toEqual(['recorded', 'recorded']);
    });
  });

  test('goes live with the weights that lie beside it', async () => {
    await opened(async (tab) => {
      await tab.waitForFunction(() => document.querySelector('fluoro-model')?.trace?.kind === 'recorded');
      await tab.$eval('fluoro-model', (model) => model.load());
      await tab.waitForFunction(() => document.querySelector('fluoro-model')?.trace?.kind === 'live');
      const edits = await tab.$eval('fluoro-model', ({ trace }) => trace!.edits.length);
      expect(edits).toBe(1);
    });
  });

  test('shows the pictures where there is no script', async () => {
    await opened(async (tab) => {
      const images = await tab.$$eval('img[slot="fallback"]', (all) =>
        all.map((image) => image.getBoundingClientRect().height),
      );
      expect(images.length).toBe(COMPONENTS.length);
      for (const height of images) expect(height).toBeGreaterThan(100);
    }, false);
  });

  test('is not overwritten unless that is said, and then replaced as a whole', async () => {
    const again = ['embed', 'induction', '--tokens', '0,1,2,1', '--component', 'program', '--out', out];
    const refused = await fluoroscope(again, NO_CHROME);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`[output-unwritable] ${out} cannot be written: it is not empty`);
    const { status, stdout } = await fluoroscope([...again, '--force', '--cdn', 'https://example.org/cdn']);
    expect(status).toBe(0);
    expect(stdout).toContain('program: 0 tensors and 0 answers of the model');
    expect(readdirSync(out).sort()).toEqual([
      'index.html',
      'page.css',
      'program.png',
      'snippet.html',
      'trace.safetensors',
    ]);
    const picture = readFileSync(join(out, 'program.png'));
    expect(picture.length).toBeLessThan(300_000);
    expect(picture.readUInt32BE(20), 'the first steps').toBeLessThanOrEqual(2 * 800);
    expect(readFileSync(join(out, 'snippet.html'), 'utf8')).toMatch(
      /^<script type="module" src="https:\/\/example\.org\/cdn\/program\.js"><\/script>\n<fluoro-model trace="trace\.safetensors">\n/,
    );
  });
});

test('patches between prompts of 32 tokens are recorded and shown, with a tensor that was asked for besides', async () => {
  const prompt = (letter: string) => `<bos> z e T g D 2 0 P k W J R 5 B S C V ${letter} p O 0 P k W J R 5 B S C V`;
  const out = at('patched');
  const { status, stdout } = await fluoroscope([
    ...['embed', 'induction', '--prompt', prompt('l'), '--component', 'tokens,patching', '--out', out, '--json'],
    ...['--set', `patching.corrupted=${prompt('x')}`, '--set', 'patching.at=z', '--hooks', '*.ln1.hook_scale'],
  ]);
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.traceGzip).toBeLessThan(150_000);
  const trace = readTrace(readFileSync(join(out, 'trace.safetensors')));
  expect(trace.names.filter((name) => name.includes('hook_scale'))).toHaveLength(2);
  const [key] = [...trace.answers.keys()].filter((one) => one.startsWith('patching?'));
  const patched = trace.answers.get(key!) as PatchedPrompts;
  expect(patched).toMatchObject({ complete: true, total: 256, layers: [0, 1], heads: [0, 1, 2, 3] });
  expect(patched.restored).toHaveLength(256);
  expect(trace.answers.get('prompt?')).toBe(prompt('l'));
  expect(readFileSync(join(out, 'patching.png')).readUInt32BE(20)).toBeGreaterThan(300);
});

test('an algorithm is shown by the card of the model, or one that is named', async () => {
  const out = at('algorithm');
  const embed = ['embed', 'modular-addition', '--prompt', '12 34 =', '--component', 'algorithm', '--out', out];
  expect((await fluoroscope(embed)).status).toBe(0);
  const own = readFileSync('fixtures/modular-addition/recovery.json', 'utf8');
  expect(readFileSync(join(out, 'recovery.json'), 'utf8')).toBe(own);
  expect(readFileSync(join(out, 'snippet.html'), 'utf8')).toContain('<fluoro-algorithm src="recovery.json"><img ');
  const picture = readFileSync(join(out, 'algorithm.png'));
  expect(picture.length).toBeLessThan(300_000);
  const height = picture.readUInt32BE(20) / 2;
  expect(height).toBeGreaterThan(500);
  expect(height).toBeLessThanOrEqual(800);
  expect(readFileSync(join(out, 'snippet.html'), 'utf8')).toMatch(
    new RegExp(`height="${height}" alt="[^"]*: the top of a picture of`),
  );
  writeFileSync(at('broken.json'), '{}');
  const broken = await fluoroscope([...embed, '--force', '--set', `algorithm.src=${at('broken.json')}`], NO_CHROME);
  expect(broken.stderr).toContain('[recovery-invalid]');
});

test('what cannot be shown leaves nothing behind', async () => {
  const out = at('nothing');
  const args = [
    'embed',
    'induction',
    '--tokens',
    '0,1,2,1',
    '--component',
    'circuit',
    '--set',
    'circuit.corrupted=',
    '--out',
    out,
    '--json',
  ];
  const { status, stdout, stderr } = await fluoroscope(args);
  expect(status).toBe(2);
  expect(stderr).toContain('[analysis-invalid] <fluoro-circuit> has nothing to show: Write a corrupted prompt first.');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'analysis-invalid' } });
  expect(readdirSync(folder.path).filter((name) => name.startsWith('nothing'))).toEqual([]);
});

describe('bad input ends with status 2 and one sentence, before any Chrome is started', () => {
  const base = ['embed', 'induction', '--tokens', '0,1,2,1'];
  const out = ['--out', at('refused')];
  const heads = ['--component', 'heads'];
  writeFileSync(at('a-file'), '');
  mkdirSync(at('full'));
  writeFileSync(at('full/x'), '');

  test.each<[string, string[], string]>([
    ['no component', [...base, ...out], "required option '--component <names>' not specified"],
    ['no folder', [...base, ...heads], "required option '--out <folder>' not specified"],
    [
      'an unknown component',
      [...base, ...out, '--component', 'debugger'],
      'debugger steps through a run of the model; program shows the same steps, so it is not embedded; expected',
    ],
    ['a component twice', [...base, ...out, '--component', 'heads,heads'], '--component names heads twice'],
    [
      'an attribute of none',
      [...base, ...out, ...heads, '--set', 'lens.frozen'],
      'lens is not among --component heads',
    ],
    [
      'an attribute that the element does not have',
      [...base, ...out, ...heads, '--set', 'heads.layers=1'],
      '--set heads.layers: <fluoro-heads> has no such attribute. It has layer, head.',
    ],
    [
      'a handler of events',
      [...base, ...out, ...heads, '--set', 'heads.onclick=alert(1)'],
      'expected component.attribute=value',
    ],
    [
      'one prompt for a circuit',
      [...base, ...out, '--component', 'circuit'],
      'Give the other one: --set circuit.corrupted=TEXT',
    ],
    [
      'one prompt for patching',
      [...base, ...out, '--component', 'patching'],
      'Give the other one: --set patching.corrupted=TEXT',
    ],
    [
      'one pass for compare',
      [...base, ...out, '--component', 'compare'],
      'compare shows two passes. Give another prompt',
    ],
    [
      'one pass for compare, and no prompt',
      [...base, ...out, '--component', 'compare', '--set', 'compare.other-prompt='],
      'compare shows two passes. Give another prompt',
    ],
    [
      'a second recording',
      [...base, ...out, '--component', 'compare', '--set', 'compare.other-trace=a.safetensors'],
      '--set compare.other-trace: one recording holds what is compared. Name a prompt',
    ],
    [
      'an algorithm without a card',
      [...base, ...out, '--component', 'algorithm'],
      'Make one with fluoroscope recover induction --out card.json, then --set algorithm.src=card.json',
    ],
    ['no attribute', [...base, ...out, ...heads, '--set', 'heads'], 'expected component.attribute=value'],
    ['a batch', ['embed', 'induction', '--tokens', '0,1;0,2', ...out, ...heads], 'one prompt, got a batch of 2'],
    [
      'an address that is none',
      [...base, ...out, ...heads, '--cdn', 'javascript:alert(1)'],
      'expected an address such as',
    ],
    ['a file for a folder', [...base, ...heads, '--out', at('a-file')], 'it is a file; name a folder'],
    ['a full folder', [...base, ...heads, '--out', at('full')], 'it is not empty'],
    ['a folder in none', [...base, ...heads, '--out', at('no/such')], 'there is no directory'],
    ['no name', [...base, ...heads, '--out', ''], 'the name is empty'],
  ])('%s', async (_, args, sentence) => {
    const { status, stderr } = await fluoroscope(args, NO_CHROME);
    expect(stderr).toContain(sentence);
    expect(status).toBe(2);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('the HTML', () => {
  const hostile = '</script><img src=x onerror="alert(1)">&\u202e';
  const embedded = {
    components: componentsOf(['heads'], [{ component: 'heads', attribute: 'title', value: hostile }], false),
    scripts: 'fluoroscope/',
    model: { trace: 'trace.safetensors', prompt: hostile },
    pictures: new Map([['heads', { file: 'heads.png', width: 10, height: 20, whole: true }]]),
    text: hostile,
    modelName: hostile,
  };

  test.each([snippet, page])('keeps hostile texts inside of attributes', (write) => {
    const html = write(embedded);
    expect(html).not.toContain('<img src=x');
    expect(html.match(/<\/script>/g)?.length).toBe(1);
    expect(html).toContain('prompt="&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;\u202e"');
    expect(html).not.toMatch(/ style=|<style|<script>/);
  });

  test('has no empty line, which would end it in Markdown', () => {
    const html = snippet({ ...embedded, model: { trace: 't', prompt: 'a\n\nb' } });
    expect(html).toContain('prompt="a&#10;&#10;b"');
  });

  test('is three lines for one component without a picture', () => {
    const plain = {
      ...embedded,
      components: [{ name: 'heads', attributes: {} }],
      model: { trace: 't' },
      pictures: new Map(),
    };
    expect(snippet(plain)).toBe(
      '<script type="module" src="fluoroscope/heads.js"></script>\n<fluoro-model trace="t">\n  <fluoro-heads></fluoro-heads>\n</fluoro-model>\n',
    );
  });
});

test('scripts are those that an entry loads, now or later', () => {
  const files = scriptFiles('dist/cdn', ['heads']);
  expect(files).toContain('heads.js');
  expect(files.some((file) => file.startsWith('load-model'))).toBe(true);
  expect(files.some((file) => file.startsWith('assets/worker'))).toBe(true);
  expect(files.filter((file) => /^(lens|circuit|all|debugger)/.test(file))).toEqual([]);
  expect(() => scriptFiles('dist/cdn', ['nowhere'])).toThrow(expect.objectContaining({ code: 'file-missing' }));
});

test('a folder appears whole or not at all', () => {
  const place = at('whole');
  const discarded = new NewFolder(place);
  discarded.write('a/b.txt', 'x');
  discarded.discard();
  expect(existsSync(place)).toBe(false);
  const made = new NewFolder(place);
  made.write('a/b.txt', 'x');
  expect(existsSync(place)).toBe(false);
  made.finish();
  expect(readFileSync(join(place, 'a/b.txt'), 'utf8')).toBe('x');
  checkFolder(place, true);
  const replacing = new NewFolder(place);
  replacing.write('c.txt', 'y');
  replacing.finish();
  expect(readdirSync(place)).toEqual(['c.txt']);
  expect(readdirSync(folder.path).filter((name) => name.startsWith('whole'))).toEqual(['whole']);
});

/** `fluoroscope embed --component compare`: two passes in one recording. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { readTrace } from '../../src/viewer';
import { openEmbedded } from './embedded-page';
import { fluoroscope, temporaryFolder } from './fluoroscope';

const PATTERN = 'blocks.1.attn.hook_pattern';
const folder = temporaryFolder();
let browser: Browser;
beforeAll(async () => {
  browser = await launchChrome();
});
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

const induction = (last: string) => `<bos> z e T g D 2 0 P k W J R 5 B S C V l p O 0 P k W J R 5 B S C ${last}`;
const CASES = [
  {
    name: 'two prompts of shakespeare, of two lengths',
    model: 'shakespeare',
    prompt: 'ROMEO:\nBut, soft! what light through yonder window breaks?\nIt is the east,',
    args: [
      '--set',
      'compare.other-prompt=ROMEO:\nBut, hark! what night through yonder door now breaks?\nIt is the west',
    ],
    keys: 4, // of two lengths: paired from the start and from the end
    verdict: /^They part at step 0, embed, which writes hook_embed/,
  },
  {
    name: 'induction with and without a head, by its pattern, with another map besides',
    model: 'induction',
    prompt: induction('V'),
    args: [
      ...['--edit', 'blocks.1.attn.hook_z[head=0]:zero', '--set', `compare.tensor=${PATTERN}`],
      ...['--hooks', 'blocks.1.hook_attn_out', '--weights'],
    ],
    keys: 3,
    verdict: /^They part at step \d+, attn_mix, which writes blocks\.1\.attn\.hook_z/,
  },
  {
    name: 'two sums',
    model: 'modular-addition',
    prompt: '12 34 =',
    args: ['--set', 'compare.other-prompt=56 34 =', '--set', 'compare.order=relative'],
    keys: 2,
    verdict: /^They part at step 0, embed, which writes hook_embed/,
  },
];

describe.each(CASES)('$name', ({ model, prompt, args, keys, verdict }) => {
  const out = join(folder.path, model);
  let report: { readonly tensors: string[]; readonly answers: string[]; readonly traceGzip: number };

  beforeAll(async () => {
    const command = ['embed', model, '--prompt', prompt, '--component', 'compare', ...args, '--out', out, '--json'];
    const { status, stdout, stderr } = await fluoroscope(command);
    expect(stderr.match(/fluoroscope: .*/)?.[0]).toBeUndefined();
    expect(status).toBe(0);
    report = JSON.parse(stdout);
  });

  test('fit into one small recording, without the tensors', () => {
    expect(report.traceGzip).toBeLessThan(150_000);
    expect(report.tensors).toEqual(model === 'induction' ? ['blocks.1.hook_attn_out'] : []);
    const { answers } = readTrace(readFileSync(join(out, 'trace.safetensors')));
    expect([...answers.keys()].filter((key) => key.startsWith('compare?'))).toHaveLength(keys);
    expect(report.answers.filter((key) => key.startsWith('compare?'))).toHaveLength(keys);
  });

  test('have a picture with the maps in it, which a page can bear', () => {
    const png = readFileSync(join(out, 'compare.png'));
    expect(png.length).toBeLessThan(300_000);
    expect(png.readUInt32BE(20)).toBeGreaterThan(800);
    expect(readFileSync(join(out, 'snippet.html'), 'utf8')).toMatch(
      /: (a picture|the top of a picture) of the recorded values"/,
    );
  });

  test.each([true, false])('are drawn under a strict policy without an error, with WebGPU: %s', async (gpu) => {
    await openEmbedded(
      browser,
      out,
      async (tab) => {
        await drawn(tab);
        expect(await said(tab, 'verdict')).toMatch(verdict);
        expect(await said(tab, 'next')).not.toMatch(/\[\d+\]/);
        expect(await tab.$eval('fluoro-model', ({ trace }) => trace?.kind)).toBe('recorded');
      },
      { gpu },
    );
  });
});

test('a map that the recording lacks is offered with the model, which then draws it', async () => {
  const out = join(folder.path, 'induction');
  expect(existsSync(join(out, 'models/induction/model.safetensors'))).toBe(true);
  await openEmbedded(browser, out, async (tab) => {
    await drawn(tab);
    const choose = (tensor: string) => tab.$eval('fluoro-model', (model, tensor) => model.select({ tensor }), tensor);
    await choose('blocks.1.hook_attn_out');
    await tab.waitForFunction(isShown, {}, 'blocks.1.hook_attn_out');
    await choose('blocks.0.hook_attn_out');
    await tab.waitForFunction(isOffered);
    expect(await said(tab, 'maps-message')).toContain('This recording has no map of blocks.0.hook_attn_out');
    await tab.$eval('fluoro-compare', ({ shadowRoot }) =>
      shadowRoot!.querySelector<HTMLElement>('[part="ask"]')!.click(),
    );
    await tab.waitForFunction(isShown, {}, 'blocks.0.hook_attn_out');
    expect(await tab.$eval('fluoro-model', ({ trace }) => trace?.kind)).toBe('live');
    expect(await said(tab, 'verdict')).toMatch(CASES[1]!.verdict);
  });
});

/** Run in the page. */
const isDrawn = () => document.querySelector('fluoro-compare')?.shadowRoot?.querySelector('[part~="difference"]');
const isShown = (tensor: string) =>
  document.querySelector('fluoro-compare')?.shadowRoot?.querySelector('.tensor-head .name')?.textContent === tensor;
const isOffered = () =>
  document.querySelector('fluoro-compare')?.shadowRoot?.querySelector('[part="maps-message"] [part="ask"]');

const drawn = (tab: Page) => tab.waitForFunction(isDrawn);

async function said(tab: Page, part: string): Promise<string> {
  const text = await tab.$eval(
    'fluoro-compare',
    ({ shadowRoot }, part) => shadowRoot!.querySelector(`[part="${part}"]`)!.textContent!,
    part,
  );
  return text.replace(/\s+/g, ' ').trim();
}

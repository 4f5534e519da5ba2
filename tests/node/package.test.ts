import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './fluoroscope';

const run = promisify(execFile);
const folder = temporaryFolder();
const cwd = join(folder.path);
// What npm puts into the environment of this process's own scripts is not meant for the npm started here.
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
const env = { ...clean, PUPPETEER_SKIP_DOWNLOAD: '1' };
let packed: string[] = [];

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', cwd], { env });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  writeFileSync(join(cwd, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(cwd, filename)], { cwd, env });
}, 180_000);
afterAll(() => folder.remove());

test('the package holds what a user needs and nothing of the workshop', () => {
  for (const model of ['induction', 'modular-addition', 'shakespeare']) {
    const files = ['card.json', 'config.json', 'model.safetensors', 'tokenizer.json'].map(
      (file) => `fixtures/${model}/${file}`,
    );
    expect(files.filter((file) => !packed.includes(file))).toEqual([]);
  }
  expect(packed).toContain('dist/types/src/index.d.ts');
  const expected =
    /^(dist\/(?!page\/).*|fixtures\/[^/]+\/(card|config|formation|history|recovery|tokenizer|tokenizer_config)\.json|fixtures\/[^/]+\/model\.safetensors|[^/]+)$/;
  expect(packed.filter((path) => !expected.test(path))).toEqual([]);
  expect(
    packed.filter((path) => /\.(py|ts)$|reference\.safetensors|checkpoints\//.test(path) && !path.endsWith('.d.ts')),
  ).toEqual([]);
});

test('npx fluoroscope check runs a built-in model', async () => {
  const { stdout } = await run('npx', ['fluoroscope', 'check', 'induction', '--tokens', '0,1,2,1'], { cwd, env });
  expect(stdout).toMatch(/\nok: all 26 tensors lie within their bounds/);
});

test('importing it has no side effects and needs no DOM', async () => {
  const script = `
    const before = Object.getOwnPropertyNames(globalThis);
    const api = await import('fluoroscope');
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
    console.log(JSON.stringify({ exports: Object.keys(api), added, handles: process.getActiveResourcesInfo() }));
  `;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd, env });
  expect(stderr).toBe('');
  const { exports, added, handles } = JSON.parse(stdout);
  expect(exports).toEqual(expect.arrayContaining(['loadModel', 'readTrace', 'writeTrace', 'FluoroscopeError']));
  expect(added).toEqual([]);
  expect(handles.filter((kind: string) => /Timeout|Server|Socket|Worker/.test(kind))).toEqual([]);
});

test('a command leaves nothing behind in the user’s folder', () => {
  expect(
    readdirSync(cwd)
      .filter((name) => !name.endsWith('.tgz'))
      .sort(),
  ).toEqual(['node_modules', 'package-lock.json', 'package.json']);
});

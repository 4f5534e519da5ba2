/** The packed package, installed as a user does. */
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { temporaryFolder } from './fluoroscope';
import { env, pack, run } from './packed';

const folder = temporaryFolder();
const cwd = folder.path;
let packed: readonly string[] = [];
let tarball: Uint8Array<ArrayBuffer>;

const entries = readdirSync('components/entries').map((file) => basename(file, '.ts'));

beforeAll(async () => {
  const { tarball: path, files } = await pack(cwd);
  packed = files;
  tarball = new Uint8Array(readFileSync(path));
  writeFileSync(join(cwd, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path], { cwd, env });
});
afterAll(() => folder.remove());

/** What a script says as JSON, in a process of its own that ends by itself and complains of nothing. */
async function told(script: string): Promise<unknown> {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd, env });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('the package holds what a user needs and nothing of the workshop', () => {
  for (const model of ['induction', 'modular-addition', 'shakespeare']) {
    const files = ['card.json', 'config.json', 'model.safetensors', 'tokenizer.json'].map(
      (file) => `fixtures/${model}/${file}`,
    );
    expect(files.filter((file) => !packed.includes(file))).toEqual([]);
  }
  expect(packed).toContain('dist/types/src/index.d.ts');
  const expected =
    /^(dist\/(?!page\/).*|fixtures\/[^/]+\/(card|config|formation|generation_config|history|recovery|tokenizer|tokenizer_config)\.json|fixtures\/[^/]+\/model\.safetensors|[^/]+)$/;
  expect(packed.filter((path) => !expected.test(path))).toEqual([]);
  expect(
    packed.filter((path) => /\.(py|ts)$|reference\.safetensors|checkpoints\//.test(path) && !path.endsWith('.d.ts')),
  ).toEqual([]);
});

test('npx fluoroscope check runs a built-in model', async () => {
  const { stdout } = await run('npx', ['fluoroscope', 'check', 'induction', '--tokens', '0,1,2,1'], { cwd, env });
  expect(stdout).toMatch(/\nok: all 26 tensors lie within their bounds/);
});

test('a command leaves nothing behind in the user’s folder', () => {
  expect(
    readdirSync(cwd)
      .filter((name) => !name.endsWith('.tgz'))
      .sort(),
  ).toEqual(['node_modules', 'package-lock.json', 'package.json']);
});

test('publint has nothing to say of it', async () => {
  const { messages, pkg: read } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, read!, { color: false }))).toEqual([]);
});

test('its types are not wrong for those who import it as a module', async () => {
  const includeEntrypoints = entries.map((name) => `./components/${name}`);
  const result = await checkPackage(createPackageFromTarballData(tarball), { includeEntrypoints });
  if (!('problems' in result)) return expect.unreachable('it has no types');
  // It is ESM with `exports`: resolution that knows no `exports` does not find it, and `require` meets a module.
  const ours = result.problems.filter(
    (problem) =>
      problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
  );
  expect(ours).toEqual([]);
});

/** All that `exports` lets anyone import, by the name that one writes. */
function specifiers(): string[] {
  return Object.entries(pkg.exports).flatMap(([name, target]) => {
    const file = typeof target === 'string' ? target : 'default' in target ? target.default : null;
    if (file === null || file.endsWith('.json')) return [];
    const [before, after] = file.slice(2).split('*') as [string, string?];
    // What lies in folders further down, as the script of the worker, is for those beside it.
    const found = packed.filter((path) => path.startsWith(before) && /^[\w.-]+\.js$/.test(path.slice(before.length)));
    const given = found.map((path) => path.slice(before.length, after ? -after.length : undefined));
    return (after === undefined ? [''] : given).map((star) => `fluoroscope${name.slice(1).replace('*', star)}`);
  });
}

test('all that can be imported can be where there is no DOM, and does nothing there', async () => {
  const all = specifiers();
  expect(all).toEqual(
    expect.arrayContaining(['fluoroscope', 'fluoroscope/components/heads', 'fluoroscope/cdn/all.js']),
  );
  expect(all.length).toBeGreaterThan(2 * entries.length + 4);
  // Whoever imports a provider for Vitest has Vitest.
  symlinkSync(resolve('node_modules/@vitest'), join(cwd, 'node_modules/@vitest'));
  const result = await told(`
    const before = Object.getOwnPropertyNames(globalThis);
    const exported = {};
    for (const name of ${JSON.stringify(all)}) exported[name] = Object.keys(await import(name));
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
    console.log(JSON.stringify({ exported, added, handles: process.getActiveResourcesInfo() }));
  `);
  const { exported, added, handles } = result as { exported: object; added: string[]; handles: string[] };
  expect(exported).toMatchObject({
    fluoroscope: expect.arrayContaining(['loadModel', 'readTrace', 'writeTrace', 'FluoroscopeError']),
    'fluoroscope/components/heads': expect.arrayContaining(['FluoroHeads']),
  });
  // Lit says that it is there, and has elements registered where no browser is.
  expect(added.filter((name) => !/^(lit|reactiveElement|customElements$)/.test(name))).toEqual([]);
  expect(handles.filter((kind) => /Timeout|Server|Socket|Worker/.test(kind))).toEqual([]);
});

describe('a bundler that drops what has no side effects', () => {
  const out = join(cwd, 'bundled');
  /** Without those that are fetched when something asks for them. */
  const tags = (file: string) => {
    const now = readFileSync(file, 'utf8').replace(/defineLater\(\s*\{[^}]*\},\s*\w+,?\s*\)/, '');
    return [...now.matchAll(/'(fluoro-[\w-]+)': /g)].map(([, tag]) => tag!);
  };
  const ofEntry = (name: string) => tags(`components/entries/${name}.ts`).sort();
  const all = [...new Set(entries.flatMap(ofEntry))].sort();
  const codes: Readonly<Record<string, string>> = {
    ...Object.fromEntries(entries.map((name) => [name, `import 'fluoroscope/components/${name}';`])),
    components: `import 'fluoroscope/components';`,
    unused: `import { FluoroHeads } from 'fluoroscope/components';`,
    dropped: ['fluoroscope', 'fluoroscope/viewer', 'fluoroscope/testing']
      .map((name, i) => `import '${name}'; import * as all${i} from '${name}';`)
      .join('\n'),
    used: `export { FluoroscopeError } from 'fluoroscope';`,
  };

  beforeAll(async () => {
    const entry = Object.fromEntries(Object.keys(codes).map((name) => [name, join(cwd, `entry-${name}.mjs`)]));
    for (const [name, file] of Object.entries(entry)) writeFileSync(file, codes[name]!);
    const lib = { entry, formats: ['es' as const], fileName: (_: string, name: string) => `${name}.mjs` };
    const options = { outDir: out, minify: false, lib, rolldownOptions: { external: /^(@?lit\b|node:)/ } };
    await build({ configFile: false, root: cwd, logLevel: 'silent', build: options });
  });

  /** The tags that a script defines where there is a document. */
  const registered = (name: string) =>
    told(`
      await import('lit'); // which asks what the document can
      const elements = new Map();
      globalThis.document = {};
      globalThis.customElements = { get: (tag) => elements.get(tag), define: (tag, one) => elements.set(tag, one) };
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (act, ms = 0) => (ms > 0 ? setTimeout(act, ms).unref() : setTimeout(act));
      await import(${JSON.stringify(pathToFileURL(join(out, `${name}.mjs`)))});
      // Some come later: all are there when nothing is on its way any more, whoever's patience may still last.
      process.once('beforeExit', () => console.log(JSON.stringify([...elements.keys()].sort())));
    `);

  test.each(entries)('keeps the registration of fluoroscope/components/%s', async (name) => {
    expect(await registered(name)).toEqual(ofEntry(name));
  });

  test.each(['components', 'unused'])('keeps that of fluoroscope/components, which is all: %s', async (name) => {
    expect(await registered(name)).toEqual(all);
  });

  test('keeps nothing of what registers nothing, and of what is used the used', () => {
    const code = (name: string) =>
      readFileSync(join(out, `${name}.mjs`), 'utf8')
        .replaceAll(/\/[/*].*$/gm, '')
        .trim();
    expect(code('dropped')).toBe('');
    expect(code('used')).toMatch(/FluoroscopeError/);
    expect(code('used').length).toBeLessThan(1000);
  });
});

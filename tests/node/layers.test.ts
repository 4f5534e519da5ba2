import { describe, expect, test } from 'vitest';
import {
  forbiddenArrows,
  forbiddenIn,
  forbiddenStyles,
  heavyComponents,
  heavyWays,
  loadedFiles,
  styleAttributes,
} from './layers';

test('no import in src/ or components/ breaks the layout', () => {
  expect(forbiddenArrows(process.cwd())).toEqual([]);
});

test('a component that shows a recorded trace loads no GPU code, no kernel, no shader and no analysis', () => {
  expect(heavyComponents(process.cwd())).toEqual([]);
});

test('a model on the CPU, and its worker, load no GPU code', () => {
  for (const entry of ['src/load-reference-model.ts', 'src/reference/worker.ts']) {
    const files = loadedFiles(process.cwd(), entry);
    expect(files).toContain('src/run/float64.ts');
    expect(files.filter((file) => /^src\/(gpu|debug|analysis|recover)\/|^src\/run\/(?!float64)/.test(file))).toEqual(
      [],
    );
  }
});

test('no component sets a style attribute, which a strict content security policy forbids', () => {
  expect(forbiddenStyles(process.cwd())).toEqual([]);
  const lines = ['<i style="color: red">', '<i style=$' + '{css}>', `import 'lit/directives/style-map.js'`];
  expect(styleAttributes('a.ts', lines.join('\n'))).toHaveLength(3);
  expect(styleAttributes('a.ts', '<i .style=$' + '{css} data-style="a"> element.style = css')).toEqual([]);
});

describe('the ways to what is heavy', () => {
  const ways = (files: Record<string, string>) => heavyWays(['components/a/a.ts'], (file) => files[file]);

  test.each([
    ['a value', `import { loadModel } from '../../src/index';`, 'components/a/a.ts → src/index.ts'],
    ['a re-export', `export { run } from '../../src/run/runner';`, 'components/a/a.ts → src/run/runner.ts'],
    ['a bare import', `import '../../src/gpu/gpu';`, 'components/a/a.ts → src/gpu/gpu.ts'],
    ['a shader', `import code from '../../shaders/add.wgsl?raw';`, 'components/a/a.ts → shaders/add.wgsl'],
    ['a large package', `import * as reflect from 'wgsl_reflect';`, 'components/a/a.ts → wgsl_reflect'],
    ['what others import', `import './b';`, 'components/a/a.ts → components/a/b.ts → src/analysis/lens.ts'],
  ])('finds %s', (_, line, way) => {
    const files = {
      'components/a/a.ts': line,
      'components/a/b.ts': `import { logitLens } from '../../src/analysis/lens';`,
      'src/index.ts': '',
    };
    expect(ways(files)).toEqual([way]);
  });

  test('lets types, light files and what is loaded later pass', () => {
    const files = {
      'components/a/a.ts': `import { readTrace } from '../../src/viewer'; import './b'; await import('./read-a');`,
      'components/a/b.ts': `import type { Model } from '../../src/index'; import { type Step } from '../../src/run/a';`,
      'src/viewer.ts': `export { statistics } from './debug/statistics';`,
      'src/debug/statistics.ts': '',
    };
    expect(ways(files)).toEqual([]);
  });

  test('refuses a file that is not there', () => {
    expect(() => ways({ 'components/a/a.ts': `import './c';` })).toThrow('components/a/c.ts: there is no such file');
  });
});

describe('the checker', () => {
  test.each([
    ['a higher layer', 'src/tensor/a.ts', `import { run } from '../run/runner';`, 'src/tensor → src/run'],
    ['a type', 'src/program/a.ts', `import type { Trace } from '../trace';`, 'src/program → src/trace'],
    ['a re-export', 'src/gpu/a.ts', `export * from '../tensor/layout.ts';`, 'src/gpu → src/tensor'],
    ['a dynamic import', 'src/run/a.ts', `await import('../cli/chrome');`, 'src/run → src/cli'],
    ['an import type', 'src/kernels/a.ts', `type T = import('../program').Step;`, 'src/kernels → src/program'],
    ['the public face', 'src/model/a.ts', `import { loadModel } from '..';`, 'src/model → src/index'],
    ['a part of it', 'src/run/a.ts', `import '../load-model';`, 'src/run → src/load-model'],
    ['a part of it', 'components/a.ts', `import '../src/load-model';`, 'components → src/load-model'],
    ['what errors need', 'src/errors.ts', `import './run/runner';`, 'src/errors → src/run'],
    ['a shader', 'src/run/a.ts', `import code from '../../shaders/add.wgsl?raw';`, 'src/run → shaders'],
    ['a recorded trace that runs', 'src/trace/recorded.ts', `import '../run/runner';`, 'src/trace → src/run'],
    ['the inside of src', 'components/logits/element.ts', `import '../../src/run/runner';`, 'components → src/run'],
    ['a file outside', 'src/model/a.ts', `import '../../fixtures/a';`, 'src/model → fixtures/a'],
    ['Node in the library', 'src/model/a.ts', `import 'node:fs';`, 'src/model → node:fs'],
    ['Node in what pages test with', 'src/testing/kernel.ts', `import 'node:fs';`, 'src/testing → node:fs'],
    ['Vitest in it', 'src/testing/device.ts', `import { expect } from 'vitest';`, 'src/testing → vitest'],
    ['the parser of WGSL', 'src/run/a.ts', `await import('wgsl_reflect');`, 'src/run → wgsl_reflect'],
    ['Lit in the library', 'src/trace/a.ts', `import { html } from 'lit/html.js';`, 'src/trace → lit/html.js'],
  ])('refuses %s', (_, file, line, arrow) => {
    const target = /'([^']+)'/.exec(line)?.[1];
    expect(forbiddenIn(file, `// the first line\n${line}\n`)).toEqual([
      `${file}:2: ${arrow} is not allowed (${target})`,
    ]);
  });

  test('refuses what it cannot read', () => {
    expect(forbiddenIn('src/run/a.ts', 'import(path);')).toEqual([
      'src/run/a.ts:1: a computed import cannot be checked; import a literal path',
    ]);
    expect(forbiddenIn('src/misc/a.ts', '')[0]).toContain('src/misc/a.ts lies in no layer');
  });

  test.each([
    ['src/kernels/add.ts', `import code from '../../shaders/add.wgsl?raw'; import { ULP } from './kernel';`],
    ['src/tensor/layout.ts', `import { FluoroscopeError } from '../errors.ts';`],
    ['src/trace/live.ts', `import { Runner } from '../run'; import { Trace } from './trace';`],
    ['src/testing/vitest.ts', `import 'node:http'; import '@vitest/browser'; import '../cli/chrome.ts';`],
    ['src/cli/main.ts', `import 'node:fs'; import '../run/runner'; import { loadModel } from '../index';`],
    ['src/load-model.ts', `import './run/runner'; import './model/files'; import './trace/live';`],
    [
      'src/index.ts',
      `import './load-model'; export * from './trace/live'; export { FluoroscopeError } from './errors';`,
    ],
    ['components/logits/element.ts', `import 'lit'; import '../axis/element'; import type { Trace } from '../../src';`],
  ])('accepts %s', (file, source) => {
    expect(forbiddenIn(file, source)).toEqual([]);
  });
});

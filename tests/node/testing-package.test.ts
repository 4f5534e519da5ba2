/** A project of a user's, which tests its own WGSL with the packed package's `fluoroscope/testing`. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './fluoroscope';
import { env, pack, run } from './packed';

const folder = temporaryFolder();
const cwd = join(folder.path, 'wgsl-testing');
const shader = join(cwd, 'rms_norm.wgsl');
const right = readFileSync('tests/examples/wgsl-testing/rms_norm.wgsl', 'utf8');

beforeAll(async () => {
  cpSync('tests/examples/wgsl-testing', cwd, { recursive: true });
  const { tarball } = await pack(folder.path);
  const modules = join(cwd, 'node_modules');
  mkdirSync(join(modules, '@vitest'), { recursive: true });
  // The package itself as a registry would give it; what it and the project need, from where it is installed already.
  await run('tar', ['-xzf', tarball, '-C', modules]);
  cpSync(join(modules, 'package'), join(modules, 'fluoroscope'), { recursive: true });
  rmSync(join(modules, 'package'), { recursive: true });
  for (const name of ['@vitest/browser', 'puppeteer-core', '@puppeteer', 'vite', 'vitest']) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
});
afterAll(() => folder.remove());

async function tests(code: string, more: NodeJS.ProcessEnv = {}): Promise<{ status: number; output: string }> {
  writeFileSync(shader, code);
  const args = [join(cwd, 'node_modules/vitest/vitest.mjs'), 'run', '--no-color'];
  return run(process.execPath, args, { cwd, env: { ...env, ...more }, timeout: 270_000 }).then(
    ({ stdout, stderr }) => ({ status: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ status: code, output: stdout + stderr }),
  );
}

function broken(from: string, to: string): string {
  expect(right).toContain(from);
  return right.replace(from, to);
}

test('its tests pass', async () => {
  const { status, output } = await tests(right);
  expect(output).toMatch(/Tests +35 passed \(35\)/);
  expect(status).toBe(0);
});

describe('its tests fail', () => {
  test('with a wrong formula: the element, both values and the bound are told', async () => {
    const { status, output } = await tests(broken('/ f32(u.cols) + u.eps', '/ f32(u.cols + 1) + u.eps'));
    expect(output).toMatch(/257 of 257 elements lie beyond their bounds; the worst is at \[rows 0, cols \d+\]: got /);
    expect(output).toContain('no race');
    expect(status).toBe(1);
  });

  test('with a missing barrier: the lines of both accesses are told', async () => {
    const { output, status } = await tests(
      broken('  partial[lane] = squares;\n  workgroupBarrier();', '  partial[lane] = squares;'),
    );
    expect(output).toMatch(
      /partial\[\d+\]: lane \d+ \w+ it on line 2\d and lane \d+ \w+ it on line 2\d; no workgroupBarrier lies between them/,
    );
    expect(status).toBe(1);
  });

  test('with elements that are never written', async () => {
    const { output, status } = await tests(broken('i < u.cols; i += 64) { y', 'i + 1 < u.cols; i += 64) { y'));
    expect(output).toMatch(/y\[rows 0, cols 64\] is never written: it keeps what the buffer held before/);
    expect(status).toBe(1);
  });

  test('with a shader that does not compile: line, column and the source line are told', async () => {
    const { output, status } = await tests(broken('gain[i] * x', 'gains[i] * x'));
    expect(output).toContain("rms_norm:32:59: unresolved value 'gains'");
    expect(status).toBe(1);
  });

  test('without a Chrome: before any test, with what to do', async () => {
    const { output, status } = await tests(right, { PUPPETEER_EXECUTABLE_PATH: '/nowhere/chrome' });
    expect(output).toContain('PUPPETEER_EXECUTABLE_PATH names /nowhere/chrome, which is not an executable file');
    expect(output).not.toMatch(/\d+ passed/);
    expect(status).toBe(1);
  });
});

test('its types are complete', async () => {
  const config = {
    compilerOptions: {
      ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', moduleResolution: 'nodenext' },
      ...{ types: ['vite/client'], strict: true, noEmit: true, skipLibCheck: false },
    },
    include: ['*.ts'],
  };
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(config));
  const checked = await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', cwd], { cwd }).then(
    () => '',
    ({ stdout }) => stdout,
  );
  expect(checked).toBe('');
});

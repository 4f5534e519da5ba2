import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTrace } from '../../src/index';
import { copyOfInduction, fluoroscope, NO_CHROME, temporaryFolder } from './fluoroscope';
import { swiftShaderForDawn } from './vulkan';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('check passes on Dawn, with no Chrome', async () => {
  const env = { ...(await swiftShaderForDawn()), ...NO_CHROME };
  const { status, stdout } = await fluoroscope(
    ['check', 'induction', '--tokens', '0,1,2,1', '--backend', 'dawn', '--json'],
    env,
  );
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ ok: true, runtime: expect.stringMatching(/^Dawn \(webgpu \d/) });
  expect(report.checked.length).toBeGreaterThan(20);
});

test('trace writes the same program and nearly the same numbers as Chrome', async () => {
  const files = await Promise.all(
    (['dawn', 'chrome'] as const).map(async (backend) => {
      const out = join(folder.path, `${backend}.safetensors`);
      const env = backend === 'dawn' ? await swiftShaderForDawn() : {};
      const args = ['trace', 'induction', '--tokens', '0,1,2,1', '--backend', backend, '--out', out];
      expect(await fluoroscope(args, env)).toMatchObject({ status: 0 });
      return readTrace(readFileSync(out));
    }),
  );
  const [dawn, chrome] = files as [(typeof files)[number], (typeof files)[number]];
  expect(dawn.names).toEqual(chrome.names);
  for (const name of dawn.names) {
    const [here, there] = await Promise.all([dawn.read(name), chrome.read(name)]);
    const scale = Math.max(...here.data.filter(Number.isFinite).map(Math.abs));
    for (const [i, value] of here.data.entries()) {
      const near = value === there.data[i] || Math.abs(value - there.data[i]!) <= 1e-4 * scale;
      expect(near, `${name} at ${i}: ${value} and ${there.data[i]}`).toBe(true);
    }
  }
});

test('bad input ends a Dawn run with status 2', async () => {
  const model = copyOfInduction(folder.path, 'short');
  truncateSync(join(model, 'model.safetensors'), 1000);
  const args = ['check', model, '--tokens', '0,1', '--backend', 'dawn'];
  const { status, stderr } = await fluoroscope(args, await swiftShaderForDawn());
  expect(status).toBe(2);
  expect(stderr).toContain('fluoroscope: [safetensors-invalid] short/model.safetensors');
});

test.runIf(process.platform === 'linux')('no Vulkan driver is an error that says what to do', async () => {
  const nowhere = join(folder.path, 'no-driver.json');
  rmSync(nowhere, { force: true });
  const env = { VK_DRIVER_FILES: nowhere, VK_ICD_FILENAMES: nowhere };
  const { status, stderr } = await fluoroscope(['check', 'induction', '--tokens', '0', '--backend', 'dawn'], env);
  expect(status).toBe(2);
  expect(stderr).toContain('fluoroscope: [no-webgpu] Dawn found no GPU adapter; install a Vulkan driver');
});

test('matrices in f16: every step within its bound, and the report and the file say what rounding did', async () => {
  const env = { ...(await swiftShaderForDawn()), ...NO_CHROME };
  const asked = ['induction', '--tokens', '0,1,2,1', '--precision', 'f16', '--backend', 'dawn'];
  const { status, stdout } = await fluoroscope(['check', ...asked], env);
  expect(status).toBe(0);
  expect(stdout).toMatch(/; matrices rounded to f16: \d+ of \d+ numbers changed, by at most /);
  const out = join(folder.path, 'halves.safetensors');
  expect(await fluoroscope(['trace', ...asked, '--out', out], env)).toMatchObject({ status: 0 });
  const trace = readTrace(readFileSync(out));
  expect(stdout).toContain(trace.info.rounded);
});

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requestDevice } from '../../src/gpu/device';
import { Gpu } from '../../src/gpu/gpu';
import { matmul } from '../../src/kernels/matmul';
import { softmax } from '../../src/kernels/softmax';
import { loadModel } from '../../src/load-model';
import { describeStepError } from '../../src/run/check-steps';
import { remember, remembered } from '../../src/run/remembered';
import { choiceKey, chooseVariants } from '../../src/run/variants';
import { testGpu } from '../harness/fixtures';

const devices: GPUDevice[] = [];

async function freshGpu(): Promise<{ gpu: Gpu; key: string }> {
  const device = await requestDevice();
  devices.push(device);
  const gpu = Gpu.of(device);
  return { gpu, key: keyOf(gpu) };
}

function keyOf({ adapterName, device: { features } }: Gpu): string {
  return choiceKey(
    adapterName,
    matmul.variants.filter(({ feature }) => !feature || features.has(feature)),
  );
}

/** What has been chosen for the page is kept: the devices of later tests choose the same. */
beforeAll(async () => {
  const gpu = await testGpu();
  const choice = await chooseVariants(gpu);
  return () => remember(keyOf(gpu), choice(matmul).name);
});

afterEach(() => {
  for (const device of devices.splice(0)) device.destroy();
});

describe('the shaders that run on a device', () => {
  test('are measured once, and kept for the next visit', async () => {
    const { gpu, key } = await freshGpu();
    remember(key, null);
    const choice = await chooseVariants(gpu);
    const { submits, bytesAllocated } = gpu.counters;
    expect(submits).toBeGreaterThan(matmul.variants.length);
    expect(bytesAllocated).toBe(0);
    expect(remembered(key)).toBe(choice(matmul).name);

    const later = await freshGpu();
    expect(later.key).toBe(key);
    const again = await chooseVariants(later.gpu);
    expect(later.gpu.counters.submits).toBe(0);
    expect(again(matmul)).toBe(choice(matmul));
  });

  test('are measured without those that have barriers, where the adapter is software', async () => {
    const { gpu, key } = await freshGpu();
    remember(key, null);
    const { device } = gpu;
    const compiled: (string | undefined)[] = [];
    const create = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) => {
      compiled.push(descriptor.label);
      return create(descriptor);
    };
    await chooseVariants(gpu);
    expect(compiled).toContain('matmul (registers)');
    expect(compiled.includes('matmul (tiled)')).toBe(!device.adapterInfo.isFallbackAdapter);
  });

  test('are of one name, or the clear ones', async () => {
    const { gpu, key } = await freshGpu();
    for (const name of ['quads', 'registers']) {
      remember(key, name);
      const choice = await chooseVariants(Gpu.of((await freshGpu()).gpu.device));
      expect(choice(matmul).name).toBe(name);
      expect(choice(softmax).name).toBe(name === 'quads' ? 'quads' : 'clear');
    }
    expect(gpu.counters.submits).toBe(0);
    remember(key, null);
  });

  test.each(['clear', 'registers', 'tiled', 'quads'])(
    'named %s: each step within its bound, and a later row with equal bits',
    async (name) => {
      const { gpu, key } = await freshGpu();
      remember(key, name);
      const model = await loadModel('shakespeare', { device: gpu.device });
      const whole = await model.run([1, 2, 3, 4, 5, 6, 7]);
      for await (const error of model.check(whole)) expect(error.ok, describeStepError(error)).toBe(true);
      const before = await model.run([1, 2, 3, 4, 5, 6]);
      const after = await model.run([1, 2, 3, 4, 5, 6, 7], { reuse: before });
      expect(after.reused).toBe(6);
      for (const tensor of ['blocks.1.attn.hook_pattern', 'blocks.3.mlp.hook_post', 'unembed.hook_out']) {
        expect((await after.read(tensor)).data, tensor).toEqual((await whole.read(tensor)).data);
      }
      model.dispose();
      remember(key, null);
    },
  );

  test('a name that no shader bears is measured again', async () => {
    const { gpu, key } = await freshGpu();
    remember(key, 'fastest of all');
    const choice = await chooseVariants(gpu);
    expect(gpu.counters.submits).toBeGreaterThan(0);
    expect(remembered(key)).toBe(choice(matmul).name);
  });

  test('a device that is lost meanwhile is an error that says so, keeps nothing, and the next device is measured', async () => {
    const { gpu, key } = await freshGpu();
    remember(key, null);
    const choosing = chooseVariants(gpu);
    gpu.device.destroy();
    await expect(choosing).rejects.toMatchObject({
      code: 'device-lost',
      message: expect.stringContaining('Load the model'),
    });
    await expect(chooseVariants(gpu)).rejects.toMatchObject({ code: 'device-lost' });
    expect(remembered(key)).toBeNull();
    expect(gpu.counters.bytesAllocated).toBe(0);
    const next = await freshGpu();
    await expect(chooseVariants(next.gpu)).resolves.toBeTypeOf('function');
  });

  test("other shaders, or another adapter, are another choice's", () => {
    const [clear] = matmul.variants;
    const key = choiceKey('a', [clear]);
    expect(choiceKey('b', [clear])).not.toBe(key);
    expect(choiceKey('a', [{ ...clear, code: `${clear.code} ` }])).not.toBe(key);
    expect(choiceKey('a', [{ ...clear }])).toBe(key);
  });
});

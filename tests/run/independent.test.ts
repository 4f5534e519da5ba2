/** Models at settings that no fixture has, against PyTorch's own idea of what a config means (independent.py). */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { hookNames, resolve } from '../../src/program/program';
import { parseSafetensors, readF32, readF64, readI32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { testDevice } from '../harness/device';
import { near } from '../harness/near';
import { directory } from '../model/directory';
import url from './independent.safetensors?url';

const response = await fetch(url);
const file = parseSafetensors(new Uint8Array(await response.arrayBuffer()), 'independent.safetensors');

/** The names of the file's tensors below a prefix, without it. */
function below(prefix: string): string[] {
  return [...file.tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function modelFiles(about: string) {
  const tensors = below(`${about}/weights/`).map((name) => {
    const stored = `${about}/weights/${name}`;
    return { name, dtype: 'F32' as const, shape: file.tensors.get(stored)!.shape, data: readF32(file, stored) };
  });
  return directory({ 'config.json': file.metadata[about]!, 'model.safetensors': writeSafetensors(tensors) });
}

function prompts(about: string): number[][] {
  const name = `${about}/tokens`;
  const [batch, pos] = file.tensors.get(name)!.shape as [number, number];
  const ids = [...readI32(file, name)];
  return Array.from({ length: batch }, (_, b) => ids.slice(b * pos, (b + 1) * pos));
}

describe.each(Object.keys(file.metadata))('%s', (about) => {
  const hooks = below(`${about}/hooks/`);
  const tokens = prompts(about);
  const wanted = (hook: string) => readF64(file, `${about}/hooks/${hook}`);
  let model: Model;

  beforeAll(async () => {
    model = await loadModel(modelFiles(about), { device: await testDevice() });
    return () => model.dispose();
  });

  test('float64 agrees with PyTorch on every hook name', async () => {
    const program = model.program(tokens.length, tokens[0]!.length);
    expect(hookNames(program).sort()).toEqual([...hooks].sort());
    const values = await model.float64(tokens);
    for (const hook of hooks) {
      const name = resolve(program, hook);
      near(hook, program.tensors[name]!, values.get(name)!, wanted(hook), 1e-12);
    }
  });

  test('the GPU agrees with PyTorch on every hook name', async () => {
    const trace = await model.run(tokens);
    for (const hook of hooks) {
      const { data, ...layout } = await trace.read(hook);
      near(hook, layout, data, wanted(hook), 2e-5);
    }
    trace.dispose();
  });
});

test('the models differ from the fixtures in what a fixture cannot show', () => {
  const configs = Object.values(file.metadata).map((json) => JSON.parse(json));
  const values = (field: string) => new Set(configs.map((config) => config[field]));
  expect(values('attention_dir')).toEqual(new Set(['causal', 'bidirectional']));
  expect(values('act_fn')).toEqual(new Set(['relu', 'gelu', 'gelu_new', 'silu']));
  expect(values('normalization_type')).toEqual(new Set(['LN', 'LNPre', null]));
  const normalized = configs.filter((config) => config.normalization_type !== null);
  for (const { eps } of normalized) expect(eps).toBeGreaterThanOrEqual(1e-3);
  for (const { n_heads, d_head, d_model } of configs) expect(n_heads * d_head).not.toBe(d_model);
});

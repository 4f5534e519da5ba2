import { Gpu } from '../../src/gpu/gpu';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { parseSafetensors, type SafetensorsFile } from '../../src/tensor/safetensors';
import { testDevice } from './device';

export const fixtures = ['modular-addition', 'induction', 'shakespeare'] as const;
export type Fixture = (typeof fixtures)[number];

const models = new Map<Fixture, Promise<Model>>();

/** A fixture's model on the tests' device, loaded once for all tests. */
export function fixtureModel(name: Fixture): Promise<Model> {
  let model = models.get(name);
  if (!model) models.set(name, (model = testDevice().then((device) => loadModel(name, { device }))));
  return model;
}

/** PyTorch's float64 activations for a few inputs, with their `tokens`. */
export async function reference(name: Fixture): Promise<SafetensorsFile> {
  const response = await fetch(`/fixtures/${name}/reference.safetensors`);
  if (!response.ok) throw new Error(`fixtures/${name}/reference.safetensors: ${response.status}`);
  return parseSafetensors(new Uint8Array(await response.arrayBuffer()), `${name}/reference.safetensors`);
}

export async function testGpu(): Promise<Gpu> {
  return Gpu.of(await testDevice());
}

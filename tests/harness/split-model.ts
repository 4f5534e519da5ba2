import { Gpu } from '../../src/gpu/gpu';
import { Model } from '../../src/loaded-model';
import { readConfig } from '../../src/model/config';
import { type Precision, weightTable } from '../../src/model/weight-table';
import { readWeights } from '../../src/model/weights';
import { GpuWeights } from '../../src/run/gpu-weights';
import { testDevice } from './device';
import { tinyModel } from './tiny-model';

/** A model as it is laid out on a device whose bindings hold at most `maxBytes`. */
export async function modelWithin(maxBytes: number, tied: boolean, precision?: Precision): Promise<Model> {
  const files = tinyModel({ d_vocab: 197, d_vocab_out: 197 });
  const gpu = Gpu.of(await testDevice());
  const parsed = await readConfig(files);
  const read = await readWeights(parsed, files);
  const data = new Map(read.weights);
  if (tied) data.delete('unembed.W_U');
  const table = weightTable(parsed.config, tied, maxBytes, precision);
  const weights = new GpuWeights(gpu, table);
  for (const [name, values] of data) await weights.upload(name, values);
  return Model.create({
    name: 'tiny',
    config: parsed.config,
    tokenizer: null,
    endOfText: async () => [],
    weightsHash: '',
    table,
    weights,
  });
}

import { loadModel } from '../../src/load-model';
import type { Retain } from '../../src/program/retain';
import type { Enter } from './contestant';
import { directory } from './directory';

export const fluoroscope =
  (device: GPUDevice, version: string, retain: Retain): Enter =>
  async (field) => {
    const model = await loadModel(directory(field), { device });
    const tokens = [...field.tokens];
    const { output } = model.program(1, tokens.length);
    return {
      name: `Fluoroscope, ${retain === 'all' ? 'every value kept' : 'logits only'}`,
      version,
      async run() {
        const trace = await model.run(tokens, { retain });
        const { data } = await trace.read(output, { batch: 0, pos: -1 });
        trace.dispose();
        return data;
      },
      dispose: () => model.dispose(),
    };
  };

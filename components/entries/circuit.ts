/** Registers `<fluoro-circuit>` and `<fluoro-model>`. */
import { FluoroCircuit } from '../circuit/circuit';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export type { CircuitEvent } from '../circuit/circuit';
export { FluoroCircuit };

define({
  'fluoro-model': FluoroModel,
  'fluoro-circuit': FluoroCircuit,
});

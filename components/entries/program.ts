/** Registers `<fluoro-program>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroProgram } from '../program/program';
import { define } from '../shared/define';

export type { StepEvent, TensorEvent } from '../program/program';
export { FluoroProgram };

define({
  'fluoro-model': FluoroModel,
  'fluoro-program': FluoroProgram,
});

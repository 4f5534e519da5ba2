/** Registers `<fluoro-kernel>` and `<fluoro-model>`. */
import { FluoroKernel } from '../kernel/kernel';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export { FluoroKernel };

define({
  'fluoro-model': FluoroModel,
  'fluoro-kernel': FluoroKernel,
});

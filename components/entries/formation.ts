/** Registers `<fluoro-formation>` and `<fluoro-model>`. */
import { FluoroFormation } from '../algorithm/formation';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export { FluoroFormation };

define({
  'fluoro-model': FluoroModel,
  'fluoro-formation': FluoroFormation,
});

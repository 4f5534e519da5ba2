/** Registers `<fluoro-attribution>` and `<fluoro-model>`. */
import { FluoroAttribution } from '../attribution/attribution';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';
import { FluoroEditActions } from '../shared/edit-actions';

export { FluoroAttribution, FluoroEditActions };

define({
  'fluoro-model': FluoroModel,
  'fluoro-attribution': FluoroAttribution,
  'fluoro-edit-actions': FluoroEditActions,
});

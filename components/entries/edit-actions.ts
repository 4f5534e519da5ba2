/** Registers `<fluoro-edit-actions>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';
import { FluoroEditActions } from '../shared/edit-actions';

export { FluoroEditActions };

define({
  'fluoro-model': FluoroModel,
  'fluoro-edit-actions': FluoroEditActions,
});

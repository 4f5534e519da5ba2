/** Registers `<fluoro-residual>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroResidual } from '../residual/residual';
import { define } from '../shared/define';
import { FluoroEditActions } from '../shared/edit-actions';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroEditActions, FluoroHeatmap, FluoroResidual };

define({
  'fluoro-model': FluoroModel,
  'fluoro-residual': FluoroResidual,
  'fluoro-heatmap': FluoroHeatmap,
  'fluoro-edit-actions': FluoroEditActions,
});

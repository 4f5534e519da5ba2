/** Registers `<fluoro-residual>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroResidual } from '../residual/residual';
import { define, defineLater } from '../shared/define';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroHeatmap, FluoroResidual };

define({
  'fluoro-model': FluoroModel,
  'fluoro-residual': FluoroResidual,
  'fluoro-heatmap': FluoroHeatmap,
});
defineLater({ 'fluoro-edit-actions': async () => (await import('../shared/edit-actions')).FluoroEditActions });

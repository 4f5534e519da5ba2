/** Registers `<fluoro-residual>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroResidual } from '../residual/residual';
import { define, defineLater } from '../shared/define';

export { FluoroResidual };

define({
  'fluoro-model': FluoroModel,
  'fluoro-residual': FluoroResidual,
});
defineLater({
  'fluoro-heatmap': async () => (await import('../shared/heatmap-later')).FluoroHeatmap,
  'fluoro-edit-actions': async () => (await import('../shared/edit-actions')).FluoroEditActions,
});

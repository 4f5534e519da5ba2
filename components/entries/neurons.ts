/** Registers `<fluoro-neurons>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroNeurons } from '../neurons/neurons';
import { define } from '../shared/define';
import { FluoroEditActions } from '../shared/edit-actions';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroEditActions, FluoroHeatmap, FluoroNeurons };

define({
  'fluoro-model': FluoroModel,
  'fluoro-neurons': FluoroNeurons,
  'fluoro-heatmap': FluoroHeatmap,
  'fluoro-edit-actions': FluoroEditActions,
});

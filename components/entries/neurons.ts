/** Registers `<fluoro-neurons>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroNeurons } from '../neurons/neurons';
import { define, defineLater } from '../shared/define';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroHeatmap, FluoroNeurons };

define({
  'fluoro-model': FluoroModel,
  'fluoro-neurons': FluoroNeurons,
  'fluoro-heatmap': FluoroHeatmap,
});
defineLater({ 'fluoro-edit-actions': async () => (await import('../shared/edit-actions')).FluoroEditActions });

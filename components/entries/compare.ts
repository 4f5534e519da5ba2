/** Registers `<fluoro-compare>` and `<fluoro-model>`. */
import { FluoroCompare } from '../compare/compare';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroCompare, FluoroHeatmap };

define({
  'fluoro-model': FluoroModel,
  'fluoro-compare': FluoroCompare,
  'fluoro-heatmap': FluoroHeatmap,
});

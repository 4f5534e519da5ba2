/** Registers `<fluoro-patching>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { FluoroPatching } from '../patching/patching';
import { define } from '../shared/define';
import { FluoroHeatmap } from '../shared/heatmap';

export type { CorruptedEvent } from '../patching/patching';
export { FluoroHeatmap, FluoroPatching };

define({
  'fluoro-model': FluoroModel,
  'fluoro-patching': FluoroPatching,
  'fluoro-heatmap': FluoroHeatmap,
});

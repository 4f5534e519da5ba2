/** Registers `<fluoro-compare>` and `<fluoro-model>`. */
import { FluoroCompare } from '../compare/compare';
import { FluoroModel } from '../model/model';
import { define, defineLater } from '../shared/define';

export { FluoroCompare };

define({
  'fluoro-model': FluoroModel,
  'fluoro-compare': FluoroCompare,
});
defineLater({ 'fluoro-heatmap': async () => (await import('../shared/heatmap-later')).FluoroHeatmap });

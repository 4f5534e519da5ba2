/** Registers `<fluoro-heads>` and `<fluoro-model>`. */
import { FluoroHeadGrid } from '../heads/head-grid';
import { FluoroHeads } from '../heads/heads';
import { FluoroModel } from '../model/model';
import { define, defineLater } from '../shared/define';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroHeadGrid, FluoroHeads, FluoroHeatmap };

define({
  'fluoro-model': FluoroModel,
  'fluoro-heads': FluoroHeads,
  'fluoro-head-grid': FluoroHeadGrid,
  'fluoro-heatmap': FluoroHeatmap,
});
defineLater({ 'fluoro-edit-actions': async () => (await import('../shared/edit-actions')).FluoroEditActions });

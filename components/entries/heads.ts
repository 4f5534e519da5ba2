/** Registers `<fluoro-heads>` and `<fluoro-model>`. */
import { FluoroHeadGrid } from '../heads/head-grid';
import { FluoroHeads } from '../heads/heads';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';
import { FluoroEditActions } from '../shared/edit-actions';
import { FluoroHeatmap } from '../shared/heatmap';

export { FluoroEditActions, FluoroHeadGrid, FluoroHeads, FluoroHeatmap };

define({
  'fluoro-model': FluoroModel,
  'fluoro-heads': FluoroHeads,
  'fluoro-head-grid': FluoroHeadGrid,
  'fluoro-heatmap': FluoroHeatmap,
  'fluoro-edit-actions': FluoroEditActions,
});

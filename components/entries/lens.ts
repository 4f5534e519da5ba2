/** Registers `<fluoro-lens>` and `<fluoro-model>`. */
import { FluoroLens } from '../lens/lens';
import { FluoroLensGrid } from '../lens/lens-grid';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export { FluoroLens, FluoroLensGrid };

define({
  'fluoro-model': FluoroModel,
  'fluoro-lens': FluoroLens,
  'fluoro-lens-grid': FluoroLensGrid,
});

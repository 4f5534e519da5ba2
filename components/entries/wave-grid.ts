/** Registers `<fluoro-wave-grid>`, which `<fluoro-algorithm>` fetches later, and `<fluoro-model>`. */
import { FluoroWaveGrid } from '../algorithm/wave-grid';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export { FluoroWaveGrid };

define({
  'fluoro-model': FluoroModel,
  'fluoro-wave-grid': FluoroWaveGrid,
});

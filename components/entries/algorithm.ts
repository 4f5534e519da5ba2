/** Registers `<fluoro-algorithm>` and `<fluoro-model>`. */
import { FluoroAlgorithm } from '../algorithm/algorithm';
import { FluoroWaveGrid } from '../algorithm/wave-grid';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export type { RecoveryEvent } from '../algorithm/algorithm';
export { FluoroAlgorithm, FluoroWaveGrid };

define({
  'fluoro-model': FluoroModel,
  'fluoro-algorithm': FluoroAlgorithm,
  'fluoro-wave-grid': FluoroWaveGrid,
});

/** Registers `<fluoro-algorithm>` and `<fluoro-model>`. */
import { FluoroAlgorithm } from '../algorithm/algorithm';
import { FluoroModel } from '../model/model';
import { define, defineLater } from '../shared/define';

export type { RecoveryEvent } from '../algorithm/algorithm';
export { FluoroAlgorithm };

define({
  'fluoro-model': FluoroModel,
  'fluoro-algorithm': FluoroAlgorithm,
});
defineLater({ 'fluoro-wave-grid': async () => (await import('../algorithm/wave-grid')).FluoroWaveGrid });

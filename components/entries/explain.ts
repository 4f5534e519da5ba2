/** Registers `<fluoro-explain>` and `<fluoro-model>`. */
import { FluoroExplain } from '../explain/explain';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export type { ExplainEvent } from '../explain/explain';
export { FluoroExplain };

define({
  'fluoro-model': FluoroModel,
  'fluoro-explain': FluoroExplain,
});

/** Registers `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export type { FailureEvent, StateEvent, TraceEvent } from '../model/model';
export type { ModelState, PassCost } from '../shared/run-context';
export type { BeginEvent, Beginning, Hover, HoverEvent, SelectEvent, Selection } from '../shared/selection';
export { FluoroModel };

define({
  'fluoro-model': FluoroModel,
});

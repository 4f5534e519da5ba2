/** Registers `<fluoro-attribution>` and `<fluoro-model>`. */
import { FluoroAttribution } from '../attribution/attribution';
import { FluoroModel } from '../model/model';
import { define, defineLater } from '../shared/define';

export { FluoroAttribution };

define({
  'fluoro-model': FluoroModel,
  'fluoro-attribution': FluoroAttribution,
});
defineLater({ 'fluoro-edit-actions': async () => (await import('../shared/edit-actions')).FluoroEditActions });

/** Registers `<fluoro-tokens>` and `<fluoro-model>`. */
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';
import { FluoroTokens } from '../tokens/tokens';

export type { PromptEvent } from '../tokens/tokens';
export { FluoroTokens };

define({
  'fluoro-model': FluoroModel,
  'fluoro-tokens': FluoroTokens,
});

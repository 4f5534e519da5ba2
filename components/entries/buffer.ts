/** Registers `<fluoro-buffer>` and `<fluoro-model>`. */
import { FluoroBuffer } from '../buffer/buffer';
import { FluoroBufferMap } from '../buffer/buffer-map';
import { FluoroModel } from '../model/model';
import { define } from '../shared/define';

export type { ScalarEvent } from '../buffer/buffer';
export { FluoroBuffer, FluoroBufferMap };

define({
  'fluoro-model': FluoroModel,
  'fluoro-buffer': FluoroBuffer,
  'fluoro-buffer-map': FluoroBufferMap,
});

/** Registers `<fluoro-debugger>` and `<fluoro-model>`. */
import { FluoroBuffer } from '../buffer/buffer';
import { FluoroBufferMap } from '../buffer/buffer-map';
import { FluoroDebugger } from '../debugger/debugger';
import { FluoroExplain } from '../explain/explain';
import { FluoroKernel } from '../kernel/kernel';
import { FluoroModel } from '../model/model';
import { FluoroProgram } from '../program/program';
import { define } from '../shared/define';

export type { StopEvent } from '../debugger/debugger';
export { FluoroBuffer, FluoroBufferMap, FluoroDebugger, FluoroExplain, FluoroKernel, FluoroProgram };

define({
  'fluoro-model': FluoroModel,
  'fluoro-debugger': FluoroDebugger,
  'fluoro-program': FluoroProgram,
  'fluoro-buffer': FluoroBuffer,
  'fluoro-buffer-map': FluoroBufferMap,
  'fluoro-explain': FluoroExplain,
  'fluoro-kernel': FluoroKernel,
});

/** Registers `<fluoro-debugger>` and `<fluoro-model>`. */
import { FluoroDebugger } from '../debugger/debugger';
import { panelsWanted } from '../debugger/wanted';
import { FluoroModel } from '../model/model';
import { FluoroProgram } from '../program/program';
import { define, defineLater } from '../shared/define';

export type { StopEvent } from '../debugger/debugger';
export { FluoroDebugger, FluoroProgram };

define({
  'fluoro-model': FluoroModel,
  'fluoro-debugger': FluoroDebugger,
  'fluoro-program': FluoroProgram,
});
defineLater(
  {
    'fluoro-buffer': async () => (await import('./buffer')).FluoroBuffer,
    'fluoro-buffer-map': async () => (await import('./buffer')).FluoroBufferMap,
    'fluoro-explain': async () => (await import('./explain')).FluoroExplain,
    'fluoro-kernel': async () => (await import('./kernel')).FluoroKernel,
  },
  panelsWanted,
);

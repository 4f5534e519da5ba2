/**
 * Registers the elements. `<fluoro-model>` comes first, and `<fluoro-debugger>` after it: they answer what the elements
 * inside them ask when they start.
 */
import { FluoroAlgorithm } from './algorithm/algorithm';
import { FluoroFormation } from './algorithm/formation';
import { FluoroWaveGrid } from './algorithm/wave-grid';
import { FluoroAttribution } from './attribution/attribution';
import { FluoroBuffer } from './buffer/buffer';
import { FluoroBufferMap } from './buffer/buffer-map';
import { FluoroCircuit } from './circuit/circuit';
import { FluoroDebugger } from './debugger/debugger';
import { FluoroExplain } from './explain/explain';
import { FluoroHeadGrid } from './heads/head-grid';
import { FluoroHeads } from './heads/heads';
import { FluoroKernel } from './kernel/kernel';
import { FluoroLens } from './lens/lens';
import { FluoroLensGrid } from './lens/lens-grid';
import { FluoroModel } from './model/model';
import { FluoroNeurons } from './neurons/neurons';
import { FluoroPatching } from './patching/patching';
import { FluoroProgram } from './program/program';
import { FluoroEditActions } from './shared/edit-actions';
import { FluoroHeatmap } from './shared/heatmap';
import { FluoroTokens } from './tokens/tokens';

export type { RecoveryEvent } from './algorithm/algorithm';
export type { ScalarEvent } from './buffer/buffer';
export type { CircuitEvent } from './circuit/circuit';
export type { StopEvent } from './debugger/debugger';
export type { ExplainEvent } from './explain/explain';
export type { FailureEvent, StateEvent, TraceEvent } from './model/model';
export type { CorruptedEvent } from './patching/patching';
export type { StepEvent, TensorEvent } from './program/program';
export type { ModelState, PassCost } from './shared/run-context';
export type { Hover, HoverEvent, SelectEvent, Selection } from './shared/selection';
export type { PromptEvent } from './tokens/tokens';
export {
  FluoroAlgorithm,
  FluoroAttribution,
  FluoroBuffer,
  FluoroBufferMap,
  FluoroCircuit,
  FluoroDebugger,
  FluoroEditActions,
  FluoroExplain,
  FluoroFormation,
  FluoroHeadGrid,
  FluoroHeads,
  FluoroHeatmap,
  FluoroKernel,
  FluoroLens,
  FluoroLensGrid,
  FluoroModel,
  FluoroNeurons,
  FluoroPatching,
  FluoroProgram,
  FluoroTokens,
  FluoroWaveGrid,
};

const elements: Record<string, CustomElementConstructor> = {
  'fluoro-model': FluoroModel,
  'fluoro-debugger': FluoroDebugger,
  'fluoro-tokens': FluoroTokens,
  'fluoro-heads': FluoroHeads,
  'fluoro-neurons': FluoroNeurons,
  'fluoro-lens': FluoroLens,
  'fluoro-attribution': FluoroAttribution,
  'fluoro-patching': FluoroPatching,
  'fluoro-circuit': FluoroCircuit,
  'fluoro-program': FluoroProgram,
  'fluoro-explain': FluoroExplain,
  'fluoro-kernel': FluoroKernel,
  'fluoro-algorithm': FluoroAlgorithm,
  'fluoro-formation': FluoroFormation,
  'fluoro-buffer': FluoroBuffer,
  'fluoro-buffer-map': FluoroBufferMap,
  'fluoro-edit-actions': FluoroEditActions,
  'fluoro-heatmap': FluoroHeatmap,
  'fluoro-head-grid': FluoroHeadGrid,
  'fluoro-lens-grid': FluoroLensGrid,
  'fluoro-wave-grid': FluoroWaveGrid,
};

for (const [tag, element] of Object.entries(elements)) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}

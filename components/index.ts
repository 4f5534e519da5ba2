/** Registers the elements. `<fluoro-model>` comes first: it answers what the elements inside it ask when they start. */
import { FluoroHeadGrid } from './heads/head-grid';
import { FluoroHeads } from './heads/heads';
import { FluoroModel } from './model/model';
import { FluoroNeurons } from './neurons/neurons';
import { FluoroProgram } from './program/program';
import { FluoroHeatmap } from './shared/heatmap';
import { FluoroTokens } from './tokens/tokens';

export type { FailureEvent, StateEvent, TraceEvent } from './model/model';
export type { TensorEvent } from './program/program';
export type { ModelState, PassCost } from './shared/run-context';
export type { Hover, HoverEvent, SelectEvent, Selection } from './shared/selection';
export type { PromptEvent } from './tokens/tokens';
export { FluoroHeadGrid, FluoroHeads, FluoroHeatmap, FluoroModel, FluoroNeurons, FluoroProgram, FluoroTokens };

const elements: Record<string, CustomElementConstructor> = {
  'fluoro-model': FluoroModel,
  'fluoro-tokens': FluoroTokens,
  'fluoro-heads': FluoroHeads,
  'fluoro-neurons': FluoroNeurons,
  'fluoro-program': FluoroProgram,
  'fluoro-heatmap': FluoroHeatmap,
  'fluoro-head-grid': FluoroHeadGrid,
};

for (const [tag, element] of Object.entries(elements)) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}

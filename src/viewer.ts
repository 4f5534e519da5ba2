/**
 * The part of the public face that a page needs to show a recorded trace: no GPU, no kernel, no shader, no analysis.
 * What loads or runs a model, or asks about it, is in `src/index`, which has all of this too.
 */

export { builtInModels, builtInUrl } from './built-in';
export { type Breakpoint, type BreakpointSpec, Breakpoints } from './debug/breakpoints';
export {
  type ComparedTensor,
  type CompareOptions,
  compareTensors,
  compareTraces,
  readPositions,
  type SharedPositions,
  type TensorDifference,
  type TraceDifference,
} from './debug/compare-traces';
export type { Predicate, Written } from './debug/conditions';
export { describeCancellation, describeExplanation, describeVerdict, largestFirst } from './debug/describe-explanation';
export type {
  ExplainedAddend,
  ExplainedOperand,
  Explanation,
  InputExplanation,
  Spot,
  StepExplanation,
  WeightExplanation,
} from './debug/explanation';
export { heldAs } from './debug/held-as';
export { type Histogram, valueHistogram } from './debug/histogram';
export { FINITE, NumberKind, numberKinds } from './debug/number-kinds';
export { layoutIn } from './debug/spots';
export { type Counted, type Extreme, type Statistics, type StatisticsOptions, statistics } from './debug/statistics';
export { type BoundPort, type StepOutline, stepOutline } from './debug/step-outline';
export {
  type DeterminismOptions,
  describeWatch,
  type FoundElement,
  type RunDifference,
  type WatchedOperand,
  type WatchFinding,
  type WeightSource,
  watchDeterminism,
  watchNonFinite,
  watchRange,
} from './debug/watches';
export { describeSpec } from './edits/describe';
export { parseEdit } from './edits/language';
export type { EditSpec, SpecIndex, SpecOp, SpecPrompt, SpecVector } from './edits/spec';
export { type ErrorCode, FluoroscopeError } from './errors';
export type { ModelFiles, ReadOptions, ReadProgress } from './model/files';
export type { Prompt } from './model/prompt';
export type { Tokenizer } from './model/tokenizer';
export { filesOf, type ModelSource } from './model-source';
export { beforeEdit, describeEdit } from './program/describe-edit';
export { describeProgramDifference, type ProgramDifference } from './program/differences';
export type { Edit, EditNote, Values } from './program/edits';
export { printProgram, type StepRow, stepRows } from './program/print';
export type { ForwardProgram, Step, Tensor } from './program/program';
export { FORMATION_FORMAT, RECOVERY_FORMAT } from './recover/formats';
export { readFormation, readRecovery } from './recover/read-card';
export type { Axis, Index, Layout, TensorData } from './tensor/layout';
export { describeIndex, describeLayout, indexAt } from './tensor/layout';
export { holdsMasked, MASKED } from './tensor/masked';
export { numeral } from './tensor/numeral';
export type { Slice } from './tensor/slice';
export { readTrace } from './trace/file';
export { TRACE_FORMAT } from './trace/format';
export { RecordedTrace } from './trace/recorded';
export { textAnswers } from './trace/text-answers';
export type { RunInfo, Trace, TraceTensor } from './trace/trace';
export { type WriteOptions, writeTrace } from './trace/write';

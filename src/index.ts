export {
  type AttributedPrompt,
  type Attribution,
  type AttributionOptions,
  attributeLogit,
} from './analysis/attribution';
export { type Circuit, type CopyingScore, copyingScores, ovCircuit, type QkSide, qkCircuit } from './analysis/circuits';
export {
  type Composition,
  type CompositionOptions,
  type CompositionScores,
  compositionScores,
} from './analysis/circuits-composition';
export { type DiscoveredCircuit, type DiscoverOptions, discoverCircuit, type Edge } from './analysis/discover';
export * as edits from './analysis/edits';
export { type HeadScore, headScores, type RepeatedOptions, repeatedTokens } from './analysis/head-scores';
export { type Ledger, type LedgerEntry, type LedgerOptions, residualLedger } from './analysis/ledger';
export {
  type LensOptions,
  type LensPoint,
  type LensRow,
  type LensToken,
  logitLens,
  residualStreams,
} from './analysis/lens';
export {
  answerLoss,
  klToClean,
  type Logits,
  logitDifference,
  type Metric,
  measure,
  nextTokenLoss,
  type Positions,
  probability,
  type Tokens,
} from './analysis/metrics';
export { type NeuronWeights, neuronWeights } from './analysis/neurons';
export { type PathOptions, type Paths, patchPaths } from './analysis/path-patching';
export {
  allReceivers,
  allSenders,
  describeComponent,
  type Receiver,
  receiverNamed,
  type Sender,
  senderNamed,
} from './analysis/path-patching-components';
export { type ChosenMetric, type MetricChoice, promptMetric, promptMetrics } from './analysis/prompt-metric';
export { type Token, tokenId } from './analysis/ranges';
export { describeEffect, describeReceipt, type Receipt, receipts } from './analysis/receipts';
export { type NeuronExample, type NeuronRecord, type Scan, type ScanOptions, scanNeurons } from './analysis/scan';
export { exampleContext, type HistogramBin, histogramOf, momentsOf } from './analysis/scan-reading';
export type { Part } from './analysis/stream-terms';
export { type SingularVector, type SvdOf, type SvdOptions, singularVectors } from './analysis/svd';
export { type Copy, type Sweep, type SweepOptions, type SweepProgress, sweep } from './analysis/sweep';
export {
  type Patching,
  type PatchingOptions,
  type PatchSite,
  patchActivations,
  patchSites,
} from './analysis/sweep-patching';
export type { Extremes, ReadThrough, TokenValue } from './analysis/vocabulary';
export type { ComparedStore, Comparison, Expected } from './debug/compare';
export { describeFault, type KernelExamination, type KernelFault, type KernelFaultKind } from './debug/examine';
export type { StepStop } from './debug/lockstep';
export type { Fault, Race, RaceSide, Store } from './debug/memory';
export { findRaces, type RaceReport } from './debug/races';
export {
  type KernelReflection,
  type ReflectedBinding,
  type ReflectedMember,
  type ReflectedOverride,
  reflectKernel,
  type WorkgroupVariable,
} from './debug/reflect';
export type { DebugOptions, DebugSession, Stop } from './debug/session';
export type { ElementError, OutputAccuracy } from './debug/step-accuracy';
export { type StepKernel, stepKernel } from './debug/step-kernel';
export type { StepWorkgroupOptions } from './debug/step-workgroup';
export type { KernelFiles } from './debug/user-kernels';
export {
  type Lane,
  type SharedVariable,
  type StepperOptions,
  type Variable,
  type VariableValue,
  WorkgroupStepper,
} from './debug/workgroup';
export { editsFor, makeEdits, type Runs } from './edits/make';
export type { Finish, GeneratedToken, NamedCandidate } from './generate/generate';
export type { GenerateOptions } from './generate/options';
export { type Candidate, type Choice, type SamplingOptions, sampler } from './generate/sampling';
export { type DeviceNeeds, requestDevice, sharedDevice } from './gpu/device';
export type { Counters } from './gpu/gpu';
export { type LoadOptions, loadModel } from './load-model';
export { loadReferenceModel, type ReferenceLoadOptions } from './load-reference-model';
export { Model, type RunOptions } from './loaded-model';
export type { ModelConfig } from './model/config';
export type { PassOptions } from './model/passes';
export type { Precision } from './model/weight-table';
export type { Retain } from './program/retain';
export * as recovery from './recover';
export * as compiler from './recover/compiler';
export {
  type Checkpoints,
  type Formation,
  type FormationOptions,
  type FormationRow,
  formation,
} from './recover/formation';
export type { FrequencyRow } from './recover/fourier/frequency-table';
export type { Harmonics } from './recover/fourier/harmonics';
export type { Tuning } from './recover/fourier/neurons';
export type { Variant } from './recover/fourier/variant';
export type { ModelPart } from './recover/heads';
export {
  type Hypothesis,
  type PlaceNote,
  type TestResult,
  testKinds,
  type VariableNote,
  type Verdict,
} from './recover/hypothesis';
export {
  type Finding,
  hypotheses,
  type RecoverOptions,
  type Recovery,
  recover,
} from './recover/recover';
export type { Scores } from './recover/sums/scores';
export { type ReferenceCounters, ReferenceModel, type ReferenceRunOptions } from './reference/reference-model';
export { describeStepError, type StepError, type TensorReference } from './run/check-steps';
export { type StepCost, stepCost } from './run/cost';
export { runFloat64 } from './run/float64';
export type { PassMemory } from './run/memory';
export type { Profile, ProfileOptions, StepProfile } from './run/profile';
export { readTrainingRecord, type TrainingRecord } from './training-record';
export * from './viewer';

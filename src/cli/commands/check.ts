import { describeFault, type KernelExamination } from '../../debug/examine';
import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { loadModel } from '../../load-model';
import type { Precision } from '../../model/weight-table';
import type { StepError } from '../../run/check-steps';
import type { RunInfo } from '../../trace/trace';
import { type JsonNumber, jsonNumber, type Task } from '../task';

export interface CheckRequest {
  readonly precision?: Precision;
  readonly tokens: readonly (readonly number[])[];
  readonly edits: readonly EditSpec[];
  /** The user's WGSL in place of ours, by file name. */
  readonly kernels?: Readonly<Record<string, string>>;
}

type Measured = 'value' | 'expected' | 'error' | 'bound' | 'ratio' | 'maxError';

/** A `StepError` whose numbers JSON can hold. */
export type CheckedTensor = Omit<StepError, Measured> & Readonly<Record<Measured, JsonNumber>>;

export function checkedTensor(error: StepError): CheckedTensor {
  return {
    ...error,
    value: jsonNumber(error.value),
    expected: jsonNumber(error.expected),
    error: jsonNumber(error.error),
    bound: jsonNumber(error.bound),
    ratio: jsonNumber(error.ratio),
    maxError: jsonNumber(error.maxError),
  };
}

export interface CheckReport extends RunInfo {
  /** Whether every tensor lies within its bound, and every kernel of the user's passed its examination. */
  readonly ok: boolean;
  /** The user's kernels, each tried alone; its faults in words. */
  readonly kernels: readonly (Omit<KernelExamination, 'faults'> & {
    readonly faults: readonly { readonly kind: string; readonly says: string }[];
  })[];
  /** The first tensor in the order of computation that misses its bound, and why. */
  readonly first: { readonly step: number; readonly tensor: string; readonly why: readonly string[] } | null;
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  /** One per tensor that a step writes, in the order of computation; none where a kernel does not end. */
  readonly checked: readonly CheckedTensor[];
}

/**
 * Runs a prompt and checks every step against float64 on the inputs that the GPU has read; kernels of the user's are
 * tried alone before. The model does not run with a kernel that does not end.
 */
export const check: Task<CheckRequest, CheckReport> = async ({ device, files, request, report }) => {
  const model = await loadModel(files, {
    device,
    ...(request.precision && { precision: request.precision }),
    ...(request.kernels && { kernels: request.kernels }),
  });
  const kernels: CheckReport['kernels'][number][] = [];
  for await (const examination of model.examineKernels()) {
    const { file, kernel, faults } = examination;
    report(`examined ${file} (${kernel})`);
    const says = faults.map((fault) => ({ kind: fault.kind, says: describeFault(examination, fault) }));
    kernels.push({ ...examination, faults: says });
  }
  const endless = kernels.some(({ faults }) => faults.some(({ kind }) => kind === 'no-end'));
  if (endless) {
    const { tokens } = request;
    const { info, tokenizer } = model;
    const labels = tokens.map((ids) => ids.map((id) => tokenizer?.token(id) ?? String(id)));
    model.dispose();
    return {
      result: { ...info, ok: false, tokens, labels, kernels, first: null, checked: [] },
    };
  }
  report('running the forward pass');
  const edits = await editsFor(model, request.tokens, request.edits);
  const trace = await model.run(request.tokens, { retain: 'all', edits });
  const { info, labels, program } = trace;
  const checked: CheckedTensor[] = [];
  let first: CheckReport['first'] = null;
  report(`checking step 0 of ${program.steps.length}`);
  for await (const error of model.check(trace)) {
    if (!error.ok) first ??= { step: error.step, tensor: error.tensor, why: await model.whyMissed(trace, error) };
    checked.push(checkedTensor(error));
    report(`checked step ${error.step + 1} of ${program.steps.length}: ${error.tensor}`);
  }
  trace.dispose();
  model.dispose();
  const ok = checked.every((row) => row.ok) && kernels.every(({ faults }) => faults.length === 0);
  return { result: { ...info, ok, tokens: request.tokens, labels, kernels, first, checked } };
};

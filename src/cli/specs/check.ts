import type { EditSpec } from '../../edits/spec';
import type { Precision } from '../../model/weight-table';
import { describeIndex } from '../../tensor/layout';
import type { CheckedTensor, CheckReport } from '../commands/check';
import { resolveEdits } from '../edit-values';
import { readKernels } from '../kernel-files';
import { editOption, precisionOption } from '../options';
import { heading, short, table } from '../print';
import { spec } from '../spec';

interface Options {
  readonly precision: Precision;
  readonly edit: readonly EditSpec[];
  /** A folder of WGSL files. */
  readonly kernels?: string;
}

export const check = spec<'check', Options>({
  name: 'check',
  about: 'compares every step with float64 on its own inputs',
  declare: (command) => {
    command
      .addOption(editOption())
      .addOption(precisionOption())
      .option(
        '--kernels <folder>',
        'WGSL files to run in place of ours, by the names of shaders/, such as softmax.wgsl',
      );
  },
  request: ({ edit, kernels, precision }, { tokens, encode }) => ({
    tokens,
    precision,
    edits: resolveEdits(edit, encode),
    ...(kernels !== undefined && { kernels: readKernels(kernels) }),
  }),
  passed: ({ ok }) => ok,
  print: (report) => {
    const { checked, kernels, first } = report;
    const head = ['step', 'kernel', 'tensor', 'largest error', 'error', 'bound', 'ratio', 'where the ratio is largest'];
    const rows = checked.map((row) => [
      String(row.step),
      row.variant === 'clear' ? row.kernel : `${row.kernel} (${row.variant})`,
      row.tensor,
      short(row.maxError),
      short(row.error),
      short(row.bound),
      typeof row.ratio === 'number' ? row.ratio.toFixed(3) : row.ratio,
      `${describeIndex(row.at)}${row.ok ? '' : '  MISS'}`,
    ]);
    const missed = checked.filter((row) => !row.ok);
    const faults = kernels.flatMap((kernel) => kernel.faults);
    const endless = kernels.filter((kernel) => kernel.faults.some(({ kind }) => kind === 'no-end'));
    const pass =
      endless.length > 0
        ? [
            `The model has not run: ${endless.map(({ file, kernel }) => `${file} (${kernel})`).join(', ')} would not end.`,
          ]
        : [
            table([head, ...rows], [0, 3, 4, 5, 6]),
            ...missed.map(describeMiss),
            ...(first ? [`first: step ${first.step}, ${first.tensor}. ${first.why.join(' ')}`] : []),
            missed.length === 0
              ? describePass(checked)
              : failed(missed.length, checked.length, 'tensors miss their bound'),
          ];
    return [
      heading(report),
      ...kernels.flatMap(describeKernel),
      ...pass,
      ...(faults.length > 0
        ? [failed(kernels.filter((kernel) => kernel.faults.length > 0).length, kernels.length, 'kernels have faults')]
        : []),
    ].join('\n');
  },
});

const failed = (some: number, all: number, what: string) => `FAILED: ${some} of ${all} ${what}.`;

function describeKernel({ file, kernel, examples, faults, notes }: CheckReport['kernels'][number]): string[] {
  const passed = faults.length === 0 ? [`${file} (${kernel}): no fault in ${examples} problems of odd sizes`] : [];
  return [...passed, ...faults.map(({ kind, says }) => `${kind}: ${says}`), ...notes.map((note) => `note: ${note}`)];
}

function describePass(checked: readonly CheckedTensor[]): string {
  const ratio = (row: CheckedTensor) => Number(row.ratio);
  const worst = checked.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  return `ok: all ${checked.length} tensors lie within their bounds; the largest ratio is ${ratio(worst).toFixed(3)}, of ${worst.tensor}.`;
}

function describeMiss({ step, kernel, tensor, at, value, expected, error, bound }: CheckedTensor): string {
  return `step ${step} ${kernel}: ${tensor} at ${describeIndex(at)}: got ${value}, expected ${expected}, error ${short(error)} > bound ${short(bound)}`;
}

import type { EditSpec } from '../../edits/spec';
import type { Precision } from '../../model/weight-table';
import { resolveEdits } from '../edit-values';
import { editOption, hooksOption, outOption, precisionOption } from '../options';
import { count, heading, likely } from '../print';
import { spec } from '../spec';

interface Options {
  readonly precision: Precision;
  readonly hooks?: readonly string[];
  readonly edit: readonly EditSpec[];
}

export const trace = spec<'trace', Options>({
  name: 'trace',
  about: 'writes what a forward pass holds to a .safetensors file',
  declare: (command) => {
    command
      .addOption(editOption())
      .addOption(precisionOption())
      .addOption(hooksOption())
      .addOption(outOption('the file to write').makeOptionMandatory());
  },
  request: ({ hooks = null, edit, precision }, { tokens, encode }) => ({
    tokens,
    hooks,
    precision,
    edits: resolveEdits(edit, encode),
  }),
  print: (report) => {
    const { steps, edits, tensors, next, out, bytes } = report;
    return [
      `${heading(report)}, ${steps} steps`,
      ...edits.map(({ spec, says }) => `--edit ${spec}: ${says}`),
      ...next.map(
        (tokens, b) =>
          `${next.length > 1 ? `prompt ${b}, ` : ''}next token (softmax of the last logits): ${likely(tokens)}`,
      ),
      `${tensors.length} tensors, ${count(bytes!)} bytes, in ${out}`,
    ].join('\n');
  },
});

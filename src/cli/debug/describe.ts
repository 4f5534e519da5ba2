/** What the commands of a debug session came to, for people. */
import { describeWatch, type FoundElement, type WatchFinding } from '../../debug/watches';
import { describeStepError } from '../../run/check-steps';
import { describeIndex, describeLayout, indexAt, sizeOf } from '../../tensor/layout';
import type { CheckedTensor } from '../commands/check';
import { table } from '../print';
import type { JsonNumber } from '../task';
import type { BreakpointNote, DebugReply, FindingNote, FoundNote, StatsNote, StepNote, StopNote } from './command';
import { commands } from './language';

/** Rows of a tensor, and values of a row, that are printed. */
const ROWS = 24;
const COLUMNS = 12;

export function helpText(): string {
  return table(commands, []);
}

export function describeReply(reply: DebugReply): string {
  switch (reply.kind) {
    case 'open': {
      const { model, adapter, labels } = reply;
      const size = `batch ${labels.length}, pos ${labels[0]!.length}`;
      return `${model} on ${adapter}: ${size}, ${reply.steps} steps; help lists the commands\n${standing(reply)}`;
    }
    case 'list': {
      const rows = reply.rows.map((row) => [
        `${row.index === reply.at ? '→' : row.index < reply.at ? '✓' : ' '} ${row.index}`,
        row.breakpoints.length > 0 ? `(${row.breakpoints.join(', ')})` : '',
        row.kernel,
        row.outputs.join(', '),
        row.about,
      ]);
      return table(rows, [0]) || 'no steps';
    }
    case 'break':
      return describeBreakpoint(reply.breakpoint);
    case 'delete':
      return `${reply.id} is deleted`;
    case 'breakpoints':
      return reply.breakpoints.map(describeBreakpoint).join('\n') || 'no breakpoints';
    case 'stop':
      return [describeStop(reply), ...(reply.finding ? [describeNote(reply.finding)] : []), standing(reply)].join('\n');
    case 'print':
      return describeValues(reply, reply.values.map(valueText));
    case 'bits':
      return describeValues(reply, reply.values);
    case 'stats':
      return `${reply.tensor} ${describeLayout(reply)}: ${describeStats(reply)}`;
    case 'explain':
      return reply.says;
    case 'watch': {
      const { breakpoint, finding } = reply;
      return `${describeBreakpoint(breakpoint)}${finding ? `\nalready there: ${describeNote(finding)}` : ''}`;
    }
    case 'edit':
      return `${reply.says}: step ${reply.step}, when the session goes on`;
    case 'check':
      return reply.checked.map(describeCheck).join('\n');
    case 'error':
      return `[${reply.code}] ${reply.message}`;
  }
}

function standing({ at, steps, next }: DebugReply): string {
  return next ? `before step ${at} of ${steps}: ${describeStep(next)}` : `at the end, after all ${steps} steps`;
}

function describeStep({ kernel, outputs, about }: StepNote): string {
  return `${kernel} → ${outputs.join(', ')}: ${about}`;
}

function describeBreakpoint({ id, text, stops }: BreakpointNote): string {
  const where = stops.length > 0 ? ` (before step ${stops.join(', ')})` : '';
  return `${id}: ${text}${text.startsWith('before step') ? '' : where}`;
}

function describeStop({ reason, breakpoint, tensor, index, value, ran }: StopNote): string {
  const done = ran ? `step ${ran.index} ${ran.kernel} has written ${ran.outputs.join(', ')}` : 'nothing has run';
  if (reason === 'breakpoint') return `breakpoint ${breakpoint!.id}, ${breakpoint!.text}; ${done}`;
  if (reason !== 'condition') return done;
  const where = index && Object.keys(index).length > 0 ? ` at ${describeIndex(index)}` : '';
  const what = value === undefined ? '' : `: ${valueText(value)}`;
  return `breakpoint ${breakpoint!.id}, ${breakpoint!.text}: ${tensor}${where}${what}; ${done}`;
}

function describeCheck(note: CheckedTensor): string {
  const [value, expected, error] = [Number(note.value), Number(note.expected), Number(note.error)];
  const [bound, ratio, maxError] = [Number(note.bound), Number(note.ratio), Number(note.maxError)];
  return `${describeStepError({ ...note, value, expected, error, bound, ratio, maxError })}${note.ok ? '' : '  MISS'}`;
}

function describeNote(finding: FindingNote): string {
  const operands = finding.operands.map((read) => ({ ...read, first: read.first && found(read.first) }));
  return describeWatch({ ...finding, ...found(finding), operands } as WatchFinding);
}

const found = ({ index, value, bits }: FoundNote): FoundElement => ({
  index,
  value: Number(value),
  bits: Number(bits),
});

/** One line per row along the last axis. */
function describeValues(
  { tensor, axes, shape }: Pick<Extract<DebugReply, { kind: 'print' }>, 'tensor' | 'axes' | 'shape'>,
  values: readonly string[],
): string {
  const head = `${tensor} ${describeLayout({ axes, shape })}`;
  if (axes.length === 0) return `${head} ${values[0]}`;
  const length = shape.at(-1)!;
  const leading = { axes: axes.slice(0, -1), shape: shape.slice(0, -1) };
  const count = length === 0 ? 0 : sizeOf(leading.shape);
  const shown = Math.min(count, ROWS, Math.ceil(values.length / length));
  const rows = Array.from({ length: shown }, (_, row) => {
    const cells = values.slice(row * length, row * length + Math.min(length, COLUMNS));
    return [describeIndex(indexAt(leading, row)), ...cells, length > cells.length ? '…' : ''];
  });
  if (rows.length === 0) return `${head}: no values`;
  const right = Array.from({ length: COLUMNS }, (_, i) => i + 1);
  const more = count > shown ? [`… ${count - shown} more rows; name a slice, such as [${axes[0]}=0]`] : [];
  return [head, table(rows, right), ...more].join('\n');
}

function describeStats(stats: StatsNote): string {
  const { count, min, max, mean, std, zeros, subnormals, nan, inf, masked } = stats;
  const number = (value: number | null) => (value === null ? '–' : valueText(value));
  return [
    `${count} values, min ${number(min)}, max ${number(max)}, mean ${number(mean)}, std ${number(std)}`,
    `${zeros} zeros, ${subnormals} subnormals, ${nan} NaN, ${inf} Inf`,
    ...(masked > 0 ? [`${masked} masked`] : []),
  ].join(', ');
}

/** The shortest decimal that is this f32, or the number as it is. */
function valueText(value: JsonNumber): string {
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

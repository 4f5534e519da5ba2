/** An edit as a reader sees it, before any model is asked. */
import { parseEdit } from './language';
import type { EditSpec, SpecIndex, SpecOp, SpecPrompt, SpecVector } from './spec';

/** `scale by 0.5 at head 3, pos −1 of blocks.0.attn.hook_z`; what is no edit stays as it was written. */
export function describeSpec(text: string): string {
  let spec: EditSpec;
  try {
    spec = parseEdit(text);
  } catch {
    return text; // Whoever makes the edit says what is wrong with it.
  }
  const where = spec.slice.map(describeIndex).join(', ');
  return `${describeOp(spec.what)}${where ? ` at ${where}` : ''} of ${spec.at}`;
}

function describeOp(what: SpecOp): string {
  switch (what.op) {
    case 'zero':
      return 'zero';
    case 'freeze':
      return 'freeze';
    case 'scale':
      return `scale by ${numeral(what.by)}`;
    case 'set':
      return `set to ${describeValue(what.value)}`;
    case 'add':
      return `add ${describeValue(what.value)}`;
    case 'noise':
      return `noise of ${what.std}, seed ${what.seed}`;
    case 'resample':
      return `resample, seed ${what.seed}`;
    case 'mean':
      return `mean over ${what.over.join(' and ')}${what.reference === null ? '' : ` of ${describePrompt(what.reference)}`}`;
    case 'patch':
      return `patch from ${describePrompt(what.source)}${what.from ? `, its ${what.from.map(describeIndex).join(', ')},` : ''}`;
  }
}

function describeIndex({ axis, index }: SpecIndex): string {
  if (typeof index === 'number') return `${axis} ${numeral(index)}`;
  const [from, to] = index;
  if (to === null) return `${axis} ${numeral(from ?? 0)} on`;
  return `${axis} ${numeral(from ?? 0)} up to ${numeral(to)}`;
}

function describeValue(value: number | SpecVector): string {
  if (typeof value === 'number') return numeral(value);
  if ('file' in value) return `the values in ${value.file}`;
  return value.data.length > 4 ? `a list of ${value.data.length} numbers` : `[${value.data.map(numeral).join(', ')}]`;
}

function describePrompt(prompt: SpecPrompt): string {
  return typeof prompt === 'string' ? JSON.stringify(prompt) : `tokens ${prompt.map((ids) => ids.join(',')).join(';')}`;
}

/** With a minus sign that a reader can see. */
const numeral = (value: number) => String(value).replace(/^-/, '−');

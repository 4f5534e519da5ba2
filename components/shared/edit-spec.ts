/** Edits of one place, found among those in the language of `--edit`. */
import { type Axis, type EditSpec, FluoroscopeError, parseEdit } from '../../src/viewer';

/** A tensor, or a part of it. */
export interface EditedPart {
  readonly tensor: string;
  readonly slice: Readonly<Partial<Record<Axis, number>>>;
}

/** `blocks.1.attn.hook_z[head=0,pos=5]:zero` */
export function editSpec({ tensor, slice }: EditedPart, op: string): string {
  const indices = Object.entries(slice).map(([axis, index]) => `${axis}=${index}`);
  return `${tensor}${indices.length > 0 ? `[${indices.join(',')}]` : ''}:${op}`;
}

/** Those of exactly this part, however they are written. */
export function editsOf(specs: readonly string[], part: EditedPart): EditSpec[] {
  return specs.map(parsed).filter((spec) => spec !== null && isOf(spec, part)) as EditSpec[];
}

/** Those of this part at a single position, or at some positions, of the prompt. */
export function editsWithin(specs: readonly string[], part: EditedPart): EditSpec[] {
  return specs.map(parsed).filter((spec) => {
    if (spec === null || spec.slice.every(({ axis }) => axis !== 'pos')) return false;
    return isOf({ ...spec, slice: spec.slice.filter(({ axis }) => axis !== 'pos') }, part);
  }) as EditSpec[];
}

function isOf({ at, slice }: EditSpec, part: EditedPart): boolean {
  const axes = Object.entries(part.slice);
  return (
    at === part.tensor &&
    slice.length === axes.length &&
    axes.every(([axis, index]) => slice.some((one) => one.axis === axis && one.index === index))
  );
}

/** null for what is no edit: whoever runs it says what is wrong. */
function parsed(text: string): EditSpec | null {
  try {
    return parseEdit(text);
  } catch (error) {
    if (error instanceof FluoroscopeError) return null;
    throw error;
  }
}

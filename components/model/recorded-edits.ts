/** How the edits that a page asks for stand to those that the recording on it was made with. */
import { describeEdit, describeSpec, type EditNote, type EditSpec, parseEdit, type Trace } from '../../src/viewer';

export interface RecordedEdits {
  /** Where among the recording's edits each of the page's stands; −1: it was made without it. */
  readonly places: readonly number[];
  /** Where the page's stand, in words. */
  readonly standing: string;
  /** How the recording was made, against them. */
  readonly made: string;
  /** Whether they are the same for certain. */
  readonly same: boolean;
}

/** Of an edit whose values are more than a number a recording does not hold them: it may be the same or another one. */
export function recordedEdits(recording: Trace, edits: readonly string[]): RecordedEdits {
  const notes = recording.edits;
  const places: number[] = [];
  for (const edit of edits) {
    const spec = parsed(edit);
    places.push(notes.findIndex((note, i) => spec && !places.includes(i) && isAlike(note, spec, recording)));
  }
  const without = edits.filter((_, i) => places[i] === -1).map(describeSpec);
  const besides = notes.filter((_, i) => !places.includes(i)).map(describeNote);
  const untold = edits.filter((_, i) => noteWords(notes[places[i]!])?.endsWith(VALUES)).map(describeSpec);
  const difference = [
    ...(without.length > 0 ? [`without ${without.join('; ')}`] : []),
    ...(besides.length > 0 ? [`with ${besides.join('; ')} besides`] : []),
    ...(isReordered(places, notes, recording.program) ? ['with them in another order'] : []),
  ];
  const [standing, made] =
    difference.length > 0
      ? ['other than in what is shown', difference.join(', ')]
      : untold.length > 0
        ? ['perhaps in what is shown', `with values that it does not tell for ${untold.join('; ')}`]
        : ['in what is shown', `with ${edits.length === 1 ? 'it' : 'them'}`];
  return { places, standing, made, same: difference.length + untold.length === 0 };
}

export const describeNote = (edit: EditNote): string => `${describeEdit(edit)} of ${edit.at}`;

function parsed(edit: string): EditSpec | null {
  try {
    return parseEdit(edit);
  } catch {
    return null; // Whoever makes the edit says what is wrong with it.
  }
}

function isAlike(note: EditNote, { at, slice, what }: EditSpec, { program }: Trace): boolean {
  if (noteWords(note) !== specWords(what) || resolved(note.at, program) !== resolved(at, program)) return false;
  const own = Object.fromEntries(slice.map(({ axis, index }) => [axis, index]));
  const { axes = [] } = program.tensors[resolved(at, program)] ?? {};
  if (!slice.every(({ axis }) => axes.includes(axis))) return false;
  return String(region(note.at, note.slice, program)) === String(region(at, own, program));
}

type Program = Trace['program'];

const resolved = (name: string, { aliases }: Program) => (Object.hasOwn(aliases, name) ? aliases[name]! : name);

/** Along each axis from the first index up to, not including, the second, both counted from the start. */
function region(at: string, slice: { readonly [axis: string]: Range } = {}, program: Program): number[][] {
  const { axes = [], shape = [] } = program.tensors[resolved(at, program)] ?? {};
  return axes.map((axis, i) => {
    const index = slice[axis] ?? [null, null];
    const size = shape[i]!;
    const [from, to] = typeof index === 'number' ? [index, index + 1 || size] : index;
    return [from ?? 0, to ?? size].map((end) => (end < 0 ? end + size : end));
  });
}

type Range = number | readonly (number | null)[] | undefined;

/** What is done, without where. */
function noteWords(note: EditNote | undefined): string | undefined {
  if (!note) return undefined;
  if (note.op === 'zero') return note.op;
  if (note.op === 'scale') return `${note.op} ${note.by}`;
  return `${note.op} ${typeof note.value === 'number' ? note.value : VALUES}`;
}

const VALUES = 'values';

/** As the note of an edit made of it says it. */
function specWords(what: EditSpec['what']): string {
  switch (what.op) {
    case 'zero':
      return what.op;
    case 'scale':
      return `${what.op} ${what.by}`;
    case 'set':
    case 'add':
      return `${what.op} ${typeof what.value === 'number' ? what.value : VALUES}`;
    case 'noise':
      return `add ${VALUES}`;
    default:
      return `set ${VALUES}`;
  }
}

/** The order matters where two edits change the same values. */
function isReordered(places: readonly number[], notes: readonly EditNote[], program: Program): boolean {
  const overlap = (a: EditNote, b: EditNote) => {
    if (resolved(a.at, program) !== resolved(b.at, program)) return false;
    const others = region(b.at, b.slice, program);
    return region(a.at, a.slice, program).every(([from, to], i) => from! < others[i]![1]! && others[i]![0]! < to!);
  };
  return places.some((place, i) =>
    places.slice(0, i).some((before) => place !== -1 && before > place && overlap(notes[before]!, notes[place]!)),
  );
}

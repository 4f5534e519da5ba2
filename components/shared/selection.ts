/** What the components point at, in batch entry 0. All within one `<fluoro-model>` share it. */
export interface Selection {
  readonly pos: number;
  readonly layer: number;
  readonly head: number;
  /** The layer whose neurons are shown; null: `layer`. */
  readonly neuronLayer: number | null;
  /** null: the most active one of its layer. */
  readonly neuron: number | null;
  readonly query: number;
  /** null: the key that the query attends to most. */
  readonly key: number | null;
  /** The tensor chosen in the step table. */
  readonly tensor: string | null;
}

/** What the pointer is over; positions only. */
export interface Hover {
  readonly pos?: number;
  readonly query?: number;
  readonly key?: number;
}

export interface Pointing {
  readonly selection: Selection;
  readonly hover: Hover;
}

export const nothingPointed: Pointing = {
  selection: { pos: 0, layer: 0, head: 0, neuronLayer: null, neuron: null, query: 0, key: null, tensor: null },
  hover: {},
};

/** Where an element's own attributes have it begin. */
export type Beginning = Partial<Pick<Selection, 'layer' | 'head' | 'neuronLayer' | 'tensor'>>;

/** What of a selection was chosen, by the reader or by a link, so that no beginning sets it. */
export type Chosen = ReadonlySet<keyof Selection>;

export const allChosen: Chosen = new Set(Object.keys(nothingPointed.selection) as (keyof Selection)[]);

/** With a layer, the one of its neurons is chosen, and with a neuron both. */
export function chosenWith(change: Partial<Selection>): (keyof Selection)[] {
  const names = Object.keys(change) as (keyof Selection)[];
  if (names.includes('neuron')) names.push('layer', 'neuronLayer');
  else if (names.includes('layer')) names.push('neuronLayer');
  return names;
}

/** The selection with a beginning in place, but for what was chosen. */
export function begin(selection: Selection, beginning: Beginning, chosen: Chosen): Selection {
  const free = Object.entries(beginning).filter(([name]) => !chosen.has(name as keyof Selection));
  return { ...selection, ...Object.fromEntries(free) };
}

/** A choice in place. The neurons follow the layer, and a neuron is forgotten with its layer, unless it says otherwise. */
export function choose(selection: Selection, change: Partial<Selection>): Selection {
  const chosen = { ...selection, ...(change.layer === undefined ? {} : { neuronLayer: null }), ...change };
  const moved = (chosen.neuronLayer ?? chosen.layer) !== (selection.neuronLayer ?? selection.layer);
  return moved && change.neuron === undefined ? { ...chosen, neuron: null } : chosen;
}

/** Whether it can be a position, a layer, a head: an attribute may hold anything. */
export function isIndex(value: number | null): value is number {
  return value !== null && Number.isInteger(value) && value >= 0;
}

/** The index itself, or the nearest one of `count`. */
export function within(index: number, count: number): number {
  return Math.max(0, Math.min(Math.trunc(index) || 0, count - 1));
}

/** Moves a selection onto a pass of another length. What stood at the old end follows the end, as while typing. */
export function fitSelection(selection: Selection, oldLength: number, newLength: number): Selection {
  const fit = (pos: number) => (pos >= oldLength - 1 ? newLength - 1 : Math.min(pos, newLength - 1));
  const { key } = selection;
  return {
    ...selection,
    pos: fit(selection.pos),
    query: fit(selection.query),
    key: key !== null && key < newLength ? key : null,
  };
}

/** A selection of another pass as far as one of this length has it. */
export function clampSelection(selection: Selection, length: number): Selection {
  const { pos, query, key } = selection;
  return {
    ...selection,
    pos: within(pos, length),
    query: within(query, length),
    key: key !== null && key < length ? key : null,
  };
}

/** Sent by a component in which something was chosen; `<fluoro-model>` merges it into what all its components share. */
export type SelectEvent = CustomEvent<Partial<Selection>>;
/** Sent by a component whose attributes say where to begin: no choice, and whatever was chosen goes before it. */
export type BeginEvent = CustomEvent<Beginning>;
/** Sent when the pointer enters or leaves (`{}`) a position. */
export type HoverEvent = CustomEvent<Hover>;

declare global {
  interface HTMLElementEventMap {
    'fluoro-select': SelectEvent;
    'fluoro-begin': BeginEvent;
    'fluoro-hover': HoverEvent;
  }
}

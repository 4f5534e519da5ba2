/** The edits that a trace file carries in the metadata field `edits`: what was done where, without the values. */
import type { EditNote } from '../program/edits';
import { AXES, type Layout } from '../tensor/layout';
import type { Slice } from '../tensor/slice';
import { isObject } from '../tensor/strict-json';

/** @returns null where it is no list of notes. Of what it does not know nothing is kept. */
export function readNotes(json: unknown): EditNote[] | null {
  if (!Array.isArray(json)) return null;
  const notes = json.map(readNote);
  return notes.every((note) => note !== null) ? notes : null;
}

function readNote(json: unknown): EditNote | null {
  if (!isObject(json) || typeof json.at !== 'string') return null;
  const { at, op, by } = json;
  const slice = json.slice === undefined ? {} : isSlice(json.slice) && { slice: json.slice };
  if (!slice) return null;
  if (op === 'zero') return { at, ...slice, op };
  if (op === 'scale') {
    const factor = by === null ? Number.NaN : by; // JSON has no NaN
    return typeof factor === 'number' ? { at, ...slice, op, by: factor } : null;
  }
  if (op !== 'set' && op !== 'add') return null;
  const value = readValue(json.value);
  return value === null ? null : { at, ...slice, op, value };
}

function readValue(json: unknown): number | Layout | null {
  if (typeof json === 'number') return json;
  if (!isObject(json)) return null;
  const { axes, shape } = json;
  const isLayout =
    Array.isArray(axes) &&
    Array.isArray(shape) &&
    axes.length === shape.length &&
    axes.every((axis) => AXES.includes(axis)) &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  return isLayout ? { axes, shape } : null;
}

function isSlice(json: unknown): json is Slice {
  const isRange = (range: unknown) => Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);
  return (
    isObject(json) &&
    Object.entries(json).every(
      ([axis, range]) => (AXES as readonly string[]).includes(axis) && (Number.isSafeInteger(range) || isRange(range)),
    )
  );
}

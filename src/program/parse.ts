import { FluoroscopeError } from '../errors';
import { AXES, type Axis } from '../tensor/layout';
import { cut, show } from '../tensor/show';
import { isObject } from '../tensor/strict-json';
import { checkProgram } from './check';
import type { ForwardProgram, Step, Tensor } from './program';

const ROLES = ['input', 'weight', 'activation', 'derived'];

/** Many times what the largest model that loads has; a broken file with more would block the page. */
const MOST_STEPS = 2 ** 16;
const MOST_TENSORS = 2 ** 18;
/** Of one head the scores of more positions would not fit into a buffer of any device. */
const LONGEST = 2 ** 15;

const LONGEST_ERROR = 400; // characters: names in a broken file may be of any length

/**
 * A program that was stored as JSON, checked like one that was just built. Of what it does not know nothing is kept.
 *
 * @throws `program-invalid`
 */
export function parseProgram(json: unknown): ForwardProgram {
  const { batch, pos, tensors, aliases, steps, derived, output } = record(json, 'the program');
  const program = {
    batch: size(batch, 'batch'),
    pos: size(pos, 'pos'),
    tensors: entries(tensors, 'tensors', parseTensor, MOST_TENSORS),
    aliases: entries(aliases, 'aliases', text, MOST_TENSORS),
    steps: list(steps, 'steps', MOST_STEPS).map((step, i) => parseStep(step, `step ${i}`)),
    derived: list(derived, 'derived', MOST_STEPS).map((step, i) => parseStep(step, `derived step ${i}`)),
    output: text(output, 'output'),
  };
  if (program.pos > LONGEST) throw invalid(`pos is ${program.pos}, expected at most ${LONGEST}.`);
  try {
    checkProgram(program);
  } catch (error) {
    throw error instanceof FluoroscopeError && error.code === 'program-invalid' ? invalid(error.message) : error;
  }
  return program;
}

function parseTensor(json: unknown, where: string): Tensor {
  const { axes, shape, role, type, stored, precision, part, shares, within } = record(json, where);
  const [names, sizes] = [list(axes, `${where}.axes`), list(shape, `${where}.shape`)];
  if (!areAxes(names) || names.length !== sizes.length) {
    const got = `the axes ${show(names)} for the shape ${show(sizes)}`;
    throw invalid(`${where} has ${got}, expected one known axis each.`);
  }
  if (!ROLES.includes(role as string)) throw invalid(`${where}.role is none of ${ROLES.join(', ')}.`);
  if (type !== 'f32' && type !== 'u32') throw invalid(`${where}.type is neither f32 nor u32.`);
  return {
    axes: names,
    shape: sizes.map((n) => size(n, `${where}.shape`)),
    role: role as Tensor['role'],
    type,
    ...(stored !== undefined && { stored: orderOf(names, stored, `${where}.stored`) }),
    ...(precision !== undefined && { precision: parsePrecision(precision, `${where}.precision`) }),
    ...(part !== undefined && { part: parsePart(part, `${where}.part`) }),
    ...(shares !== undefined && { shares: text(shares, `${where}.shares`) }),
    ...(within !== undefined && { within: parsePlace(within, `${where}.within`) }),
  };
}

function parsePrecision(json: unknown, where: string): 'f16' {
  if (json === 'f16') return json;
  throw invalid(`${where} is not f16.`);
}

function areAxes(axes: readonly unknown[]): axes is Axis[] {
  return new Set(axes).size === axes.length && axes.every((axis) => AXES.includes(axis as Axis));
}

function orderOf(axes: readonly Axis[], json: unknown, where: string): Axis[] {
  const order = list(json, where);
  if (areAxes(order) && `${order.toSorted()}` === `${axes.toSorted()}`) return order;
  throw invalid(`${where} is ${show(order)}, expected an order of ${show(axes)}.`);
}

function parsePart(json: unknown, where: string): Tensor['part'] & object {
  const { of, from, to } = record(json, where);
  return { of: text(of, `${where}.of`), from: count(from, `${where}.from`), to: size(to, `${where}.to`) };
}

function parsePlace(json: unknown, where: string): Tensor['within'] & object {
  const { buffer, offset } = record(json, where);
  return { buffer: text(buffer, `${where}.buffer`), offset: count(offset, `${where}.offset`) };
}

function parseStep(json: unknown, where: string): Step {
  const { kernel, inputs, outputs, uniforms, about, variant, fusion } = record(json, where);
  return {
    kernel: text(kernel, `${where}.kernel`),
    inputs: entries(inputs, `${where}.inputs`, text),
    outputs: entries(outputs, `${where}.outputs`, text),
    uniforms: entries(uniforms, `${where}.uniforms`, number),
    about: text(about, `${where}.about`),
    ...(variant !== undefined && { variant: text(variant, `${where}.variant`) }),
    ...(fusion !== undefined && { fusion: text(fusion, `${where}.fusion`) }),
  };
}

function record(json: unknown, where: string): Record<string, unknown> {
  if (isObject(json)) return json;
  throw invalid(`${where} is no object.`);
}

/** @param most entries; a step has few */
function entries<T>(
  json: unknown,
  where: string,
  parse: (json: unknown, where: string) => T,
  most = 64,
): Record<string, T> {
  const found = Object.entries(record(json, where));
  if (found.length > most) throw invalid(`${where} has ${found.length} entries, expected at most ${most}.`);
  // As a key it would write to an object's prototype in careless readers.
  if (found.some(([name]) => name === '__proto__')) throw invalid(`${where} has an entry named __proto__.`);
  return Object.fromEntries(found.map(([name, entry]) => [name, parse(entry, `${where}.${name}`)]));
}

/** @param most items; a tensor has an axis of each kind at most */
function list(json: unknown, where: string, most: number = AXES.length): unknown[] {
  if (!Array.isArray(json)) throw invalid(`${where} is no list.`);
  if (json.length > most) throw invalid(`${where} has ${json.length} items, expected at most ${most}.`);
  return json;
}

function text(json: unknown, where: string): string {
  if (typeof json === 'string') return json;
  throw invalid(`${where} is no text.`);
}

function number(json: unknown, where: string): number {
  if (typeof json === 'number' && Number.isFinite(json)) return json;
  throw invalid(`${where} is no number.`);
}

function count(json: unknown, where: string): number {
  if (Number.isSafeInteger(json) && (json as number) >= 0) return json as number;
  throw invalid(`${where} is no whole number from 0 on.`);
}

function size(json: unknown, where: string): number {
  if (Number.isSafeInteger(json) && (json as number) > 0) return json as number;
  throw invalid(`${where} is no whole number above 0.`);
}

function invalid(message: string): FluoroscopeError {
  return new FluoroscopeError('program-invalid', cut(message, LONGEST_ERROR));
}

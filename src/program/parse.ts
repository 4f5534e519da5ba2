import { FluoroscopeError } from '../errors';
import { AXES, type Axis } from '../tensor/layout';
import { checkProgram } from './check';
import type { ForwardProgram, Step, Tensor } from './program';

const ROLES = ['input', 'weight', 'activation', 'derived'];

/**
 * A program that was stored as JSON, checked like one that was just built.
 *
 * @throws `program-invalid`
 */
export function parseProgram(json: unknown): ForwardProgram {
  const { batch, pos, tensors, aliases, steps, derived, output } = record(json, 'the program');
  const program = {
    batch: size(batch, 'batch'),
    pos: size(pos, 'pos'),
    tensors: entries(tensors, 'tensors', parseTensor),
    aliases: entries(aliases, 'aliases', text),
    steps: list(steps, 'steps').map(parseStep),
    derived: list(derived, 'derived').map(parseStep),
    output: text(output, 'output'),
  };
  checkProgram(program);
  return program;
}

function parseTensor(json: unknown, where: string): Tensor {
  const tensor = record(json, where);
  const axes = list(tensor.axes, `${where}.axes`);
  const shape = list(tensor.shape, `${where}.shape`);
  const distinct = new Set(axes).size === axes.length && axes.every((axis) => AXES.includes(axis as Axis));
  if (!distinct || axes.length !== shape.length) {
    throw invalid(`${where} has the axes [${axes}] for the shape [${shape}], expected one known axis each.`);
  }
  for (const n of shape) size(n, `${where}.shape`);
  if (!ROLES.includes(tensor.role as string)) throw invalid(`${where}.role is none of ${ROLES.join(', ')}.`);
  if (tensor.type !== 'f32' && tensor.type !== 'u32') throw invalid(`${where}.type is neither f32 nor u32.`);
  return tensor as unknown as Tensor;
}

function parseStep(json: unknown, i: number): Step {
  const where = `step ${i}`;
  const step = record(json, where);
  text(step.kernel, `${where}.kernel`);
  text(step.about, `${where}.about`);
  entries(step.inputs, `${where}.inputs`, text);
  entries(step.outputs, `${where}.outputs`, text);
  record(step.uniforms, `${where}.uniforms`);
  return step as unknown as Step;
}

function record(json: unknown, where: string): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw invalid(`${where} is no object.`);
}

function entries<T>(json: unknown, where: string, parse: (json: unknown, where: string) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record(json, where)).map(([name, entry]) => [name, parse(entry, `${where}.${name}`)]),
  );
}

function list(json: unknown, where: string): unknown[] {
  if (Array.isArray(json)) return json;
  throw invalid(`${where} is no list.`);
}

function text(json: unknown, where: string): string {
  if (typeof json === 'string') return json;
  throw invalid(`${where} is no text.`);
}

function size(json: unknown, where: string): number {
  if (Number.isSafeInteger(json) && (json as number) > 0) return json as number;
  throw invalid(`${where} is no whole number above 0.`);
}

function invalid(message: string): FluoroscopeError {
  return new FluoroscopeError('program-invalid', message);
}

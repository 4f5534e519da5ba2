import { FluoroscopeError } from '../errors';
import { type Port, portSize, type Signature, signatureOf, signatures } from '../kernels/signatures';
import { describeLayout, sizeOf } from '../tensor/layout';
import type { ForwardProgram, Step } from './program';

/**
 * Verifies a program before anything runs: kernels and uniforms known, each tensor written once and defined before use,
 * sizes and types as the kernels' ports want them.
 *
 * @throws `program-invalid`, naming the tensor, the port, what it needs and what it got
 */
export function checkProgram(program: ForwardProgram): void {
  const { tensors } = program;
  const defined = new Set(Object.keys(tensors).filter((name) => ['input', 'weight'].includes(tensors[name]!.role)));
  for (const step of [...program.steps, ...program.derived]) {
    const kernel = checkKernel(step);
    for (const port of kernel.ports) {
      const name = (port.access === 'read' ? step.inputs : step.outputs)[port.name];
      const where = `${Object.values(step.outputs)[0]}: port ${port.name} of ${step.kernel}`;
      if (name === undefined)
        throw invalid(
          `${where} has no tensor. Name one in the step's ${port.access === 'read' ? 'inputs' : 'outputs'}.`,
        );
      if (!Object.hasOwn(tensors, name))
        throw invalid(`${where} names the tensor ${name}, which the program does not have.`);
      if (port.access === 'read' && !defined.has(name))
        throw invalid(`${where} reads ${name} before any step has written it.`);
      if (port.access === 'write' && defined.has(name))
        throw invalid(`${where} writes ${name}, which is written already.`);
      checkSize(program, step, port, name, where);
    }
    for (const name of Object.values(step.outputs)) defined.add(name);
  }
  for (const [alias, name] of [...Object.entries(program.aliases), ['output', program.output]]) {
    if (!defined.has(name!)) throw invalid(`${alias} stands for ${name}, which no step writes.`);
  }
}

function checkKernel(step: Step): Signature {
  const kernel = signatureOf(step.kernel);
  if (!kernel) {
    throw invalid(
      `${Object.values(step.outputs)[0]}: no kernel is named ${step.kernel}. There are ${Object.keys(signatures).join(', ')}.`,
    );
  }
  for (const { name, type } of kernel.uniforms) {
    const value = step.uniforms[name];
    if (
      value === undefined ||
      !Number.isFinite(value) ||
      (type === 'u32' && !(Number.isInteger(value) && value >= 0))
    ) {
      throw invalid(
        `${Object.values(step.outputs)[0]}: ${step.kernel} needs the uniform ${name}: ${type}, got ${value}.`,
      );
    }
  }
  const ports = new Set(kernel.ports.map((port) => port.name));
  for (const port of [...Object.keys(step.inputs), ...Object.keys(step.outputs)]) {
    if (!ports.has(port)) throw invalid(`${step.kernel} has no port ${port}. It has ${[...ports].join(', ')}.`);
  }
  return kernel;
}

function checkSize({ tensors }: ForwardProgram, step: Step, port: Port, name: string, where: string): void {
  const tensor = tensors[name]!;
  const needed = portSize(port, step.uniforms);
  const got = sizeOf(tensor.shape);
  if (needed !== got) {
    const shape = port.shape.map((dimension) => step.uniforms[dimension]).join('×');
    throw invalid(`${where} needs ${shape} = ${needed} elements, got ${got} from ${name} ${describeLayout(tensor)}.`);
  }
  if (tensor.precision && !port.packs) throw invalid(`${where} takes no ${tensor.precision}, as ${name} is held.`);
  if (tensor.type !== port.type) throw invalid(`${where} holds ${port.type}, got ${name} of ${tensor.type}.`);
}

function invalid(message: string): FluoroscopeError {
  return new FluoroscopeError('program-invalid', message);
}

import { describeLayout } from '../tensor/layout';
import type { ForwardProgram } from './program';
import { trafficOf } from './traffic';

/** One row of the step table. */
export interface StepRow {
  readonly index: number;
  readonly kernel: string;
  /** The fusion that computes it together with its neighbours, in one dispatch; null: it runs alone. */
  readonly fusion: string | null;
  /** `port = tensor [axis size, …]` */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Bytes that the step reads and writes, each once. */
  readonly bytes: number;
  readonly about: string;
}

export function stepRows({ steps, tensors }: ForwardProgram): StepRow[] {
  const operands = (ports: Readonly<Record<string, string>>) => {
    return Object.entries(ports).map(([port, name]) => `${port} = ${name} ${describeLayout(tensors[name]!)}`);
  };
  return steps.map((step, index) => {
    const { bytesRead, bytesWritten } = trafficOf([step], tensors);
    return {
      index,
      kernel: step.kernel,
      fusion: step.fusion ?? null,
      inputs: operands(step.inputs),
      outputs: operands(step.outputs),
      bytes: bytesRead + bytesWritten,
      about: step.about,
    };
  });
}

/** The program as a listing, one step per paragraph. */
export function printProgram(program: ForwardProgram): string {
  return stepRows(program)
    .map(({ index, kernel, fusion, inputs, outputs, about }) => {
      const operands = [...outputs.map((text) => `     → ${text}`), ...inputs.map((text) => `     ← ${text}`)];
      return [
        `${String(index).padStart(3)}  ${kernel}${fusion ? ` within ${fusion}` : ''}: ${about}`,
        ...operands,
      ].join('\n');
    })
    .join('\n');
}

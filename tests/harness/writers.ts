import type { Invocation } from '../../src/kernels/kernel';
import type { Trace } from '../../src/trace/trace';

/** Who stores an element of a product fused with what follows it, by the shader that runs it. */
const BY_SHADER: Readonly<Record<string, (row: number, column: number) => Invocation>> = {
  // 64×64, an invocation 8×8 of it
  registers: (row, column) => invocation([column / 64, row / 64], [(column % 64) / 8, (row % 64) / 8]),
  // 64×64, an invocation four rows and four columns of each half
  tiled: (row, column) => invocation([column / 64, row / 64], [(column % 32) / 4, (row % 32) / 4]),
  // 4×16, an invocation every fourth column
  quads: (row, column) => invocation([row / 4, column / 16], [column % 4, 0]),
};

/** @param product the name that the product's own step writes */
export function writerOf(
  { program }: Pick<Trace, 'program'>,
  product: string,
  row: number,
  column: number,
): Invocation {
  const { variant } = program.steps.find(({ outputs }) => outputs.y === product)!;
  return BY_SHADER[variant!]!(row, column);
}

type Place = readonly [x: number, y: number];

function invocation(workgroup: Place, local: Place): Invocation {
  const whole = ([x, y]: Place): [number, number, number] => [Math.floor(x), Math.floor(y), 0];
  return { workgroup: whole(workgroup), local: whole(local) };
}

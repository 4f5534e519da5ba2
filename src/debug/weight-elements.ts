import type { Elements } from '../kernels/kernel';
import type { Tensor } from '../program/program';
import type { GpuWeights } from '../run/gpu-weights';

/**
 * Some elements of one weight of a program, as it lies in memory: `count` from `from` on, `stride` apart. Nothing else of it is
 * read.
 *
 * @throws `disposed`
 */
export async function weightElements(
  weights: GpuWeights,
  name: string,
  precision: Tensor['precision'],
  { from, count, stride }: Elements,
): Promise<Float32Array> {
  weights.assertAlive();
  const { readback } = weights.gpu;
  const { buffer, offset } = weights.home(name)!;
  if (precision) {
    const places = Array.from({ length: count }, (_, i) => from + i * stride);
    // What lies in a row is read in a row; of what does not, the word that each number is in.
    const first = from >> 1;
    const words = stride === 1 ? ((from + count - 1) >> 1) - first + 1 : 1;
    const starts = stride === 1 ? [first] : places.map((at) => at >> 1);
    const ranges = starts.map((at) => ({ buffer, offset: offset + 4 * at, size: 4 * words }));
    const read = new Uint32Array(await readback.read(ranges));
    const { unpackHalves } = await import('../tensor/f16');
    const numbers = unpackHalves(read, 2 * read.length);
    return Float32Array.from(places, (at, i) => numbers[stride === 1 ? at - 2 * first : 2 * i + (at & 1)]!);
  }
  const ranges =
    stride === 1
      ? [{ buffer, offset: offset + 4 * from, size: 4 * count }]
      : Array.from({ length: count }, (_, i) => ({ buffer, offset: offset + 4 * (from + i * stride), size: 4 }));
  return new Float32Array(await readback.read(ranges));
}

/** Every operator and built-in function on the GPU and in the stepper: equal, or refused with its line. */
import { expect, test } from 'vitest';
import { WorkgroupStepper } from '../../src/debug/workgroup';
import { read, runKernel, uniforms, write } from '../../src/testing';
import { testGpu } from '../harness/fixtures';
import { functionOf, PRELUDE, ROWS, type Row, WORDS, wordsOf } from './expressions';

const inputs = {
  f: Float32Array.of(1.25, -2.5, 4.5, 0.3),
  i: Uint32Array.from(Int32Array.of(-7, 3, 2, -2147483648), (value) => value >>> 0),
  u: Uint32Array.of(7, 3, 4294967295, 40),
};

/** By the functions and types that the interpreter does not have. */
const REFUSED = /^(determinant|quantizeToF16|ldexp|pack2x16float|refract|modf|frexp)\(/;

const isRefused = ({ code, refused }: Row) => refused || REFUSED.test(code);

const entry = (calls: string) => `@compute @workgroup_size(1)\nfn main() {\n${calls}\n}\n`;

/** Words of the row as the stepper stores them, or why it refuses. */
async function stepped(row: Row): Promise<{ words?: Uint32Array; refused?: { code?: string; message: string } }> {
  try {
    const stepper = await WorkgroupStepper.create({
      code: PRELUDE + functionOf(row, 0) + entry('  row0();'),
      workgroup: [0, 0, 0],
      dispatch: [1, 1, 1],
      uniforms: Uint32Array.of(4),
      buffers: { ...inputs, out: new Uint32Array(WORDS) },
    });
    stepper.finish();
    const words = new Uint32Array(WORDS);
    for (const { offset, bits } of stepper.stores) words[offset] = bits;
    return { words };
  } catch (error) {
    return { refused: error as { code?: string; message: string } };
  }
}

const floatOf = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;
const ordered = (bits: number) => (bits >>> 31 ? -(bits & 0x7fffffff) : bits);

function near(row: Row, got: number, wanted: number): boolean {
  if (got === wanted) return true;
  if (!row.type.startsWith('f') && !row.type.endsWith('f')) return false;
  if (Math.abs(ordered(got) - ordered(wanted)) <= row.ulp) return true; // zeros of either sign are equal
  return Math.abs(floatOf(got) - floatOf(wanted)) <= (row.absolute ?? 0);
}

test('no expression is silently wrong: the GPU has the same, or the stepper refuses it', async () => {
  const { device } = await testGpu();
  const kernel = {
    name: 'expressions',
    code: PRELUDE + ROWS.map(functionOf).join('') + entry(ROWS.map((_, at) => `  row${at}();`).join('\n')),
    uniforms: uniforms('size', 'words'),
    ports: [
      read('f', ['size']),
      read('i', ['size'], 'u32'),
      read('u', ['size'], 'u32'),
      { ...write('out', ['words']), type: 'u32' as const },
    ],
    workgroups: () => [1, 1, 1] as const,
  };
  const { out } = await runKernel(device, kernel, { size: 4, words: ROWS.length * WORDS }, inputs);
  const wrong: string[] = [];
  let equal = 0;
  for (const [at, row] of ROWS.entries()) {
    const { words, refused } = await stepped(row);
    const label = `${row.before ?? ''} ${row.code}`;
    if (refused) {
      const stated = refused.code === 'shader-unsupported' && /line [1-9]/.test(refused.message);
      if (!isRefused(row) || !stated) wrong.push(`${label}: ${refused.message}`);
      continue;
    }
    const pairs = Array.from({ length: wordsOf(row) }, (_, i) => [words![i]!, out![at * WORDS + i]!] as const);
    if (pairs.every(([got, wanted]) => near(row, got, wanted))) equal++;
    else {
      const show = (bits: number) => (/f/.test(row.type.replace('bool', '')) ? floatOf(bits) : bits);
      wrong.push(`${label}: ${pairs.map(([got, wanted]) => `${show(got)} for ${show(wanted)}`).join(', ')}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(equal).toBe(ROWS.filter((row) => !isRefused(row)).length);
});

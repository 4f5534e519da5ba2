import { expect, test } from 'vitest';
import { compareTensors, compareTraces, readTrace, type Trace, writeTrace } from '../../src/index';
import { fixtureModel, testGpu } from '../harness/fixtures';

async function read(trace: Trace, name: string): Promise<Float32Array> {
  return (await trace.read(name, { batch: 0 })).data;
}

test('finds in every tensor what differs, the first of them where compareTraces does', async () => {
  const model = await fixtureModel('induction');
  const edits = [{ at: 'blocks.1.attn.hook_z', slice: { head: 2 }, op: 'zero' }] as const;
  const [clean, edited] = [await model.run('<bos> a b a'), await model.run('<bos> a b a', { edits })];
  const { counters } = await testGpu();
  const { submits } = counters;
  const found = await compareTensors(clean, edited);
  expect(counters.submits - submits).toBe(1);
  const { first, compared } = await compareTraces(clean, edited);
  expect(found.length).toBe(compared);
  const { tensor, step, count, largest } = found.find((one) => one.count > 0)!;
  expect({ tensor, step, count, largest }).toEqual({
    tensor: 'blocks.1.attn.hook_z',
    step: first!.step,
    count: first!.count,
    largest: first!.largest,
  });
  for (const one of found) {
    const [a, b] = [await read(clean, one.tensor), await read(edited, one.tensor)];
    const scores = one.tensor.endsWith('attn_scores');
    const values = (data: Float32Array) => [...data].map((value) => (scores && value < -1e29 ? 0 : value));
    const [x, y] = [values(a), values(b)];
    expect(one.of, one.tensor).toBe(x.length);
    expect(one.count, one.tensor).toBe(x.filter((value, i) => !Object.is(value, y[i])).length);
    expect(one.largest, one.tensor).toBe(Math.max(...x.map((value, i) => Math.abs(value - y[i]!))));
    expect(one.scale, one.tensor).toBe(Math.max(...[...x, ...y].map(Math.abs)));
  }
  expect(found.map((one) => one.step)).toEqual([...found.map((one) => one.step)].sort((p, q) => p - q));
  clean.dispose();
  edited.dispose();
});

test('compares two prompts at the positions that they share, counted from either end', async () => {
  const model = await fixtureModel('induction');
  const [long, short] = [await model.run('<bos> a b c d'), await model.run('<bos> a b x')];
  const start = await compareTensors(long, short);
  const embed = start.find(({ tensor }) => tensor === 'hook_embed')!;
  const width = model.config.d_model;
  expect(embed.of).toBe(4 * width);
  expect(embed.first!.at).toEqual({ pos: 3, model: 0 });
  const [a, b] = [await read(long, 'hook_embed'), await read(short, 'hook_embed')];
  expect(embed.first!.values).toEqual([a[3 * width], b[3 * width]]);
  // What causal attention computes at earlier positions does not know of later ones.
  const pattern = start.find(({ tensor }) => tensor === 'blocks.0.attn.hook_pattern')!;
  expect(pattern.first!.at.query).toBe(3);
  const end = await compareTensors(long, short, { first: 1, second: 0, count: 4 });
  const positions = end.find(({ tensor }) => tensor === 'hook_pos_embed')!;
  expect(positions.first!.at).toEqual({ pos: 1, model: 0 });
  long.dispose();
  short.dispose();
});

test('leaves out what one of them lacks or has in another shape, and ends when it is told to', async () => {
  const [small, other] = [await fixtureModel('induction'), await fixtureModel('shakespeare')];
  const [one, two] = [await small.run('<bos> a b a'), await other.run('To be')];
  const logits = (await compareTensors(one, two)).filter(({ tensor }) => tensor === 'unembed.hook_out');
  expect(logits).toEqual([]);
  const cut = readTrace(await writeTrace(one, { hooks: ['hook_embed', 'blocks.1.hook_resid_pre'] }));
  expect((await compareTensors(one, cut)).map(({ tensor }) => tensor)).toEqual([
    'hook_embed',
    'blocks.0.hook_resid_post',
  ]);
  await expect(compareTensors(one, two, undefined, AbortSignal.abort())).rejects.toThrow('aborted');
  one.dispose();
  two.dispose();
});

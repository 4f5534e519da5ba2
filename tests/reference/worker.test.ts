import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadReferenceModel } from '../../src/load-reference-model';
import type { Edit } from '../../src/program/edits';
import { startWorker } from '../../src/reference/start-worker';
import { WorkerWalker } from '../../src/reference/worker-walker';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const edits: Edit[] = [{ at: 'blocks.0.attn.hook_z', slice: { head: 1 }, op: 'scale', by: 0.5 }];

test('a worker’s values are those of this thread, bit for bit; so are its weights and its count of what it did', async () => {
  const [there, here] = [
    await loadReferenceModel(tinyModel()),
    await loadReferenceModel(tinyModel(), { worker: false }),
  ];
  expect([there.thread, here.thread]).toEqual(['worker', 'page']);
  for (const retain of ['all', []] as const) {
    const [got, wanted] = [await there.run(prompt, { edits, retain }), await here.run(prompt, { edits, retain })];
    expect([got.bytes, got.names, got.info]).toEqual([wanted.bytes, wanted.names, wanted.info]);
    for (const name of wanted.names) expect(await got.read(name)).toEqual(await wanted.read(name));
    const slice = { batch: 1, pos: [2, 5], model: -1 } as const;
    expect(await got.read('hook_embed', slice)).toEqual(await wanted.read('hook_embed', slice));
    for (const trace of [got, wanted]) trace.dispose();
  }
  for (const name of here.weightNames) expect(await there.weight(name)).toEqual(await here.weight(name));
  expect(there.counters).toEqual(here.counters);
  for (const model of [there, here]) model.dispose();
});

test('an error that is made there arrives with its code and its sentence', async () => {
  const [there, here] = [
    await loadReferenceModel(tinyModel()),
    await loadReferenceModel(tinyModel(), { worker: false }),
  ];
  const asked = [
    (model: typeof here) => model.weight('nothing'),
    async (model: typeof here) => {
      const trace = await model.run(prompt);
      try {
        return await trace.read('hook_embed', { pos: 9 });
      } finally {
        trace.dispose();
      }
    },
  ];
  for (const ask of asked) {
    const [got, wanted] = [await ask(there).catch((error) => error), await ask(here).catch((error) => error)];
    expect(got).toMatchObject({ name: 'FluoroscopeError', code: wanted.code, message: wanted.message });
  }
  for (const model of [there, here]) model.dispose();
});

test('the page stays free while a pass is walked, and a pass that is not wanted any more stops', async () => {
  const model = await loadReferenceModel('shakespeare');
  const ids = Array.from({ length: 64 }, () => Array.from({ length: 64 }, (_, i) => i)); // many seconds of work
  const reason = new Error('enough');
  const stop = new AbortController();
  const asked = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => asked.mockRestore());
  let over = false;
  const ended = model.run(ids, { signal: stop.signal, retain: [] }).finally(() => (over = true));
  const stopped = expect(ended).rejects.toBe(reason);
  // Walked in this thread, it would leave the page a turn after each step at the most.
  const { steps } = model.program(64, 64);
  for (let turn = 0; turn <= steps.length; turn++) await new Promise((resolve) => setTimeout(resolve));
  expect(over).toBe(false);
  stop.abort(reason);
  await stopped;
  const [[{ id }]] = asked.mock.calls as [[{ id: number }]];
  // One that was walked to its end would be released.
  expect(asked.mock.calls).toEqual([[expect.objectContaining({ call: 'walk' })], [{ cancel: id }]]);
  expect(model.counters.submits).toBe(0);
  (await model.run([1, 2])).dispose();
  expect(model.counters.submits).toBe(1);
  model.dispose();
});

describe('the worker ends', () => {
  const counted = async (use: (ended: () => number) => Promise<void>) => {
    const { terminate } = Worker.prototype;
    let ended = 0;
    Worker.prototype.terminate = function (this: Worker) {
      ended++;
      terminate.call(this);
    };
    try {
      await use(() => ended);
    } finally {
      Worker.prototype.terminate = terminate;
    }
  };

  test('with its model, once the last trace was disposed; and it can be asked for no more', async () => {
    await counted(async (ended) => {
      const model = await loadReferenceModel(tinyModel());
      const trace = await model.run(prompt, { retain: [] });
      model.dispose();
      expect((await trace.read('hook_embed')).data.length).toBe(2 * 7 * 35);
      expect(ended()).toBe(0);
      trace.dispose();
      expect(ended()).toBe(1);
      await expect(model.run(prompt)).rejects.toMatchObject({ code: 'disposed' });
      await expect(model.weight('embed.W_E')).rejects.toMatchObject({ code: 'disposed' });
      await expect(trace.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
    });
  });

  test('when the model is disposed amid a pass, which then is refused', async () => {
    await counted(async (ended) => {
      const model = await loadReferenceModel(tinyModel());
      const running = model.run(prompt);
      model.dispose();
      await expect(running).rejects.toMatchObject({ code: 'disposed' });
      expect(ended()).toBe(1);
    });
  });

  test('by itself: what waits for it and what comes after is told so', async () => {
    const worker = (await startWorker())!;
    const walker = await WorkerWalker.load(worker, { table: {}, values: new Map() });
    const waiting = walker.weight('embed.W_E');
    worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
    for (const asked of [waiting, walker.weight('embed.W_E')]) {
      await expect(asked).rejects.toMatchObject({
        code: 'device-lost',
        message: 'The worker that held the model was lost (out of memory). Load the model again.',
      });
    }
  });
});

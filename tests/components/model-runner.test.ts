/** Of many prompts the newest wins, and models that elements share run one pass at a time. */
import { beforeEach, describe, expect, test } from 'vitest';
import '../../components/model/page-edits'; // So that what is fetched at the first edit is there within a tick.
import { PromptRunner, type RunRequest } from '../../components/model/prompt-runner';
import { RunQueue } from '../../components/model/run-queue';
import type { Edit, Trace } from '../../src/index';

interface FakeRun {
  readonly prompt: string;
  readonly edits: readonly Edit[];
  readonly end: (error?: Error) => void;
  disposed: boolean;
}

/** A model whose passes end when the test says so. */
class FakeModel {
  readonly counters = { submits: 0, dispatches: 0 };
  readonly runs: FakeRun[] = [];
  /** The prompts whose next key press has been prepared. */
  readonly prepared: string[] = [];

  async prepareReuse({ tokens }: Trace): Promise<void> {
    this.prepared.push(String(tokens));
    throw new Error('lost');
  }

  run(prompt: unknown, { edits = [] }: { edits?: readonly Edit[] } = {}): Promise<Trace> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => (error ? reject(error) : resolve(trace));
      const run: FakeRun = { prompt: String(prompt), edits, end, disposed: false };
      const layout = { axes: ['pos'], shape: [1], role: 'activation', type: 'f32' };
      const trace = {
        tokens: prompt,
        program: { output: 'out', tensors: { out: layout }, aliases: {}, steps: [], derived: [] },
        layout: () => layout,
        read: async () => ({}),
        dispose: () => (run.disposed = true),
      } as unknown as Trace;
      this.runs.push(run);
    });
  }
}

let model: FakeModel;
let shown: string[];
const task = () => new Promise((resolve) => setTimeout(resolve));
/** After all that follows by itself, the import of a module that is there too: this one comes after it. */
async function tick(): Promise<void> {
  await task();
  await import('../../components/model/page-edits');
  await task();
}
const asked = (prompt: string, ...edits: string[]): RunRequest => ({ prompt, edits });

function runnerOf(queue?: RunQueue): PromptRunner {
  const events = {
    onPass: ({ prompt, edits, clean }: RunRequest & { clean: Trace | null }) =>
      void shown.push([prompt, ...edits, ...(clean ? ['beside clean'] : [])].join(' ')),
    onFailure: ({ message }: Error, { prompt }: RunRequest) => void shown.push(`${prompt}: ${message}`),
    onIdle: () => void shown.push('idle'),
  };
  return new PromptRunner(model, events, queue);
}

beforeEach(() => {
  model = new FakeModel();
  shown = [];
});

describe('one element', () => {
  test('queues only the newest prompt while a pass runs', async () => {
    const runner = runnerOf();
    runner.run(asked('a'));
    await tick();
    for (const prompt of ['b', 'c', 'd']) runner.run(asked(prompt));
    await tick();
    expect(model.runs.map(({ prompt }) => prompt)).toEqual(['a']);
    model.runs[0]!.end();
    await tick();
    expect(model.runs.map(({ prompt }) => prompt)).toEqual(['a', 'd']);
    model.runs[1]!.end();
    await tick();
    expect(shown).toEqual(['a', 'd', 'idle']);
  });

  test('prepares the next key press once, after the first pass, and without a word if that fails', async () => {
    const runner = runnerOf();
    runner.run(asked('a', 'out:zero'));
    await tick();
    model.runs[0]!.end();
    await tick();
    expect(model.prepared).toEqual([]);
    model.runs[1]!.end();
    await expect.poll(() => model.prepared).toEqual(['a']);
    runner.run(asked('b'));
    await tick();
    model.runs[2]!.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(model.prepared).toEqual(['a']);
    expect(shown).toEqual(['a out:zero beside clean', 'idle', 'b', 'idle']);
  });

  test('does not report the failure of a prompt that a newer one has replaced', async () => {
    const runner = runnerOf();
    runner.run(asked('a'));
    await tick();
    runner.run(asked('b'));
    model.runs[0]!.end(new Error('bad'));
    await tick();
    model.runs[1]!.end(new Error('worse'));
    await tick();
    expect(shown).toEqual(['b: worse', 'idle']);
  });

  test('disposes a trace that comes after closing, and reports nothing', async () => {
    const runner = runnerOf();
    runner.run(asked('a'));
    await tick();
    const closed = runner.close();
    model.runs[0]!.end();
    await closed;
    runner.run(asked('b'));
    await tick();
    expect(model.runs.map(({ prompt, disposed }) => [prompt, disposed])).toEqual([['a', true]]);
    expect(shown).toEqual([]);
  });

  test('runs the prompt without its edits once for all edits, and again for another prompt', async () => {
    const runner = runnerOf();
    const step = async (request: RunRequest, ...ends: number[]) => {
      runner.run(request);
      for (const i of ends) {
        await tick();
        model.runs[i]!.end();
      }
      await tick();
    };
    await step(asked('a', 'out:zero'), 0, 1);
    await step(asked('a', 'out:scale=2'), 2);
    await step(asked('a')); // The clean pass is there already.
    await step(asked('b', 'out:zero'), 3, 4);
    expect(shown.filter((line) => line !== 'idle')).toEqual([
      'a out:zero beside clean',
      'a out:scale=2 beside clean',
      'a',
      'b out:zero beside clean',
    ]);
    expect(model.runs.map(({ prompt, edits }) => [prompt, edits.map(({ op }) => op).join()])).toEqual([
      ['a', ''],
      ['a', 'zero'],
      ['a', 'scale'],
      ['b', ''],
      ['b', 'zero'],
    ]);
  });

  test('that asks for an edit which does not fit keeps no pass of it, and says which one', async () => {
    const runner = runnerOf();
    runner.run(asked('a', 'out:zero', 'nothing:zero'));
    await tick();
    model.runs[0]!.end();
    await tick();
    expect(shown[0]).toMatch(/^a: .*nothing/);
    expect(model.runs.map(({ disposed }) => disposed)).toEqual([true]);
  });

  test('that is closed amid an edited pass disposes both passes', async () => {
    const runner = runnerOf();
    runner.run(asked('a', 'out:zero'));
    await tick();
    model.runs[0]!.end();
    await tick();
    const closed = runner.close();
    model.runs[1]!.end();
    await closed;
    expect(model.runs.map(({ disposed }) => disposed)).toEqual([true, true]);
    expect(shown).toEqual([]);
  });
});

describe('elements that share a model', () => {
  test('have their passes run one after another, each its newest', async () => {
    const queue = new RunQueue();
    const [one, other] = [runnerOf(queue), runnerOf(queue)];
    one.run(asked('a'));
    other.run(asked('b'));
    await tick();
    expect(model.runs).toHaveLength(1);
    one.run(asked('c'));
    other.run(asked('d'));
    model.runs[0]!.end();
    await tick();
    model.runs[1]!.end();
    await tick();
    model.runs[2]!.end();
    await tick();
    expect(model.runs.map(({ prompt }) => prompt)).toEqual(['a', 'd', 'c']);
    expect(shown).toEqual(['a', 'd', 'idle', 'c', 'idle']);
  });

  test('are not held up by one that fails, or that has been closed', async () => {
    const queue = new RunQueue();
    const [one, other, third] = [runnerOf(queue), runnerOf(queue), runnerOf(queue)];
    one.run(asked('a'));
    other.run(asked('b'));
    third.run(asked('c'));
    await tick();
    const closed = other.close();
    model.runs[0]!.end(new Error('bad'));
    await closed;
    await tick();
    model.runs[1]!.end();
    await tick();
    expect(shown).toEqual(['a: bad', 'idle', 'c', 'idle']);
  });
});

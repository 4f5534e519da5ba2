/** Generated text, and the traces of its passes. */
import { describe, expect, test } from 'vitest';
import type { StepExplanation } from '../../src/debug/explanation';
import type { GeneratedToken } from '../../src/generate/generate';
import type { GenerateOptions } from '../../src/generate/options';
import { loadModel } from '../../src/load-model';
import { loadReferenceModel } from '../../src/load-reference-model';
import type { Model } from '../../src/loaded-model';
import type { ModelConfig } from '../../src/model/config';
import type { Prompt } from '../../src/model/prompt';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { modelWithin } from '../harness/split-model';
import { tinyModel } from '../harness/tiny-model';

const tiny = async (change: Partial<ModelConfig> = {}) => loadModel(tinyModel(change), { device: await testDevice() });
const bitsOf = async (trace: Trace, name: string) => new Uint32Array((await trace.read(name)).data.slice().buffer);

async function all(model: Pick<Model, 'generate'>, prompt: Prompt, options: GenerateOptions = {}) {
  const tokens: (Omit<GeneratedToken, 'trace' | 'keep'> & { readonly reused: number; readonly pos: number })[] = [];
  for await (const { trace, keep: _, ...token } of model.generate(prompt, options)) {
    tokens.push({ ...token, reused: trace.reused ?? 0, pos: trace.program.pos });
  }
  return tokens;
}

/** What was generated, without how. */
const said = (tokens: Awaited<ReturnType<typeof all>>) => tokens.map(({ reused: _, ...token }) => token);

describe('with keys and values kept it says the same, with equal probabilities, as with whole passes', () => {
  test.each([
    ['shakespeare', 'ROMEO:', 64],
    ['induction', '<bos> a b c a', 59],
    ['modular-addition', [5, 7, 113], 1],
  ] as const)('%s', async (name, prompt, count) => {
    const model = await fixtureModel(name);
    const cached = await all(model, prompt, { tokens: 64 });
    const whole = await all(model, prompt, { tokens: 64, cache: false });
    expect(said(cached)).toEqual(said(whole));
    expect(cached).toHaveLength(count + Number(name === 'induction'));
    expect(cached.at(-1)!.finish).toBe(count === 64 ? 'tokens' : 'context');
    expect(cached.map(({ reused }) => reused)).toEqual(cached.map(({ pos }, i) => (i === 0 ? 0 : pos - 1)));
    expect(whole.every(({ reused }) => reused === 0)).toBe(true);
  });

  test.each([
    {},
    { attn_only: true },
    { normalization_type: null },
    { normalization_type: 'LNPre', act_fn: 'silu' },
    { n_layers: 0 },
    { n_heads: 4, d_head: 16, d_vocab: 257, d_vocab_out: 257, n_ctx: 80 },
  ] as const)('%o, drawn', async (change) => {
    const model = await tiny(change);
    const options = { tokens: 64, temperature: 1.3, topK: 40, topP: 0.9, seed: 7 };
    const cached = await all(model, [1, 5, 9, 100], options);
    expect(said(cached)).toEqual(said(await all(model, [1, 5, 9, 100], { ...options, cache: false })));
    model.dispose();
  });
});

test('a table of logits that is kept in parts, tied or not: with keys and values kept the same as without', async () => {
  for (const tied of [true, false]) {
    const model = await modelWithin(70 * 35 * 4, tied);
    const cached = await all(model, [1, 5, 9], { tokens: 12 });
    expect(said(cached)).toEqual(said(await all(model, [1, 5, 9], { tokens: 12, cache: false })));
    expect(cached.at(-1)!.reused).toBe(13);
    model.dispose();
  }
});

test.each([{ retain: [] }, { retain: 'all' }] as const)(
  'texts that are written in turn, each trace kept now and then, are each as if alone: %o',
  async (options) => {
    const model = await fixtureModel('shakespeare');
    const prompts = ['ROMEO:', 'To be, or not to be', 'JULIET: O'];
    const drawn = { tokens: 8, temperature: 1, seed: 3, ...options };
    const alone = await Promise.all(
      prompts.map(async (prompt) => (await all(model, prompt, drawn)).map(({ id }) => id)),
    );
    const texts = prompts.map((prompt) => model.generate(prompt, drawn));
    const inTurn: number[][] = prompts.map(() => []);
    for (let index = 0; index < drawn.tokens; index++) {
      await Promise.all(
        texts.map(async (text, i) => {
          const { id, trace, keep } = (await text.next()).value!;
          inTurn[i]!.push(id);
          if (index % 3 !== i) return;
          keep();
          const whole = await model.run(trace.tokens);
          const name = 'unembed.hook_out';
          expect(await bitsOf(trace, name)).toEqual(await bitsOf(whole, name));
          for (const one of [trace, whole]) one.dispose();
        }),
      );
    }
    for (const text of texts) await text.return();
    expect(inTurn).toEqual(alone);
  },
);

describe('a trace', () => {
  test.each([
    { retain: [] },
    { retain: 'all' },
    { retain: 'checkpoints' },
    { retain: ['blocks.1.mlp.hook_post', 'blocks.0.attn.hook_result'] },
  ] as const)('that keeps $retain has the bits of the whole pass, while the text goes on', async ({ retain }) => {
    const model = await tiny();
    for await (const { index, trace } of model.generate([1, 5, 9], { tokens: 4, retain })) {
      const whole = await model.run(trace.tokens);
      expect(trace.names).toEqual(whole.names);
      for (const name of index === 2 ? whole.names : ['unembed.hook_out', 'blocks.1.attn.hook_pattern']) {
        expect(trace.layout(name), name).toEqual(whole.layout(name));
        expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
      }
      const slice = { batch: 0, head: 1, query: -1, key: [0, -1] } as const;
      const name = 'blocks.0.attn.hook_pattern';
      expect(await trace.read(name, slice)).toEqual(await whole.read(name, slice));
      whole.dispose();
    }
    model.dispose();
  });

  test('lives until the next token is asked for, unless it is kept', async () => {
    const model = await tiny();
    const before = model.counters.bytesRetained;
    const traces: Trace[] = [];
    const bits: Uint32Array[] = [];
    for await (const { index, trace, keep } of model.generate([1, 5, 9], { tokens: 5 })) {
      traces.push(index % 2 ? keep() : trace);
      bits.push(await bitsOf(trace, 'unembed.hook_out'));
    }
    for (const [i, trace] of traces.entries()) {
      if (i % 2) expect(await bitsOf(trace, 'unembed.hook_out')).toEqual(bits[i]);
      else await expect(trace.read('unembed.hook_out')).rejects.toMatchObject({ code: 'disposed' });
      trace.dispose();
    }
    expect(model.counters.bytesRetained).toBe(before);
    model.dispose();
  });

  test('may be disposed early, kept or not: the next pass is a whole one', async () => {
    const model = await tiny();
    const before = model.counters.bytesRetained;
    const tokens: (readonly [id: number, reused: number | undefined])[] = [];
    for await (const { index, id, trace, keep } of model.generate([1, 5, 9], { tokens: 6 })) {
      tokens.push([id, trace.reused]);
      if (index === 1) keep().dispose();
      if (index === 3) trace.dispose();
    }
    const whole = await all(model, [1, 5, 9], { tokens: 6, cache: false });
    expect(tokens).toEqual(whole.map(({ id }, i) => [id, [0, 3, 0, 5, 0, 7][i]]));
    expect(model.counters.bytesRetained).toBe(before);
    model.dispose();
  });

  test('and a model that is disposed amid the text: that is an error', async () => {
    const model = await tiny();
    const { bytesAllocated } = model.counters;
    const running = (async () => {
      for await (const { index } of model.generate([1, 5, 9])) if (index === 3) model.dispose();
    })();
    await expect(running).rejects.toMatchObject({ code: 'disposed' });
    expect(model.counters.bytesAllocated).toBeLessThan(bytesAllocated);
  });

  test('is given back where the reader leaves', async () => {
    const model = await tiny();
    const before = model.counters.bytesRetained;
    for await (const { index } of model.generate([1, 5, 9])) if (index === 3) break;
    expect(model.counters.bytesRetained).toBe(before);
    model.dispose();
  });

  test('passes the check step by step, and its numbers are explained, those of earlier passes too', async () => {
    const model = await tiny({ n_heads: 4, d_head: 16 });
    for await (const { index, trace } of model.generate([1, 5, 9], { tokens: 3 })) {
      if (index < 2) continue;
      let checked = 0;
      for await (const error of model.check(trace)) {
        expect([error.tensor, error.ok, error.differs]).toEqual([error.tensor, true, []]);
        checked++;
      }
      expect(checked).toBe(trace.program.steps.flatMap(({ outputs }) => Object.values(outputs)).length);
      const key = (of: Trace, pos: number) => model.explain(of, 'blocks.0.attn.hook_k', { pos, head: 1, dim: 3 });
      expect(await key(trace, 2)).toMatchObject({ kernel: 'matmul', ok: true, reused: true, writer: null });
      const alone = await model.run([1]); // One row, as the new position is.
      const { writer } = (await key(alone, 0)) as StepExplanation;
      expect(writer).not.toBeNull();
      expect(await key(trace, 4)).toMatchObject({ reused: false, ok: true, writer });
      alone.dispose();
    }
    model.dispose();
  });
});

test('each pass after the first is one submit and one readback, with nothing allocated from the second text on', async () => {
  const model = await fixtureModel('shakespeare');
  const count = async (prompt: string) => {
    const { counters } = model;
    const costs: { submits: number; allocations: number; bytes: number; dispatches: number }[] = [];
    let { submits, allocations, bytesAllocated, dispatches } = counters;
    for await (const _ of model.generate(prompt, { tokens: 12, temperature: 1 })) {
      costs.push({
        submits: counters.submits - submits,
        allocations: counters.allocations - allocations,
        bytes: counters.bytesAllocated - bytesAllocated,
        dispatches: counters.dispatches - dispatches,
      });
      ({ submits, allocations, bytesAllocated, dispatches } = counters);
    }
    return costs;
  };
  const first = await count('To be, or not');
  // The prompt's pass, and the buffers with room: later passes allocate nothing even while warming up.
  expect(first.slice(2).every(({ allocations, bytes }) => allocations === 0 && bytes === 0)).toBe(true);
  const second = await count('To be, or not');
  // Beside the first pass's own submit, the logits of its last position.
  const submits = second.map((_, index) => (index === 0 ? 3 : 2));
  expect(second.map(({ submits, allocations }) => [submits, allocations])).toEqual(submits.map((count) => [count, 0]));
  const perLayer = (second[3]!.dispatches - 5) / model.config.n_layers;
  expect(perLayer).toBeLessThanOrEqual(9);
});

describe('of the prompt the logits of its last position alone are computed', () => {
  const prompt = Array.from({ length: 40 }, (_, pos) => (pos * 37) % 1024);
  const edits = [{ at: 'blocks.3.hook_resid_post', op: 'scale', by: 2 }] as const;

  test.each([{ retain: [] }, { retain: 'checkpoints' }, { retain: [], edits }, { retain: [], cache: false }] as const)(
    '%o',
    async (options) => {
      const model = await fixtureModel('shakespeare');
      const { d_model, d_vocab_out } = model.config;
      const { counters } = model;
      const start = counters.flops;
      const whole = await model.run(prompt, { ...('edits' in options && { edits }), retain: [] });
      const middle = counters.flops;
      const text = model.generate(prompt, { ...options, tokens: 2 });
      const { trace, logit, id } = (await text.next()).value!;
      const saved = middle - start - (counters.flops - middle);
      expect(saved).toBeGreaterThanOrEqual(39 * 2 * d_model * d_vocab_out);
      const { data } = await whole.read('unembed.hook_out', { batch: 0, pos: -1 });
      expect([id, logit]).toEqual([data.indexOf(Math.max(...data)), Math.max(...data)]);
      for (const name of ['unembed.hook_out', 'ln_final.hook_out', 'blocks.3.mlp.hook_post']) {
        expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
      }
      await text.return();
      whole.dispose();
    },
  );
});

describe('past the context', () => {
  test('refuse ends the text with the last token that fits, and says why', async () => {
    const model = await tiny({ n_ctx: 6 });
    const tokens = await all(model, [1, 2, 3], { tokens: 10 });
    expect(tokens.map(({ finish, pos }) => [finish, pos])).toEqual([
      [null, 3],
      [null, 4],
      [null, 5],
      ['context', 6],
    ]);
    await expect(all(model, [1, 2, 3, 4, 5, 6, 7])).rejects.toMatchObject({ code: 'prompt-too-long' });
    model.dispose();
  });

  test('slide drops the oldest tokens, says how many, and runs the others from position 0', async () => {
    const model = await tiny({ n_ctx: 6 });
    const tokens = await all(model, [1, 2, 3], { tokens: 7, pastContext: 'slide' });
    expect(tokens.map(({ dropped, pos, reused }) => [dropped, pos, reused])).toEqual([
      [0, 3, 0],
      [0, 4, 3],
      [0, 5, 4],
      [0, 6, 5],
      [1, 6, 0],
      [2, 6, 0],
      [3, 6, 0],
    ]);
    const ids = [1, 2, 3, ...tokens.map(({ id }) => id)];
    for (const [i, { dropped, id }] of tokens.entries()) {
      const trace = await model.run(ids.slice(dropped, 3 + i));
      const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1 });
      expect(data[id]).toBe(Math.max(...data));
      trace.dispose();
    }
    const long = await all(model, [9, 8, 7, 6, 5, 4, 3, 2], { tokens: 1, pastContext: 'slide' });
    expect(long).toMatchObject([{ dropped: 2, pos: 6 }]);
    model.dispose();
  });
});

test('of a context that slides the first token is dropped, a <bos> too: nothing is put in its place', async () => {
  const model = await fixtureModel('induction');
  const { n_ctx } = model.config;
  const prompt = `<bos>${' a b c d'.repeat(n_ctx / 4 - 1)} a b c`;
  const [bos] = model.tokenizer!.encode('<bos>');
  const seen: string[] = [];
  let ids = model.tokenizer!.encode(prompt);
  expect(ids).toHaveLength(n_ctx);
  for await (const { id, dropped, trace, probability } of model.generate(prompt, { tokens: 4, pastContext: 'slide' })) {
    expect(trace.tokens).toEqual([ids.slice(dropped)]);
    expect(trace.tokens[0]).toHaveLength(n_ctx);
    expect(trace.tokens[0]![0] === bos).toBe(dropped === 0);
    seen.push(trace.labels[0]![0]!);
    const whole = await model.run(ids.slice(dropped));
    expect(await bitsOf(trace, 'unembed.hook_out')).toEqual(await bitsOf(whole, 'unembed.hook_out'));
    whole.dispose();
    expect(probability).toBeGreaterThan(0);
    ids = [...ids, id];
  }
  expect(seen).toEqual(['<bos>', 'a', 'b', 'c']);
});

test('edits apply in every pass, and nothing is taken over then', async () => {
  const model = await tiny();
  const edits = [{ at: 'blocks.0.attn.hook_z', slice: { head: 1, pos: -1 }, op: 'zero' }] as const;
  const tokens = await all(model, [1, 5, 9], { tokens: 6, edits });
  expect(tokens.every(({ reused }) => reused === 0)).toBe(true);
  const ids = [1, 5, 9];
  for (const { id, logit } of tokens) {
    const trace = await model.run(ids, { edits });
    const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1 });
    expect([id, logit]).toEqual([data.indexOf(Math.max(...data)), Math.max(...data)]);
    ids.push(id);
    trace.dispose();
  }
  const lengths: number[] = [];
  await all(model, [1, 5, 9], {
    tokens: 3,
    edits: async ([list]) => {
      lengths.push(list!.length);
      return [];
    },
  });
  expect(lengths).toEqual([3, 4, 5]);
  model.dispose();
});

describe('ends', () => {
  test('at a token, at a text, and at the end of text', async () => {
    const model = await fixtureModel('shakespeare');
    const free = await all(model, 'ROMEO:', { tokens: 12 });
    const text = free.map(({ added }) => added).join('');
    expect(model.tokenizer!.decode(free.map(({ id }) => id))).toBe(text);
    const at = await all(model, 'ROMEO:', { tokens: 12, stop: [free[3]!.id] });
    expect(at.at(-1)).toMatchObject({ id: free[3]!.id, finish: 'stop' });
    expect(at.length).toBeLessThanOrEqual(4);
    const across = text.slice(3, 8);
    const stopped = await all(model, 'ROMEO:', { tokens: 12, stop: [across] });
    expect(stopped.at(-1)!.finish).toBe('stop');
    expect(stopped.map(({ added }) => added).join('')).toContain(across);
    expect(
      stopped
        .slice(0, -1)
        .map(({ added }) => added)
        .join(''),
    ).not.toContain(across);
  });

  test.each(['one token', 'several'])('where config.json says so, %s, unless it is to go on', async (which) => {
    const free = await tiny();
    const text = await all(free, [1, 5, 9], { tokens: 6 });
    expect(await free.endOfText()).toEqual([]);
    free.dispose();
    const last = text[2]!.id;
    const ends = which === 'several' ? [100, last] : last;
    const files = tinyModel();
    const config = new TextEncoder().encode(JSON.stringify({ ...files.config, eos_token_id: ends }));
    const read = async (path: string) => (path === 'config.json' ? config : files.read(path));
    const model = await loadModel({ ...files, read }, { device: await testDevice() });
    expect(await model.endOfText()).toEqual([ends].flat());
    const ended = await all(model, [1, 5, 9], { tokens: 6 });
    const at = text.findIndex(({ id }) => [ends].flat().includes(id));
    expect(ended.map(({ id, finish }) => [id, finish])).toEqual(
      text.slice(0, at + 1).map(({ id }, i) => [id, i === at ? 'end-of-text' : null]),
    );
    expect(await all(model, [1, 5, 9], { tokens: 6, pastEndOfText: true })).toEqual(text);
    model.dispose();
    const reference = await loadReferenceModel({ ...files, read }, { worker: false });
    expect((await all(reference, [1, 5, 9], { tokens: 6 })).at(-1)).toMatchObject({
      id: text[at]!.id,
      finish: 'end-of-text',
    });
    reference.dispose();
  });

  test('of a model whose config does not say, at what its tokenizer names', async () => {
    const model = await fixtureModel('shakespeare');
    expect(await model.endOfText()).toEqual([model.tokenizer!.endOfText ?? []].flat());
  });

  test('when its signal says so', async () => {
    const model = await tiny();
    const stop = new AbortController();
    const seen: number[] = [];
    const running = (async () => {
      for await (const { index } of model.generate([1], { signal: stop.signal })) {
        seen.push(index);
        if (index === 2) stop.abort(new Error('enough'));
      }
    })();
    await expect(running).rejects.toThrow('enough');
    expect(seen).toEqual([0, 1, 2]);
    model.dispose();
  });
});

describe('refuses', () => {
  test.each([
    [{ temperature: -1 }, 'temperature is -1; expected a finite number from 0 on.'],
    [{ temperature: Number.NaN }, 'temperature is NaN; expected a finite number from 0 on.'],
    [{ topK: 0 }, 'topK is 0; expected a whole number from 1 on.'],
    [{ topP: 0 }, 'topP is 0; expected a number above 0, at most 1.'],
    [{ topP: 1.5 }, 'topP is 1.5; expected a number above 0, at most 1.'],
    [{ topP: '0.5' as unknown as number }, 'topP is "0.5"; expected a number above 0, at most 1.'],
    [{ seed: 0.5 }, 'seed is 0.5; expected a whole number from 0 to 4294967295.'],
    [{ tokens: 0 }, 'tokens is 0; expected a whole number from 1 on.'],
    [{ candidates: -1 }, 'candidates is -1; expected a whole number from 0 on.'],
    [{ pastContext: 'wrap' as 'slide' }, `pastContext is "wrap"; expected 'refuse' or 'slide'.`],
    [{ stop: [1024] }, 'stop holds 1024; expected token ids from 0 to 1023, or texts.'],
    [{ stop: [''] }, 'stop holds ""; expected token ids from 0 to 1023, or texts.'],
    [{ stop: 'end' as unknown as [] }, 'stop is "end"; expected a list of token ids and texts.'],
    [{ stop: null as unknown as [] }, 'stop is null; expected a list of token ids and texts.'],
    [{ cache: 'no' as unknown as boolean }, 'cache is "no"; expected true or false.'],
    [{ pastEndOfText: 1 as unknown as boolean }, 'pastEndOfText is 1; expected true or false.'],
    [{ signal: {} as AbortSignal }, 'signal is {}; expected an AbortSignal.'],
    [{ signal: null as unknown as AbortSignal }, 'signal is null; expected an AbortSignal.'],
  ])('%o', async (options, message) => {
    const model = await fixtureModel('shakespeare');
    await expect(all(model, 'To be', options)).rejects.toMatchObject({ code: 'generation-invalid', message });
  });

  test.each(['top_k', 'topk', 'count'])('an option that there is not: %s', async (name) => {
    const model = await fixtureModel('shakespeare');
    await expect(all(model, 'To be', { [name]: 5, temperature: 1 })).rejects.toMatchObject({
      code: 'generation-invalid',
      message: `${name} is no option of generate; expected one of tokens, temperature, topK, topP, seed, stop, pastContext, pastEndOfText, cache, retain, edits, candidates, signal.`,
    });
  });

  test('a batch, models that predict no next token, texts without a tokenizer', async () => {
    const model = await tiny();
    await expect(all(model, [[1], [2]])).rejects.toMatchObject({
      code: 'generation-invalid',
      message: 'The prompt is a batch of 2; text is generated for one. Generate for each in turn.',
    });
    await expect(all(model, [1], { stop: ['x'] })).rejects.toMatchObject({ code: 'no-tokenizer' });
    model.dispose();
    const both = await tiny({ attention_dir: 'bidirectional' });
    await expect(all(both, [1])).rejects.toMatchObject({
      code: 'generation-invalid',
      message: expect.stringMatching(/^tiny attends in both directions: .* Run it on a whole prompt\.$/),
    });
    both.dispose();
    const wide = await tiny({ d_vocab_out: 102 });
    await expect(all(wide, [1])).rejects.toMatchObject({
      message: expect.stringMatching(/^tiny answers with one of 102 classes and reads 101 tokens/),
    });
    wide.dispose();
  });
});

test('a model on the CPU says the same', async () => {
  const model = await fixtureModel('induction');
  const reference = await loadReferenceModel('induction', { worker: false });
  const ids = async (tokens: Promise<{ id: number }[]>) => (await tokens).map(({ id }) => id);
  const options = { tokens: 8 };
  expect(await ids(all(reference, '<bos> a b c a', options))).toEqual(await ids(all(model, '<bos> a b c a', options)));
  expect(reference.counters.bytesRetained).toBe(0);
  reference.dispose();
});

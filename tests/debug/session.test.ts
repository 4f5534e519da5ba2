import { describe, expect, test } from 'vitest';
import type { BreakpointSpec } from '../../src/debug/breakpoints';
import type { Predicate } from '../../src/debug/conditions';
import type { DebugSession } from '../../src/debug/session';
import type { FluoroscopeError } from '../../src/errors';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { beforeEdit, type Edit } from '../../src/program/edits';
import { resolve } from '../../src/program/program';
import { describeStepError } from '../../src/run/check-steps';
import { runFloat64 } from '../../src/run/float64';
import { permute } from '../../src/tensor/permute';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';
import { random } from '../kernels/numbers';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const logits = 'unembed.hook_out';

/** Bits, because −0 and NaN must count. */
const bitsOf = async (trace: Trace, name: string) => new Uint32Array((await trace.read(name)).data.slice().buffer);

async function withModel(run: (model: Model) => Promise<void>, change = {}): Promise<void> {
  const model = await loadModel(tinyModel(change), { device: await testDevice() });
  const { bytesRetained } = model.counters;
  await run(model);
  expect(model.counters.bytesRetained).toBe(bytesRetained);
  model.dispose();
}

/** What a step writes. */
const outputsOf = ({ program }: DebugSession, step: number) => Object.values(program.steps[step]!.outputs);

describe('stopping', () => {
  test.each(['induction', 'shakespeare'] as const)(
    '%s: at each step the values are those of a pass without stops, bit for bit, and later steps have not run',
    async (name) => {
      const model = await loadModel(name, { device: await testDevice() });
      const tokens = [0, 1, 2, 1, 3, 1];
      const whole = await model.run(tokens);
      const session = await model.debug(tokens);
      const { steps } = session.program;
      const before = model.counters.dispatches;
      for (const [i, { outputs }] of steps.entries()) {
        expect({ at: session.at, dispatches: model.counters.dispatches - before }).toEqual({ at: i, dispatches: i });
        for (const tensor of Object.values(outputs)) {
          await expect(session.trace.read(tensor)).rejects.toMatchObject({ code: 'not-yet-run' });
        }
        expect(await session.step()).toEqual({ reason: i + 1 < steps.length ? 'step' : 'end', at: i + 1, step: i });
        for (const tensor of Object.values(outputs)) {
          expect(await bitsOf(session.trace, tensor), tensor).toEqual(await bitsOf(whole, tensor));
        }
      }
      expect(session.done).toBe(true);
      expect(session.trace.names).toEqual(whole.names);
      for (const tensor of whole.names) {
        expect(await bitsOf(session.trace, tensor), tensor).toEqual(await bitsOf(whole, tensor));
      }
      session.dispose();
      whole.dispose();
      model.dispose();
    },
  );

  test('what has been written, and what is derived from it, can be read; the rest says how to get there', async () => {
    await withModel(async (model) => {
      const whole = await model.run(prompt);
      const session = await model.debug(prompt);
      expect(session.trace.names).toEqual([]);
      await session.runTo('blocks.0.attn.hook_z');
      expect(session.trace.names).toContain('blocks.0.attn.hook_result');
      expect(session.trace.names).not.toContain('blocks.1.attn.hook_result');
      for (const name of session.trace.names) {
        expect(await bitsOf(session.trace, name), name).toEqual(await bitsOf(whole, name));
      }
      const { at } = session;
      const later = session.program.steps.findIndex(({ outputs }) => outputs.z === 'blocks.1.attn.hook_z');
      for (const name of ['blocks.1.attn.hook_z', 'blocks.1.attn.hook_result']) {
        await expect(session.trace.read(name)).rejects.toMatchObject({
          code: 'not-yet-run',
          message: `${name} is not there yet: it takes step ${later} attn_mix, and the session stands before step ${at}. Run to blocks.1.attn.hook_z first.`,
        });
      }
      await expect(session.trace.read('blocks.1.attn.hook_y')).rejects.toMatchObject({ code: 'tensor-unknown' });
      whole.dispose();
      session.dispose();
    });
  });

  test('continuing gives the logits of a pass without stops, bit for bit, in one submit', async () => {
    await withModel(async (model) => {
      const whole = await model.run(prompt);
      const session = await model.debug(prompt, { breakpoints: [{ at: 'blocks.*.hook_resid_mid' }, { at: 3 }] });
      const stops = [await session.continue(), await session.continue(), await session.continue()];
      expect(stops.map(({ reason, tensor }) => [reason, tensor])).toEqual([
        ['breakpoint', undefined],
        ['breakpoint', 'blocks.0.hook_resid_mid'],
        ['breakpoint', 'blocks.1.hook_resid_mid'],
      ]);
      const { submits } = model.counters;
      expect(await session.continue()).toMatchObject({ reason: 'end', at: session.program.steps.length });
      expect(model.counters.submits - submits).toBe(1);
      expect(await session.continue()).toMatchObject({ reason: 'end' });
      expect(await bitsOf(session.trace, logits)).toEqual(await bitsOf(whole, logits));
      whole.dispose();
      session.dispose();
    });
  });

  test('a trace of an earlier stop stays what it was until the session ends', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      await session.runTo('hook_embed');
      const early = session.trace;
      const embed = await bitsOf(early, 'hook_embed');
      session.edit({ at: 'hook_embed', op: 'zero' });
      const last = await session.finish();
      expect(await bitsOf(early, 'hook_embed')).toEqual(embed);
      expect(new Set((await last.read('hook_embed')).data)).toEqual(new Set([0]));
      await expect(early.read('hook_pos_embed')).rejects.toMatchObject({ code: 'not-yet-run' });
      last.dispose();
      for (const trace of [early, last]) {
        await expect(trace.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
      }
      await expect(session.step()).rejects.toMatchObject({ code: 'disposed' });
      session.dispose();
    });
  });

  test('the second session of a shape allocates nothing', async () => {
    await withModel(async (model) => {
      const first = await model.debug(prompt);
      (await first.finish()).dispose();
      const { allocations } = model.counters;
      const second = await model.debug(prompt);
      await second.step(3);
      second.dispose();
      expect(model.counters.allocations).toBe(allocations);
    });
  });
});

describe('breakpoints', () => {
  test('before and after a step, at a name and an alias; they say where they are', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      const z = session.program.steps.findIndex(({ outputs }) => outputs.z === 'blocks.0.attn.hook_z');
      const resid = session.program.steps.findIndex(({ outputs }) =>
        Object.values(outputs).includes('blocks.0.hook_resid_post'),
      );
      session.break({ at: z, when: 'after' });
      session.break({ at: 'blocks.0.attn.hook_z', when: 'before' });
      session.break({ at: 'blocks.1.hook_resid_pre' });
      const twice = session.break({ at: 2 });
      expect(session.breakpoints.map(({ id, text, stops }) => ({ id, text, stops }))).toEqual([
        { id: 1, text: `after step ${z} attn_mix`, stops: [z + 1] },
        { id: 2, text: 'before blocks.0.attn.hook_z', stops: [z] },
        { id: 3, text: 'after blocks.1.hook_resid_pre', stops: [resid + 1] },
        { id: 4, text: `before step 2 ${session.program.steps[2]!.kernel}`, stops: [2] },
      ]);
      session.unbreak(twice.id);
      const stops = [];
      do stops.push(await session.step(1000));
      while (!session.done);
      expect(stops.map(({ at, breakpoint }) => [at, breakpoint?.id])).toEqual([
        [z, 2],
        [z + 1, 1],
        [resid + 1, 3],
        [session.program.steps.length, undefined],
      ]);
      session.dispose();
    });
  });

  test('a step’s breakpoint stays at its step when edits are inserted before it, and when its norm is split', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      const norm = session.program.steps.findIndex(({ kernel }) => kernel === 'layernorm');
      session.break({ at: norm, when: 'after' });
      session.break({ at: norm + 1 });
      session.edit({ at: 'hook_embed', op: 'scale', by: 2 });
      session.edit({ at: 'blocks.0.ln1.hook_scale', op: 'scale', by: 2 });
      const { steps } = session.program;
      const out = steps.findIndex(({ outputs }) => outputs.out === 'blocks.0.ln1.hook_out');
      expect(steps[out]!.kernel).toBe('ln_affine');
      expect(session.breakpoints.map(({ stops }) => stops)).toEqual([[out + 1], [out + 1]]);
      expect((await session.continue()).step).toBe(out);
      session.dispose();
    });
  });

  test.each([
    ['any NaN', null],
    ['|x| > 1e4', null],
    ['row sums != 1', 'hook_embed'],
  ])('%s in a healthy pass first holds of %s', async (condition, tensor) => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      session.break({ if: condition });
      expect((await session.continue()).tensor ?? null).toBe(tensor);
      session.dispose();
    });
  });

  test('a condition names the element, or the row, and looks at what its glob means only', async () => {
    await withModel(async (model) => {
      const edits: Edit[] = [
        { at: 'hook_embed', slice: { batch: 1, pos: 3, model: 7 }, op: 'set', value: -20000 },
        { at: 'blocks.1.attn.hook_pattern', slice: { batch: 0, head: 2, query: 5, key: 0 }, op: 'add', value: 0.25 },
      ];
      const session = await model.debug(prompt, { edits });
      session.break({ if: 'row sums ≠ 1 ± 1e-3', at: '*.hook_pattern' });
      const first = session.break({ if: '|x| > 1e4' });
      expect(await session.continue()).toEqual({
        reason: 'condition',
        at: 2,
        step: 1,
        tensor: 'hook_embed',
        index: { batch: 1, pos: 3, model: 7 },
        value: -20000,
        breakpoint: { ...first, text: 'if |x| > 10000' },
      });
      session.unbreak(first.id);
      const rows = await session.continue();
      expect(rows).toMatchObject({ tensor: 'blocks.1.attn.hook_pattern', index: { batch: 0, head: 2, query: 5 } });
      expect(rows.breakpoint!.text).toBe('if row sums != 1 ± 0.001 at *.hook_pattern');
      expect(Math.abs(rows.value! - 1.25) < 1e-4, `${rows.value}`).toBe(true);
      session.dispose();
    });
  });

  test('a predicate is asked of each tensor that was written, and stops the session', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      const asked: string[] = [];
      session.break({
        if: async function isLarge(values, { name, step, layout, bits }) {
          asked.push(name);
          expect(outputsOf(session, step)).toContain(name);
          expect(values.length).toBe(layout.shape.reduce((a, b) => a * b, 1));
          expect(new Uint32Array(values.slice().buffer)).toEqual(bits.slice());
          return name === 'blocks.0.hook_resid_mid';
        },
        at: 'blocks.*.hook_resid_*',
      });
      const stop = await session.continue();
      expect(stop).toMatchObject({ reason: 'condition', tensor: 'blocks.0.hook_resid_mid' });
      expect(stop.breakpoint!.text).toBe('if isLarge at blocks.*.hook_resid_*');
      expect(asked).toEqual(['blocks.0.hook_resid_pre', 'blocks.0.hook_resid_mid']);
      session.dispose();
    });
  });

  test('a predicate that returns no boolean counts as one', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      const found = { index: { pos: 1 }, at: 99, reason: 'end' };
      const large = session.break({ if: (() => found) as unknown as Predicate, at: 'hook_embed' });
      expect(await session.continue()).toEqual({
        reason: 'condition',
        at: 1,
        step: 0,
        tensor: 'hook_embed',
        breakpoint: large,
      });
      session.break({ if: (async () => '') as unknown as Predicate });
      expect((await session.continue()).reason).toBe('end');
      session.dispose();
    });
  });

  test('a predicate that throws is named with its tensor and step, and the session goes on', async () => {
    await withModel(async (model) => {
      const whole = await model.run(prompt);
      const session = await model.debug(prompt);
      const fail = () => {
        throw new TypeError('values.foo is not a function.'); // its period is not doubled
      };
      const { id } = session.break({ if: fail, at: 'hook_pos_embed' });
      await expect(session.continue()).rejects.toMatchObject({
        code: 'predicate-failed',
        message:
          'The predicate of breakpoint 1 failed on hook_pos_embed, which step 1 has written: values.foo is not a function. The session stands after that step; remove the breakpoint or go on.',
      });
      expect(session.at).toBe(2);
      expect(await bitsOf(session.trace, 'hook_pos_embed')).toEqual(await bitsOf(whole, 'hook_pos_embed'));
      session.unbreak(id);
      expect((await session.continue()).reason).toBe('end');
      expect(await bitsOf(session.trace, logits)).toEqual(await bitsOf(whole, logits));
      whole.dispose();
      session.dispose();
    });
  });
});

describe('edits at a stop', () => {
  test('of what had not been read equal the same edits made up front, bit for bit', async () => {
    const edits: Edit[] = [
      { at: 'blocks.0.attn.hook_z', slice: { head: 1 }, op: 'zero' },
      { at: 'blocks.1.ln1.hook_scale', op: 'scale', by: 2 },
      { at: 'blocks.1.mlp.hook_post', slice: { pos: -1 }, op: 'add', value: 0.5 },
      { at: 'blocks.1.mlp.hook_post', slice: { pos: 2 }, op: 'scale', by: 3 },
    ];
    await withModel(async (model) => {
      const upFront = await model.run(prompt, { edits });
      const session = await model.debug(prompt);
      const { dispatches } = model.counters;
      await session.runTo('blocks.0.attn.hook_z'); // written, not read
      session.edit(edits[0]!);
      await session.step(2);
      session.edit(edits[1]!);
      session.edit(edits[2]!);
      await session.runTo('blocks.1.attn.hook_q');
      session.edit(edits[3]!);
      await session.finish();
      expect(session.trace.names).toEqual(upFront.names);
      expect(session.trace.edits).toEqual(edits);
      expect(model.counters.dispatches - dispatches).toBe(session.program.steps.length); // nothing ran twice
      for (const name of upFront.names) {
        expect(await bitsOf(session.trace, name), name).toEqual(await bitsOf(upFront, name));
      }
      upFront.dispose();
      session.dispose();
    });
  });

  test('of what has been read change what later steps read alone; float64 agrees', async () => {
    await withModel(async (model) => {
      const clean = await model.run(prompt);
      const session = await model.debug(prompt);
      const at = 'blocks.0.hook_resid_mid';
      await session.runTo('blocks.0.mlp.hook_pre'); // ln2 has read it, the sum after the MLP has not
      const held = session.trace;
      const { allocations, dispatches } = model.counters;
      session.edit({ at, op: 'scale', by: -2 });
      expect(session.at).toBe(session.program.steps.findIndex(({ kernel }) => kernel === 'edit'));
      await session.step();
      expect(model.counters.dispatches - dispatches).toBe(1);
      expect(model.counters.allocations - allocations).toBe(4); // the tensor, the edit's two operands, uniforms
      await session.finish();
      const { trace, program } = session;
      const mlp = program.steps.find(({ outputs }) => outputs.out === 'blocks.0.ln2.hook_out')!;
      const sum = program.steps.find(({ outputs }) => Object.values(outputs).includes('blocks.0.hook_resid_post'))!;
      expect(Object.values(mlp.inputs)).toContain(beforeEdit(at));
      expect(Object.values(sum.inputs)).toContain(at);
      for (const name of held.names) {
        const now = resolve(program, name) === at ? beforeEdit(at) : name;
        expect(await bitsOf(trace, now), name).toEqual(await bitsOf(clean, name));
      }
      const [before, after] = await Promise.all([trace.read(beforeEdit(at)), trace.read(at)]);
      expect(after.data).toEqual(before.data.map((value) => -2 * value));
      expect(await bitsOf(trace, logits)).not.toEqual(await bitsOf(clean, logits));
      await agrees(model, trace);
      clean.dispose();
      session.dispose();
    });
  });

  test('of one tensor at three stops: what each step has read stays readable', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      const at = 'blocks.0.ln1.hook_out'; // q, k and v read it
      const values = async (name: string) => new Set((await session.trace.read(name)).data);
      await session.runTo('blocks.0.attn.hook_q');
      session.edit({ at, op: 'set', value: 1 });
      await session.step(); // the edit
      session.edit({ at, op: 'add', value: 1 });
      expect(await values(at)).toEqual(new Set([1])); // applied when it goes on
      session.edit({ at, op: 'scale', by: 2 });
      await session.step(2);
      expect(outputsOf(session, session.at - 1)).toEqual(['blocks.0.attn.hook_k']);
      session.edit({ at, op: 'zero' });
      await session.finish();
      expect([await values(beforeEdit(at, 2)), await values(beforeEdit(at, 3)), await values(at)]).toEqual(
        [1, 4, 0].map((value) => new Set([value])),
      );
      const reads = (output: string) =>
        Object.values(session.program.steps.find(({ outputs }) => Object.values(outputs).includes(output))!.inputs);
      expect(reads('blocks.0.attn.hook_q')).toContain(beforeEdit(at));
      expect(reads('blocks.0.attn.hook_k')).toContain(beforeEdit(at, 3));
      expect(reads('blocks.0.attn.hook_v')).toContain(at);
      await agrees(model, session.trace);
      session.dispose();
    });
  });

  test.each([{}, { normalization_type: 'LNPre' as const, attn_only: true }])(
    'at random, in %j: each step stays within its bound, and no earlier value changes',
    async (change) => {
      await withModel(async (model) => {
        const next = random(11);
        const below = (n: number) => Math.floor(next() * n);
        let all = 0;
        for (let round = 0; round < 12; round++) {
          const session = await model.debug(prompt);
          const seen: { trace: Trace; name: string; bits: Uint32Array }[] = [];
          let made = 0;
          while (!session.done) {
            for (let n = below(4); n > 0; n--) {
              const names = Object.keys(session.program.tensors).filter((name) => /hook_[a-z_]+$/.test(name));
              const near = outputsOf(session, Math.max(0, session.at - 1))[0]!.replace(/:.*/, '');
              const at = next() < 0.5 ? near : names[below(names.length)]!;
              const edit = [{ at, op: 'scale', by: 1.5 } as const, { at, op: 'add', value: 0.25 } as const][below(2)]!;
              const { program } = session;
              try {
                session.edit(edit);
                made++;
              } catch (error) {
                expect((error as FluoroscopeError).code, String(error)).toBe('edit-invalid');
                expect(session.program).toBe(program);
              }
            }
            await session.step(1 + below(6));
            const { trace } = session;
            const name = trace.names[below(trace.names.length)]!;
            seen.push({ trace, name, bits: await bitsOf(trace, name) });
          }
          expect(session.trace.edits.length).toBe(made);
          all += made;
          for (const { trace, name, bits } of seen) expect(await bitsOf(trace, name), name).toEqual(bits);
          await agrees(model, session.trace);
          session.dispose();
        }
        expect(all).toBeGreaterThan(20);
      }, change);
    },
  );

  test('that nothing can read any more are refused, and nothing changes', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      await session.runTo('blocks.0.ln1.hook_out');
      const { program, at } = session;
      const norm = program.steps[at - 1]!;
      expect(norm.kernel).toBe('layernorm');
      for (const [edit, code, sentence] of [
        [
          { at: 'blocks.0.ln1.hook_scale', op: 'zero' },
          'edit-invalid',
          `The edit "zero" at blocks.0.ln1.hook_scale: no step after step ${at - 1} layernorm reads it, and that one has run. Make the edit at a stop before it, or edit what it wrote.`,
        ],
        [{ at: 'hook_pos_embed', op: 'scale', by: 2 }, 'edit-invalid', 'no step after step 2 add reads it'],
        [{ at: 'blocks.0.attn.hook_result', op: 'zero' }, 'edit-invalid', 'the pass itself never holds it'],
        [{ at: 'blocks.0.attn.hook_y', op: 'zero' }, 'tensor-unknown', 'Near it: blocks.0.attn.hook_'],
        [{ at: 'blocks.0.attn.hook_z', slice: { head: 3 }, op: 'zero' }, 'slice-invalid', 'head 3 is outside'],
      ] as const satisfies readonly (readonly [Edit, string, string])[]) {
        expect(() => session.edit(edit)).toThrow(
          expect.objectContaining({ code, message: expect.stringContaining(sentence) }),
        );
      }
      expect(session.program).toBe(program);
      await session.continue();
      expect(() => session.edit({ at: logits, op: 'zero' })).toThrow('reads it, and that one has run');
      expect(session.trace.edits).toEqual([]);
      session.dispose();
    });
  });
});

describe('refusals', () => {
  test.each<[BreakpointSpec, string, string]>([
    [
      { at: 'blocks.0.attn.hook_patern' },
      'tensor-unknown',
      'This program has no tensor named blocks.0.attn.hook_patern. Near it: blocks.0.attn.hook_pattern',
    ],
    [
      { at: '*.hook_patern' },
      'tensor-unknown',
      '*.hook_patern matches no tensor of this program. Near it: blocks.0.attn',
    ],
    [{ at: 'blocks.0.mlp.W_in' }, 'tensor-unknown', 'is a weight'],
    [{ at: -1 }, 'breakpoint-invalid', 'there is no step -1: this program has the steps 0 to '],
    [{ at: 1.5 }, 'breakpoint-invalid', 'there is no step 1.5'],
    [{ at: 0, when: 'during' as 'after' }, 'breakpoint-invalid', 'when is "during", expected "before" or "after"'],
    [
      { at: 'blocks.0.attn.hook_result' },
      'breakpoint-invalid',
      'the pass never holds blocks.0.attn.hook_result: it is derived from blocks.0.attn.hook_z, where a breakpoint can be.',
    ],
    [{ if: 'any NaN', at: 'hook_embd' }, 'tensor-unknown', 'Near it: hook_embed'],
    [
      { if: 'any Nan or less' },
      'condition-invalid',
      'The condition: got "or", expected the end\n  any Nan or less\n          ^',
    ],
    [{ if: '|x| >> 3' }, 'condition-invalid', 'got ">", expected a number such as 1e4'],
    [{ if: 'row sums' }, 'condition-invalid', 'got the end, expected a relation: one of <, <=, >, >=, ==, !='],
    [
      { if: 5 as unknown as string },
      'condition-invalid',
      'The condition is 5, expected a text such as "any NaN" or "|x| > 1e4", or a predicate.',
    ],
    [{ if: null as unknown as string }, 'condition-invalid', 'The condition is null, expected a text'],
    [{ if: undefined as unknown as string, at: logits }, 'condition-invalid', 'The condition is undefined'],
    [{ if: ['any NaN'] as unknown as string }, 'condition-invalid', 'The condition is an array'],
    [
      { if: 'any NaN', at: 3 as unknown as string },
      'breakpoint-invalid',
      'A session cannot stop there: with a condition, at is 3, expected the name of what the condition is asked of',
    ],
    [5 as unknown as BreakpointSpec, 'breakpoint-invalid', 'the breakpoint is 5, expected an object with at'],
    [{ if: 'y < 3' }, 'condition-invalid', 'got "y", expected "any NaN", "any Inf", a comparison'],
  ])('%j', async (spec, code, sentence) => {
    await withModel(async (model) => {
      const refused = { code, message: expect.stringContaining(sentence) };
      const before = { ...model.counters };
      await expect(model.debug(prompt, { breakpoints: [spec] })).rejects.toMatchObject(refused);
      expect(model.counters).toEqual(before);
      const session = await model.debug(prompt);
      expect(() => session.break(spec)).toThrow(expect.objectContaining(refused));
      expect(session.breakpoints).toEqual([]);
      session.dispose();
    });
  });

  test('what a session cannot do is said', async () => {
    await withModel(async (model) => {
      const session = await model.debug(prompt);
      await session.runTo(5);
      for (const place of [4, 'hook_embed']) {
        await expect(session.runTo(place)).rejects.toMatchObject({
          code: 'breakpoint-invalid',
          message: expect.stringContaining('The session stands before step 5 and cannot go back to '),
        });
      }
      await expect(session.step(0)).rejects.toMatchObject({ code: 'usage' });
      expect(() => session.unbreak(7)).toThrow('There is no breakpoint 7. There are none.');
      expect(() => session.edit(null as never)).toThrow("null is no edit: expected { at, op: 'zero' }");
      const moving = session.step();
      await expect(session.step()).rejects.toMatchObject({ code: 'not-stopped' });
      expect(() => session.edit({ at: logits, op: 'zero' })).toThrow('The session is on its way.');
      expect(await moving).toEqual({ reason: 'step', at: 6, step: 5 });
      session.dispose();
      expect(() => session.trace).toThrow('This debug session was disposed.');
      expect(() => session.break({ at: 7 })).toThrow(expect.objectContaining({ code: 'disposed' }));
      await expect(model.debug([[1, 999]])).rejects.toMatchObject({ code: 'token-invalid' });
      await expect(model.debug(prompt, { edits: 'x' as never })).rejects.toMatchObject({
        code: 'edit-invalid',
        message: 'edits is "x", expected a list such as [{ at, op: \'zero\' }].',
      });
    });
  });

  test('disposed while it applies an edit, it gives its memory back, and the next pass of that shape runs', async () => {
    const device = await testDevice();
    await withModel(async (model) => {
      const whole = await model.run(prompt);
      const retained = model.counters.bytesRetained;
      const session = await model.debug(prompt);
      await session.step(3);
      session.edit({ at: 'blocks.1.hook_resid_mid', op: 'zero' });
      const moving = session.step();
      session.dispose();
      await expect(moving).rejects.toMatchObject({ code: 'disposed' });
      expect(model.counters.bytesRetained).toBe(retained);
      device.pushErrorScope('validation');
      const [again, edited] = [
        await model.run(prompt),
        await model.run(prompt, { edits: [{ at: 'blocks.1.hook_resid_mid', op: 'zero' }] }),
      ];
      expect(await bitsOf(again, logits)).toEqual(await bitsOf(whole, logits));
      expect(await bitsOf(edited, logits)).not.toEqual(await bitsOf(whole, logits));
      expect(await device.popErrorScope()).toBeNull();
      for (const trace of [again, edited, whole]) trace.dispose();
    });
  });

  test('without its model it goes nowhere: at a stop, and between two stops of one move', async () => {
    const device = await testDevice();
    for (const moving of [false, true]) {
      const model = await loadModel(tinyModel(), { device });
      const { bytesRetained } = model.counters;
      const session = await model.debug(prompt);
      await session.step(2);
      if (moving) {
        const gone = () => {
          model.dispose();
          return false;
        };
        session.break({ if: gone, at: 'blocks.0.attn.hook_z' });
        session.break({ if: 'any NaN' });
      } else model.dispose();
      const disposed = { code: 'disposed', message: 'This model was disposed. Load it again.' };
      const { submits } = model.counters;
      await expect(session.continue()).rejects.toMatchObject(disposed);
      if (!moving) expect(model.counters.submits).toBe(submits);
      await expect(session.step()).rejects.toMatchObject(disposed);
      await expect(session.runTo(session.at)).rejects.toMatchObject(disposed);
      await expect(session.finish()).rejects.toMatchObject(disposed);
      expect(() => session.edit({ at: logits, op: 'zero' })).toThrow(expect.objectContaining(disposed));
      expect(session.done).toBe(false);
      session.dispose();
      expect(model.counters.bytesRetained).toBe(bytesRetained);
    }
  });

  test('a device that is lost at a breakpoint ends the session with a sentence', async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter!.requestDevice({ label: 'to be lost' });
    const model = await loadModel(tinyModel(), { device });
    const session = await model.debug(prompt, { breakpoints: [{ at: 'blocks.0.attn.hook_z' }, { if: 'any NaN' }] });
    const stop = await session.continue();
    expect(stop).toMatchObject({ reason: 'breakpoint', tensor: 'blocks.0.attn.hook_z' });
    device.destroy();
    for (const act of [
      () => session.step(),
      () => session.continue(),
      () => session.finish(),
      () => session.trace.read('blocks.0.attn.hook_z'),
    ]) {
      await expect(act()).rejects.toMatchObject({
        code: 'device-lost',
        message: expect.stringMatching(/^The GPU device was lost \(.+\)\. Load the model again to get a new one\.$/),
      });
    }
    expect(session.at).toBe(stop.at);
    session.dispose();
    model.dispose();
  });
});

/** Every step within its bound, and the logits near the same program in float64. */
async function agrees(model: Model, trace: Trace): Promise<void> {
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  const { program, tokens } = trace;
  const given = new Map<string, ArrayLike<number>>([['tokens', tokens.flat()]]);
  for (const [name, { role, axes, stored = axes }] of Object.entries(program.tensors)) {
    if (role === 'input' && name !== 'tokens') given.set(name, (await trace.read(name)).data);
    if (role === 'weight') given.set(name, permute(await model.weight(name), stored).data);
  }
  const exact = runFloat64({ ...program, derived: [] }, (name) => given.get(name)!).get(logits)!;
  const { data } = await trace.read(logits);
  const scale = Math.max(...exact.map(Math.abs));
  const far = data.findIndex((value, i) => !(Math.abs(value - exact[i]!) <= 2e-5 * scale));
  expect(far, `${data[far]} and ${exact[far]}`).toBe(-1);
}

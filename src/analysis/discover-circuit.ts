/**
 * Runs of a circuit: the network in which each reader gets, from each writer, what that computes in the circuit or not.
 */
import type { Edit } from '../program/edits';
import type { Layout, TensorData } from '../tensor/layout';
import { type Metric, mean, measure } from './metrics';
import {
  after,
  allReceivers,
  allSenders,
  describeComponent,
  type Receiver,
  type Sender,
} from './path-patching-components';
import type { RunnableModel } from './runnable';
import { type BatchOptions, runBatches, type Wanted } from './sweep-batches';
import { range, sliced } from './sweep-patching';

/** The edges that a circuit lacks, as `sender → receiver`. */
export type Removed = ReadonlySet<string>;

export const edgeName = (sender: Sender, receiver: Receiver): string =>
  `${describeComponent(sender)} → ${describeComponent(receiver)}`;

/** All that is measured of a circuit's logits, in the order of the metrics. */
export type Outcome = readonly number[];

/** What a component puts out, by the inputs that it got. */
interface Output {
  /** Tells the outputs of one sender apart; 0 is the clean run's. */
  readonly id: number;
  /** Its difference to the clean run's [prompt, pos, model]. */
  readonly delta: Float64Array;
}

interface Projections {
  readonly q: TensorData;
  readonly k: TensorData;
  readonly v: TensorData;
}

/** Outputs that no circuit of this many evaluations has asked for are forgotten. */
const KEPT_FOR = 6;

/** Answers by key, from memory where it knows them: circuits that are tried in turn share most of what they compute. */
class Memory<T> {
  readonly #entries = new Map<string, { value: T; used: number }>();
  #clock = 0;

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry) entry.used = this.#clock;
    return entry?.value;
  }

  set(key: string, value: T): void {
    this.#entries.set(key, { value, used: this.#clock });
  }

  tick(): void {
    this.#clock++;
    for (const [key, { used }] of this.#entries) if (used < this.#clock - KEPT_FOR) this.#entries.delete(key);
  }
}

type Prompts = readonly (readonly number[])[];

/**
 * A reader's input is the clean run's residual stream plus, for every writer before it, how much that writer's output
 * differs from the clean one: in the circuit along a kept edge, in the corrupted run along a removed one. Summed in
 * float64. Layer by layer all readers' inputs are set in batches and what they compute is read, so each number comes
 * out of the model's own kernels. With no edge removed the logits are the clean ones, bit for bit.
 */
export class CircuitRunner {
  readonly senders: readonly Sender[];
  readonly receivers: readonly Receiver[];
  readonly #corrupted = new Map<string, Output>();
  readonly #streams = new Map<string, TensorData>();
  readonly #results = new Map<string, TensorData>();
  readonly #outputs = new Memory<Output>();
  readonly #projections = new Memory<Projections>();
  readonly #outcomes = new Memory<Outcome>();
  #ids = 1;

  private constructor(
    readonly model: RunnableModel,
    readonly prompts: Prompts,
    readonly metrics: readonly Metric[],
    readonly options: BatchOptions,
  ) {
    this.senders = allSenders(model);
    this.receivers = allReceivers(model);
  }

  /** Runs both prompts. @throws as `model.run` */
  static async create(
    model: RunnableModel,
    clean: Prompts,
    corrupted: Prompts,
    metrics: readonly Metric[],
    options: BatchOptions,
  ): Promise<CircuitRunner> {
    const runner = new CircuitRunner(model, clean, metrics, options);
    const other = new CircuitRunner(model, corrupted, metrics, options);
    for (const each of [runner, other]) await each.#readWhole();
    for (const sender of runner.senders) {
      const delta = difference(other.#written(sender), runner.#written(sender));
      runner.#corrupted.set(describeComponent(sender), { id: delta.every((x) => x === 0) ? 0 : runner.#ids++, delta });
    }
    return runner;
  }

  /** The metrics, means over the prompts, of each circuit. */
  async evaluate(circuits: readonly Removed[]): Promise<Outcome[]> {
    for (const memory of [this.#outputs, this.#projections, this.#outcomes]) memory.tick();
    const states = circuits.map((removed) => ({ removed, written: new Map<string, Output>() }));
    for (const { written } of states) written.set('embed', this.#cleanOutput({ kind: 'embed' }));
    for (const layer of range(this.model.config.n_layers)) {
      await this.#heads(layer, states);
      if (!this.model.config.attn_only) await this.#mlp(layer, states);
    }
    const views = states.map((state) => this.#view({ kind: 'final' }, state));
    const missing = unique(views).filter(({ key }) => !this.#outcomes.get(key));
    const at = this.#lastStream;
    await this.#batches(
      missing.map((view) => [set(at, view.stream())]),
      {},
      async (trace, first, count) => {
        const each = this.prompts.length;
        const found = await Promise.all(
          this.metrics.map((metric) => measure(metric, trace, each, (entry) => `a circuit, prompt ${entry % each}`)),
        );
        for (let c = 0; c < count; c++) {
          const own = found.map((values) => mean(values.subarray(c * each, (c + 1) * each)));
          this.#outcomes.set(missing[first + c]!.key, own);
        }
      },
    );
    return views.map(({ key }) => this.#outcomes.get(key)!);
  }

  async #readWhole(): Promise<void> {
    const { model, prompts } = this;
    const { n_layers, attn_only } = model.config;
    const layers = range(n_layers).map((layer) => `blocks.${layer}`);
    const streams = layers.flatMap((block) => [
      `${block}.hook_resid_pre`,
      ...(attn_only ? [] : [`${block}.hook_resid_mid`]),
    ]);
    const results = layers.flatMap((block) => [
      `${block}.attn.hook_result`,
      ...(attn_only ? [] : [`${block}.hook_mlp_out`]),
    ]);
    const trace = await model.run(prompts, { retain: [...streams, ...results, this.#lastStream] });
    for (const name of [...streams, this.#lastStream]) this.#streams.set(name, await trace.read(name));
    for (const name of results) this.#results.set(name, await trace.read(name));
    trace.dispose();
  }

  async #heads(layer: number, states: readonly State[]): Promise<void> {
    const heads = range(this.model.config.n_heads);
    const jobs = new Map<string, { head: number; views: View[] }>();
    const wanted = states.flatMap((state) =>
      heads.map((head) => {
        const views = (['q', 'k', 'v'] as const).map((input) =>
          this.#view({ kind: 'head', layer, head, input }, state),
        );
        const key = `${layer}.${head}: ${views.map((view) => view.key).join(' / ')}`;
        if (views.every((view) => view.clean)) this.#outputs.set(key, this.#cleanOutput({ kind: 'head', layer, head }));
        if (!this.#outputs.get(key)) jobs.set(key, { head, views });
        return { state, head, key };
      }),
    );
    await this.#project(layer, unique([...jobs.values()].flatMap(({ views }) => views)));

    // Each copy has room for one job of each head.
    const queues = heads.map((own) => [...jobs].filter(([, { head }]) => head === own));
    const names = (['q', 'k', 'v'] as const).map((input) => `blocks.${layer}.attn.hook_${input}`);
    const copies = range(Math.max(0, ...queues.map((queue) => queue.length))).map((i) =>
      queues.map((queue) => queue[i]),
    );
    const edits = copies.map((copy) => [
      ...names.map((at): Edit => ({ at, op: 'zero' })),
      ...copy.flatMap((job): Edit[] => {
        if (!job) return [];
        const [, { head, views }] = job;
        return (['q', 'k', 'v'] as const).map((input, i) => {
          const value = sliced(this.#projections.get(`${layer}: ${views[i]!.key}`)![input], { head });
          return { at: names[i]!, op: 'set', slice: { head }, value };
        });
      }),
    ]);
    const output = `blocks.${layer}.attn.hook_result`;
    await this.#batches(edits, { output }, async (trace, first, count) => {
      const value = await trace.read(output);
      for (let c = 0; c < count; c++) {
        for (const job of copies[first + c]!) {
          if (!job) continue;
          const [key, { head }] = job;
          const own = sliced(value, { batch: this.#entries(c), head });
          const delta = difference(own, this.#written({ kind: 'head', layer, head }));
          this.#outputs.set(key, { id: this.#ids++, delta });
        }
      }
    });
    for (const { state, head, key } of wanted) state.written.set(`${layer}.${head}`, this.#outputs.get(key)!);
  }

  /** What each view's queries, keys and values are, for all heads of the layer. */
  async #project(layer: number, views: readonly View[]): Promise<void> {
    const missing = views.filter(({ key }) => !this.#projections.get(`${layer}: ${key}`));
    const at = `blocks.${layer}.hook_resid_pre`;
    const names = (['q', 'k', 'v'] as const).map((input) => `blocks.${layer}.attn.hook_${input}`);
    const wanted = { retain: names, output: names[0]! };
    await this.#batches(
      missing.map((view) => [set(at, view.stream())]),
      wanted,
      async (trace, first, count) => {
        const values = await Promise.all(names.map((name) => trace.read(name)));
        for (let c = 0; c < count; c++) {
          const [q, k, v] = values.map((value) => sliced(value, { batch: this.#entries(c) }));
          this.#projections.set(`${layer}: ${missing[first + c]!.key}`, { q: q!, k: k!, v: v! });
        }
      },
    );
  }

  async #mlp(layer: number, states: readonly State[]): Promise<void> {
    const mlp = { kind: 'mlp', layer } as const;
    const views = states.map((state) => this.#view(mlp, state));
    const keyOf = ({ key }: View) => `mlp ${layer}: ${key}`;
    for (const view of views) if (view.clean) this.#outputs.set(keyOf(view), this.#cleanOutput(mlp));
    const missing = unique(views).filter((view) => !this.#outputs.get(keyOf(view)));
    const at = `blocks.${layer}.hook_resid_mid`;
    const output = `blocks.${layer}.hook_mlp_out`;
    await this.#batches(
      missing.map((view) => [set(at, view.stream())]),
      { output },
      async (trace, first, count) => {
        const value = await trace.read(output);
        for (let c = 0; c < count; c++) {
          const delta = difference(sliced(value, { batch: this.#entries(c) }), this.#written(mlp));
          this.#outputs.set(keyOf(missing[first + c]!), { id: this.#ids++, delta });
        }
      },
    );
    for (const [i, { written }] of states.entries()) written.set(`mlp ${layer}`, this.#outputs.get(keyOf(views[i]!))!);
  }

  /** What a receiver reads in a circuit whose earlier senders have written. */
  #view(receiver: Receiver, { removed, written }: State): View {
    const parts = this.senders
      .filter((sender) => after(receiver, sender))
      .map((sender) => {
        const name = describeComponent(sender);
        return {
          name,
          output: removed.has(edgeName(sender, receiver)) ? this.#corrupted.get(name)! : written.get(name)!,
        };
      })
      .filter(({ output }) => output.id !== 0);
    const clean = this.#streams.get(
      receiver.kind === 'final'
        ? this.#lastStream
        : `blocks.${receiver.layer}.${receiver.kind === 'mlp' ? 'hook_resid_mid' : 'hook_resid_pre'}`,
    )!;
    return {
      key: parts.map(({ name, output }) => `${name}#${output.id}`).join(', '),
      clean: parts.length === 0,
      stream: () => {
        const sum = Float64Array.from(clean.data);
        for (const { output } of parts) for (let i = 0; i < sum.length; i++) sum[i]! += output.delta[i]!;
        return { axes: clean.axes, shape: clean.shape, data: Float32Array.from(sum) };
      },
    };
  }

  /** What a sender writes in the clean run, without b_O, [prompt, pos, model]. */
  #written(sender: Sender): TensorData {
    if (sender.kind === 'embed') return this.#streams.get('blocks.0.hook_resid_pre')!;
    if (sender.kind === 'mlp') return this.#results.get(`blocks.${sender.layer}.hook_mlp_out`)!;
    return sliced(this.#results.get(`blocks.${sender.layer}.attn.hook_result`)!, { head: sender.head });
  }

  #cleanOutput(sender: Sender): Output {
    return { id: 0, delta: new Float64Array(this.#written(sender).data.length) };
  }

  get #lastStream(): string {
    return `blocks.${this.model.config.n_layers - 1}.hook_resid_post`;
  }

  #entries(copy: number): [number, number] {
    return [copy * this.prompts.length, (copy + 1) * this.prompts.length];
  }

  async #batches(
    copies: readonly (readonly Edit[])[],
    wanted: Wanted,
    use: Parameters<typeof runBatches>[4],
  ): Promise<void> {
    const { budget } = this.options;
    await runBatches(this.model, this.prompts, copies, { ...wanted, ...(budget && { budget }) }, use);
  }
}

interface State {
  readonly removed: Removed;
  readonly written: Map<string, Output>;
}

/** A receiver's input. Two with one key, at one place, are equal. */
interface View {
  readonly key: string;
  readonly clean: boolean;
  stream(): Layout & { readonly data: Float32Array };
}

function set(at: string, value: TensorData): Edit {
  return { at, op: 'set', value };
}

function unique(views: readonly View[]): View[] {
  return [...new Map(views.map((view) => [view.key, view])).values()];
}

function difference(a: TensorData, b: TensorData): Float64Array {
  return Float64Array.from(a.data, (value, i) => value - b.data[i]!);
}

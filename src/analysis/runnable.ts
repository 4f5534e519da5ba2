import type { Edit } from '../program/edits';
import type { Shared } from '../program/narrow';
import type { ForwardProgram } from '../program/program';
import type { Retain } from '../program/retain';
import type { TensorData } from '../tensor/layout';
import type { Trace } from '../trace/trace';

/** Text, one list of token ids, or a batch of lists of equal length. */
export type Prompt = string | readonly number[] | readonly (readonly number[])[];

/** What the analyses need of a model: sizes, weights by their TransformerLens names, runs with edits. `Model` has it. */
export interface RunnableModel {
  readonly name: string;
  /** SHA-256 of the weights, in hexadecimal. */
  readonly weightsHash: string;
  readonly config: {
    readonly n_layers: number;
    readonly n_heads: number;
    readonly d_model: number;
    readonly d_head: number;
    readonly d_mlp: number;
    readonly d_vocab: number;
    readonly d_vocab_out: number;
    readonly n_ctx: number;
    readonly normalization_type: 'LN' | 'LNPre' | null;
    readonly attn_only: boolean;
    readonly attention_dir: 'causal' | 'bidirectional';
  };
  readonly tokenizer: { encode(text: string): number[]; token(id: number): string } | null;
  program(batch: number, pos: number): ForwardProgram;
  run(
    prompt: Prompt,
    options?: {
      readonly retain?: Retain;
      readonly edits?: readonly Edit[];
      readonly output?: string;
      readonly positions?: readonly number[];
      readonly shared?: readonly Shared[];
      /** An earlier pass to go on from, by a model that can. */
      readonly reuse?: Trace;
    },
  ): Promise<Trace>;
  /** A weight in the order of its named axes. */
  weight(name: string): Promise<TensorData>;
}

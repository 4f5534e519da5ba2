/** What GPT-2 small needs of the GPU's memory beside its weights, counted from the plan of its pass. */
import { transformer } from '../src/model/transformer';
import { weightTable } from '../src/model/weight-table';
import { fuse } from '../src/program/fuse';
import type { ForwardProgram } from '../src/program/program';
import { passMemory } from '../src/run/memory';
import { type VariantChoice, withVariants } from '../src/run/variants';

export interface MemoryReport {
  readonly tokens: number;
  /** In bytes. */
  readonly checkpoints: number;
  readonly all: number;
}

const GPT2 = {
  n_layers: 12,
  n_heads: 12,
  d_model: 768,
  d_head: 64,
  d_mlp: 3072,
  d_vocab: 50257,
  d_vocab_out: 50257,
  n_ctx: 1024,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attn_only: false,
  attention_dir: 'causal',
  eps: 1e-5,
} as const;

/** GPT-2 small's pass over a full context. @param choice the shaders that run here */
export function gpt2Program(choice: VariantChoice): ForwardProgram {
  return fuse(withVariants(transformer(GPT2, weightTable(GPT2, true, 2 ** 28), 1, GPT2.n_ctx), choice));
}

/** @param choice the shaders that run here */
export function gpt2Memory(choice: VariantChoice): MemoryReport {
  const program = gpt2Program(choice);
  const bytes = (retain: 'all' | 'checkpoints') => passMemory(program, retain, choice).bytes;
  return { tokens: program.pos, checkpoints: bytes('checkpoints'), all: bytes('all') };
}

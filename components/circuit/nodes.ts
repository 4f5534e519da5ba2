/** The heads and MLPs of a program, with the embedding before and the logits after them. */
import type { ForwardProgram } from '../../src/index';

export interface NodeName {
  /** `embed`, `0.3`, `mlp 2`, `final` */
  readonly id: string;
  readonly kind: 'embed' | 'head' | 'mlp' | 'final';
  /** null for the embedding and the logits. */
  readonly layer: number | null;
  readonly head: number | null;
}

/** Several times as many as the largest models have: a recorded program may say anything. */
const MOST = 2 ** 14;

/** In the order in which they write. */
export function nodesOf({ tensors }: ForwardProgram): NodeName[] {
  const nodes: NodeName[] = [{ id: 'embed', kind: 'embed', layer: null, head: null }];
  for (let layer = 0; nodes.length < MOST; layer++) {
    const z = Object.hasOwn(tensors, `blocks.${layer}.attn.hook_z`)
      ? tensors[`blocks.${layer}.attn.hook_z`]
      : undefined;
    if (!z) break;
    const heads = Math.min(z.shape[z.axes.indexOf('head')] ?? 0, MOST);
    for (let head = 0; head < heads; head++) nodes.push({ id: `${layer}.${head}`, kind: 'head', layer, head });
    if (Object.hasOwn(tensors, `blocks.${layer}.hook_mlp_out`)) {
      nodes.push({ id: `mlp ${layer}`, kind: 'mlp', layer, head: null });
    }
  }
  return [...nodes, { id: 'final', kind: 'final', layer: null, head: null }];
}

/** The node that an edge goes to, and by which input of a head. */
export function endOf(to: string): { readonly node: string; readonly input: 'q' | 'k' | 'v' | null } {
  const [, node, input] = /^(\d+\.\d+)\.([qkv])$/.exec(to) ?? [];
  return node === undefined ? { node: to, input: null } : { node, input: input as 'q' | 'k' | 'v' };
}

/** In words: `head 1.0`, `MLP 2`, `the embedding`, `the logits`. */
export function inWords(name: string): string {
  const { node, input } = endOf(name);
  if (node === 'embed') return 'the embedding';
  if (node === 'final') return 'the logits';
  if (node.startsWith('mlp ')) return `MLP ${node.slice(4)}`;
  const what = { q: 'queries', k: 'keys', v: 'values' };
  return input ? `the ${what[input]} of head ${node}` : `head ${node}`;
}

/** What writes to and what reads from the residual stream, and in which order. */
import { FluoroscopeError } from '../errors';
import { headOf, layerOf, neuronLayerOf } from './ranges';
import type { RunnableModel } from './runnable';
import { range } from './sweep-patching';

/** What writes to the residual stream: a head, an MLP, or the embedding with the positions. */
export type Sender =
  | { readonly kind: 'embed' }
  | { readonly kind: 'head'; readonly layer: number; readonly head: number }
  | { readonly kind: 'mlp'; readonly layer: number };

/** What reads the residual stream: a head's queries, keys or values, an MLP, or the unembedding. */
export type Receiver =
  | { readonly kind: 'head'; readonly layer: number; readonly head: number; readonly input: 'q' | 'k' | 'v' }
  | { readonly kind: 'mlp'; readonly layer: number }
  | { readonly kind: 'final' };

/** `1.0.k`, `0.3`, `mlp 2`, `embed`, `final` */
export function describeComponent(component: Sender | Receiver): string {
  if (component.kind === 'head') {
    const { layer, head } = component;
    return 'input' in component ? `${layer}.${head}.${component.input}` : `${layer}.${head}`;
  }
  return component.kind === 'mlp' ? `mlp ${component.layer}` : component.kind;
}

/** All heads, MLPs and the embedding, in the order in which they write. */
export function allSenders({ config }: RunnableModel): Sender[] {
  const layers = range(config.n_layers).flatMap((layer): Sender[] => [
    ...range(config.n_heads).map((head): Sender => ({ kind: 'head', layer, head })),
    ...(config.attn_only ? [] : [{ kind: 'mlp', layer } as const]),
  ]);
  return [{ kind: 'embed' }, ...layers];
}

/** Every head's q, k and v, every MLP and the unembedding, in the order in which they read. */
export function allReceivers({ config }: RunnableModel): Receiver[] {
  const inputs = ['q', 'k', 'v'] as const;
  const layers = range(config.n_layers).flatMap((layer): Receiver[] => [
    ...range(config.n_heads).flatMap((head) => inputs.map((input): Receiver => ({ kind: 'head', layer, head, input }))),
    ...(config.attn_only ? [] : [{ kind: 'mlp', layer } as const]),
  ]);
  return [...layers, { kind: 'final' }];
}

/** Whether what the sender writes is there when the receiver reads. */
export function after(receiver: Receiver, sender: Sender): boolean {
  return timeOf(receiver) > timeOf(sender);
}

/** A layer's heads read at 2·layer and write just after, its MLP one later. */
function timeOf(component: Sender | Receiver): number {
  if (component.kind === 'embed') return -1;
  if (component.kind === 'final') return Infinity;
  const write = 'input' in component ? 0 : 0.5;
  if (component.kind === 'head') return 2 * component.layer + write;
  return 2 * component.layer + 1;
}

/** @throws `slice-invalid`; `analysis-invalid` for an MLP of an attention-only model */
export function checkComponent(model: RunnableModel, component: Sender | Receiver): void {
  if (component.kind === 'head') {
    layerOf(model, component.layer);
    headOf(model, component.head);
  } else if (component.kind === 'mlp') neuronLayerOf(model, component.layer);
}

/**
 * A sender by its name, as `describeComponent` writes it; the blank in `mlp 2` may be missing.
 *
 * @throws `analysis-invalid`
 */
export function senderNamed(text: string): Sender {
  const [, layer, head] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (head !== undefined) return { kind: 'head', layer: Number(layer), head: Number(head) };
  const mlp = mlpNamed(text);
  if (mlp) return mlp;
  if (text === 'embed') return { kind: 'embed' };
  throw unknown(text, 'a sender', 'embed, a head such as 0.3, or an MLP such as mlp2');
}

/**
 * A receiver by its name, as `describeComponent` writes it; the blank in `mlp 2` may be missing.
 *
 * @throws `analysis-invalid`
 */
export function receiverNamed(text: string): Receiver {
  const [, layer, head, input] = /^(\d+)\.(\d+)\.([qkv])$/.exec(text) ?? [];
  if (input !== undefined) {
    return { kind: 'head', layer: Number(layer), head: Number(head), input: input as 'q' | 'k' | 'v' };
  }
  const mlp = mlpNamed(text);
  if (mlp) return mlp;
  if (text === 'final') return { kind: 'final' };
  throw unknown(text, 'a receiver', "a head's input such as 1.0.k (q, k or v), an MLP such as mlp2, or final");
}

function mlpNamed(text: string): { readonly kind: 'mlp'; readonly layer: number } | undefined {
  const [, layer] = /^mlp ?(\d+)$/.exec(text) ?? [];
  return layer === undefined ? undefined : { kind: 'mlp', layer: Number(layer) };
}

function unknown(text: string, what: string, expected: string): FluoroscopeError {
  return new FluoroscopeError('analysis-invalid', `${JSON.stringify(text)} is not ${what}: give ${expected}.`);
}

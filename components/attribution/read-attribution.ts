import type { Part, Trace } from '../../src/index';
import { attributeLogit, tokenId } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { PageModel } from '../shared/run-context';
import { readNextTokens } from '../tokens/next-tokens';
import type { AttributionData, AttributionQuestion, Bar, Chosen } from './attribution-data';
import { byLargest } from './attribution-data';
import { typedToken } from './typed-token';

/** @throws as `attributeLogit`; a token that is none is no error but a `problem` */
export async function readAttribution(
  model: PageModel,
  trace: Trace,
  asked: AttributionQuestion,
): Promise<AttributionData> {
  const { pos, top } = asked;
  const mlps = model.config.attn_only ? [] : Array.from({ length: model.config.n_layers }, (_, layer) => layer);
  const neurons = mlps.find((layer) => layer === asked.neurons) ?? null;
  const text = (id: number) => model.tokenizer?.token(id) ?? String(id);
  const likely = (await readNextTokens(trace, pos, 8)).map((token) => ({ ...token, text: text(token.id) }));
  const [token, minus] = [chosen(model, asked.token), chosen(model, asked.minus)];
  const id = token.id ?? likely[0]?.id ?? 0;
  const { parts, prompts } = await attributeLogit(model, trace, {
    token: id,
    pos,
    ...(minus.id !== null && { minus: minus.id }),
    ...(neurons !== null && { neurons: [neurons] }),
  });
  const { values, sum, logit, gap, bound } = prompts[0]!;
  const bars = parts.map((part, i) => ({ ...part, label: labelOf(part), value: values[i]! }));
  return {
    ...{ labels: trace.labels[0]!, pos, likely, mlps, neurons, minus, sum, logit, gap, bound },
    token: { ...token, id, text: text(id) },
    bars: withLargest(bars, top),
    count: parts.length,
  };
}

function chosen(model: PageModel, typed: string): Chosen {
  if (typed === '') return { id: null, text: '', problem: null };
  try {
    const id = tokenId(model, typedToken(typed), 'output');
    return { id, text: model.tokenizer?.token(id) ?? String(id), problem: null };
  } catch (error) {
    if (!(error instanceof FluoroscopeError)) throw error;
    return { id: null, text: '', problem: error.message };
  }
}

/** The neurons that contribute most, either way, in their order, and all others of the layer as one. */
function withLargest(bars: readonly Bar[], top: number): Bar[] {
  const neurons = bars.filter(({ kind }) => kind === 'neuron');
  const shown = new Set([...neurons].sort(byLargest).slice(0, top));
  const others = neurons.filter((bar) => !shown.has(bar));
  if (others.length === 0) return [...bars];
  const { layer } = others[0]!;
  const rest: Bar = {
    name: `the other ${others.length} of blocks.${layer}.mlp.neuron`,
    kind: 'rest',
    label: 'other neurons',
    ...(layer !== undefined && { layer }),
    value: others.reduce((sum, { value }) => sum + value, 0),
  };
  const dropped = new Set(others);
  const kept = bars.filter((bar) => !dropped.has(bar));
  return kept.toSpliced(kept.findLastIndex(({ kind }) => kind === 'neuron') + 1, 0, rest);
}

function labelOf({ name, kind, layer, head, neuron }: Part): string {
  switch (kind) {
    case 'embed':
      return 'embedding';
    case 'pos_embed':
      return 'position';
    case 'head':
      return `head ${layer}.${head}`;
    case 'mlp':
      return `MLP ${layer}`;
    case 'neuron':
      return `neuron ${layer}.${neuron}`;
    case 'bias':
      return layer === undefined ? name : `${name.split('.').at(-1)} ${layer}`;
    case 'edit':
      return name;
  }
}

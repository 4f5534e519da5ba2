/** What a pass needs beside the weights, by formula: from the shape alone, not from the plan. Bytes. */
import type { Shape } from '../peers/shapes';
import type { Kept } from './report';

/** Numbers that every position has, and that every pair of positions has, of all layers. */
export function numbersOf({ layers, width, heads, vocab }: Pick<Shape, 'layers' | 'width' | 'heads' | 'vocab'>) {
  const norm = 1 + 2 * width; // scale, normalized, out
  // Two norms; q, k, v, z, what attention writes, the stream in the middle; neurons before and after, what they write, the stream.
  const layer = 2 * norm + 6 * width + 2 * 4 * width + 2 * width;
  // Token embedding, position embedding, their sum; the last norm; the logits.
  const ends = 3 * width + norm + vocab;
  return { perPosition: layers * layer + ends, perPair: 2 * heads * layers, streams: (2 * layers + 1) * width };
}

/** One of the parameters of a dispatch takes so much. */
const UNIFORMS = 256;

/**
 * @param dispatches of the pass
 */
export function memoryOf(shape: Shape, kept: Kept, dispatches: number): number {
  const { tokens, width, heads } = shape;
  const { perPosition, perPair, streams } = numbersOf(shape);
  const rest = 4 * tokens + UNIFORMS * dispatches; // token ids, parameters
  if (kept === 'all') return 4 * (tokens * perPosition + tokens ** 2 * perPair) + rest;
  return 4 * tokens * streams + rest + 4 * sharedOf(tokens, width, heads);
}

/**
 * Numbers of the buffers that one layer after another shares: scores and pattern are there together, with queries, keys, values
 * and what the norm left for them; so are neurons before and after. The larger ones hold whatever else fits.
 */
function sharedOf(tokens: number, width: number, heads: number): number {
  const square = heads * tokens ** 2;
  const row = tokens * width;
  return 2 * Math.max(square, 4 * row) + 4 * row;
}

import { type Scan, scanNeurons } from '../../analysis/scan';
import { exampleContext } from '../../analysis/scan-reading';
import { loadModel } from '../../load-model';
import { topIndices } from '../../tensor/top';
import type { RunInfo } from '../../trace/trace';
import type { Task } from '../task';
import type { Example } from './neuron';

/** Neurons that are listed. */
const LISTED = 10;

export interface ScanRequest {
  /** The text. */
  readonly tokens: readonly number[];
  readonly layer: number;
  readonly of: 'hook_pre' | 'hook_post';
  /** Null: 128 or what the context holds. */
  readonly window: number | null;
  readonly prefix: readonly number[];
  /** Examples per neuron. */
  readonly top: number;
  /** An earlier scan file, parsed. */
  readonly from: Scan | null;
  /** Stops after so many further windows; null: at the end of the text. */
  readonly windows: number | null;
}

export interface ScanReport extends RunInfo {
  readonly layer: number;
  readonly of: 'hook_pre' | 'hook_post';
  readonly window: number;
  /** Tokens scanned, of the text's total. */
  readonly done: number;
  readonly total: number;
  readonly complete: boolean;
  readonly neurons: number;
  /** Neurons whose value was never above zero. */
  readonly neverActive: number;
  /** The neurons with the largest values, each with the example. */
  readonly strongest: readonly (Example & { readonly neuron: number })[];
}

/** Scans a text for the examples that activate each neuron of a layer most; the file is the scan as JSON. */
export const scan: Task<ScanRequest, ScanReport> = async ({ device, files, request, report, signal }) => {
  const { tokens, layer, of, window, prefix, top, from, windows } = request;
  const model = await loadModel(files, { device, signal });
  const found = await scanNeurons(model, tokens, {
    layer,
    of,
    prefix,
    top,
    ...(window !== null && { window }),
    ...(windows !== null && { windows }),
    ...(from && { from }),
    signal,
    onProgress: ({ done, total }) => report(`scanned ${done} of ${total} tokens`),
  });
  if (found.done === 0) signal.throwIfAborted();
  const { neurons } = found;
  const best = topIndices(
    neurons.map(({ examples }) => examples[0]?.value ?? Number.NaN),
    LISTED,
  );
  const strongest = best.map((neuron) => {
    const example = neurons[neuron]!.examples[0]!;
    return { neuron, ...example, ...exampleContext(model, tokens, example) };
  });
  const result: ScanReport = {
    model: model.name,
    weightsHash: model.weightsHash,
    adapter: model.adapterName,
    layer: found.layer,
    of: found.of,
    window: found.window,
    done: found.done,
    total: found.total,
    complete: found.done === found.total,
    neurons: neurons.length,
    neverActive: neurons.filter(({ active }) => active === 0).length,
    strongest,
  };
  model.dispose();
  return { result, file: new TextEncoder().encode(JSON.stringify(found)) };
};

/** What it costs to keep every value, and to read one, from a run of `npm run bench` that is kept. */
import measured from '../../bench/measured.json' with { type: 'json' };
import { met } from './markdown';

/** What a pass that keeps every value is meant to take at most, in the time of one that keeps none. */
const KEPT = 1.05;
/** How many dispatches a layer is meant to take at most. */
const DISPATCHES = 9;
/** What a slice is meant to take at most to read. */
const READ_MS = 2;

export function keepingPart(): string {
  const { forward, readback, generate, sweep, date, adapter, runtime } = measured;
  const { model, pos, retainAll, retainNone, medianRatio, submits, dispatchesPerLayer, allocations } = forward;
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return `## What keeping costs

From \`npm run bench\` on ${date} on **${adapter}**, ${runtime}; medians:

- A pass of \`${model}\` over ${pos} tokens takes ${ms(retainNone.medianMs)} where no value is kept and ${ms(retainAll.medianMs)} where all are: ${medianRatio.toFixed(3)} times
  as long, by the median of ${retainAll.rounds} rounds in each of which both run. The aim of ${KEPT} is ${met(medianRatio <= KEPT)}.
- Once it has run, a pass that keeps all is one of ${submits} submit, ${dispatchesPerLayer} dispatches a layer and ${allocations} allocations: the aim of 1, ${DISPATCHES} and 0 is
  ${met(submits === 1 && dispatchesPerLayer <= DISPATCHES && allocations === 0)}. A sweep that has run allocates ${sweep.allocations} buffers.
- Reading a slice of ${readback.bytes / 1024} KiB takes ${ms(readback.medianMs)}. The aim of ${READ_MS} ms is ${met(readback.medianMs <= READ_MS)}.
- A generated token takes ${ms(generate.kept.medianMs)} with keys and values kept, ${ms(generate.whole.medianMs)} without.
- A patch of a sweep (${sweep.what}) takes ${ms(sweep.batched.medianMs)} in batches, ${ms(sweep.oneByOne.medianMs)} in a pass of its own.`;
}

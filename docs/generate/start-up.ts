/** How long a reader waits for the first trace and for the next, from a run of `npm run bench` that is kept. */
import waited from '../../bench/start-up.json' with { type: 'json' };
import { median } from '../../bench/timing';
import { tableText } from './markdown';

/** What the first trace is meant to take at most, on a later visit to `modular-addition`. */
const SOON = 1000;

export function startPart(): string {
  const { date, adapter, runtime, load, visits } = waited;
  const rows = visits.map(({ model, coldMs, ms, keyPressMs }) => {
    const times = [coldMs, Math.min(...ms), median(ms), Math.min(...keyPressMs), median(keyPressMs)];
    return [`\`${model}\``, ...times.map((one) => one.toFixed(0))];
  });
  const aimed = median(visits.find(({ model }) => model === 'modular-addition')!.ms);
  const verdict = `The aim of ${SOON} ms for \`modular-addition\` on a later visit is ${aimed <= SOON ? 'met' : '**missed**'} there`;
  const head = ['', 'first visit', 'later, least ms', 'median ms', 'key press, least ms', 'median ms'];
  return `## How soon

The built start page in Chrome, from asking for its address until the first trace of a live pass is there, and from a key
press in the prompt until the next is. A later visit downloads no model and times no shaders; SwiftShader compiles them
anew, which Chrome does not on a GPU. Shaders compile while the weights arrive, and small models take small ones.

Measured by \`npm run bench\` on ${date} on **${adapter}**, ${runtime}, on two cores on which about ${load} processes were waiting for
their turn, with ${visits[0]!.ms.length} later visits: an idle machine takes less. ${verdict}.

${tableText({ head, rows })}`;
}

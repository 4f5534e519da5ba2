/** How long a reader waits for the first trace and for the next, from a run of `npm run bench` that is kept. */
import measured from '../../bench/measured.json' with { type: 'json' };
import { met, tableText } from './markdown';

/** What the first trace is meant to take at most, on a later visit to `modular-addition`. */
const SOON = 1000;

export function startPart(): string {
  const { date, adapter, runtime, load, startUp } = measured;
  const rows = startUp.map(({ model, coldMs, minMs, medianMs, keyPress }) => {
    const times = [coldMs, minMs, medianMs, keyPress.minMs, keyPress.medianMs];
    return [`\`${model}\``, ...times.map((one) => one.toFixed(0))];
  });
  const aimed = startUp.find(({ model }) => model === 'modular-addition')!;
  const verdict = `The aim of ${SOON} ms for \`modular-addition\` on a later visit is ${met(aimed.medianMs <= SOON)} there`;
  const head = ['', 'first visit', 'later, least ms', 'median ms', 'key press, least ms', 'median ms'];
  return `## How soon

The built start page in Chrome, from asking for its address until the first trace of a live pass is there, and from a key
press in the prompt until the next is. A later visit downloads no model and times no shaders, but it
compiles them. Shaders compile while the weights arrive, and small models take small ones.

Measured by \`npm run bench\` on ${date} on **${adapter}**, ${runtime}, on two cores that had ${load.toFixed(1)} processes to run when it
began, with ${aimed.rounds} later visits. ${verdict}.

${tableText({ head, rows })}`;
}

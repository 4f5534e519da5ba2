/** How long a reader waits for the first trace and for the next, from a run of `npm run bench` that is kept. */
import measured from '../../bench/measured.json' with { type: 'json' };
import type { Waits } from '../../bench/start-up';
import { met, tableText } from './markdown';

/** What the first trace is meant to take at most until it is drawn, on a later visit to `modular-addition`. */
const SOON = 1000;

export function startPart(): string {
  const { date, adapter, runtime, load, startUp } = measured;
  const rows = startUp.flatMap(({ model, cold, later, firstKey, keys, typed }) => [
    [`\`${model}\`, first visit`, '1', '', ms(cold.drawn), '', ms(cold.submitted)],
    row('later visits', later),
    row('their first key press', firstKey),
    row('further key presses', keys),
    ...(typed ? [row('each a token longer', typed)] : []),
  ]);
  const aimed = startUp.find(({ model }) => model === 'modular-addition')!.later.drawn;
  const verdict = `The aim of ${SOON} ms for \`modular-addition\` on a later visit is ${met(aimed.medianMs <= SOON)} there`;
  const head = ['', 'how many', 'drawn, least ms', 'median ms', 'longest ms', 'submitted, median ms'];
  return `## How soon

The built start page in Chrome. *Drawn* is all that a reader waits: until the prompt's tokens, the likeliest next ones and the
heads' patterns have been read from that pass and drawn, and the browser has made the next frame. *Submitted* is the part of it until
the pass is on its way, when none of its values can be read yet.

A visit is timed from asking for the page's address. A later one downloads no model and times no shaders, but compiles them,
while the weights arrive; small models take small ones. Those that the next key press takes are compiled once the first
pass is drawn. The first key press, a second later, takes the prompt's last letter away; further ones type it and take it away again in
turn. Then each makes the prompt a token longer than it was before; that of \`modular-addition\` fills its context.

Measured by \`npm run bench\` on ${date} on **${adapter}**, ${runtime}, on two cores that had ${load.toFixed(1)} processes to run when it
began. ${verdict}.

${tableText({ head, rows })}`;
}

function row(what: string, { drawn, submitted }: Waits): string[] {
  const times = [drawn.minMs, drawn.medianMs, Math.max(...drawn.ms), submitted.medianMs];
  return [what, String(drawn.rounds), ...times.map(ms)];
}

const ms = (value: number) => value.toFixed(0);

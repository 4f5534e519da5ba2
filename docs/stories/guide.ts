/** What the guide says of what the reader has done. It knows no answer beforehand: it measures the pass in the page. */
import { percent } from './answers';
import type { Continuation, HeadLook } from './induction';

/** A head does what it is named after if this much of its attention goes there. */
const MOST = 0.5;
/** A probability has changed if it is another by this share of itself. */
const NOTICED = 0.1;
/** The stripe of an induction head is gone if this much is left of it. */
const GONE = 0.2;

export type Step = 'look' | 'find' | 'silence' | 'control' | 'source';

export interface Seen {
  /** Of the pass without edits. */
  readonly looks: readonly HeadLook[];
  readonly before: Continuation;
  /** With the edits; null where there are none. */
  readonly after: { readonly looks: readonly HeadLook[]; readonly continuation: Continuation } | null;
  /** `1.0` and so on. */
  readonly silenced: readonly string[];
  readonly selected: string | null;
  readonly isLast: boolean;
}

const nameOf = ({ layer, head }: HeadLook) => `${layer}.${head}`;
const share = (value: number) => value.toFixed(2);

/** The steps that what is on screen takes; one that was taken once stays so, which is the caller's to remember. */
export function stepsTaken({ looks, before, after, silenced, selected, isLast }: Seen): Step[] {
  const taken: Step[] = isLast ? ['look'] : [];
  const of = (name: string) => looks.find((look) => nameOf(look) === name);
  if (selected && (of(selected)?.induction ?? 0) >= MOST) taken.push('find');
  if (!after || silenced.length !== 1) return taken;
  const [only] = silenced.map(of);
  if (!only) return taken;
  const change = after.continuation.probability / before.probability - 1;
  if (only.induction >= MOST && change < -NOTICED) taken.push('silence');
  if (only.induction < MOST && only.previous < MOST && Math.abs(change) <= NOTICED) taken.push('control');
  if (only.previous >= MOST && stripes(looks) >= MOST && stripes(after.looks) < GONE) taken.push('source');
  return taken;
}

function stripes(looks: readonly HeadLook[]): number {
  return Math.max(...looks.map(({ induction }) => induction));
}

/** On the head that is selected. */
export function describeHead(look: HeadLook): string {
  const { induction, previous, first } = look;
  const name = `Head ${nameOf(look)}`;
  if (induction >= MOST) {
    return `${name} gives ${share(induction)} of a repeated token's attention to what came after it the last time. That is the stripe you are looking for. It looks as if it copied; whether the answer hangs on it, only an edit can say.`;
  }
  if (previous >= MOST) {
    return `${name} gives ${share(previous)} of its attention to the token before. It has a stripe, but the wrong one: it looks one step back, wherever that is. Remember this head.`;
  }
  if (first >= MOST) {
    return `${name} looks at the first token most, ${share(first)} of the time. Heads that have nothing to find rest there. It is not this one.`;
  }
  return `${name} gives ${share(induction)} to what came after the last time, ${share(previous)} to the token before, ${share(first)} to the first. No stripe here.`;
}

/** On what the edits have done. */
export function describeEdits({ looks, before, after, silenced }: Seen): string {
  if (!after) return '';
  if (silenced.length === 0)
    return 'This edit is another than silencing a whole head. The guide only watches; the figures show what it does.';
  const which = silenced.length === 1 ? `Without head ${silenced[0]}` : `Without heads ${silenced.join(' and ')}`;
  const [old, now] = [before.probability, after.continuation.probability];
  const numbers = `${which} the probability of the continuation goes from ${percent(old)} to ${percent(now)}, and the loss on the repeated part from ${before.loss.toFixed(2)} to ${after.continuation.loss.toFixed(2)} nats.`;
  const change = now / old - 1;
  const [left, was] = [stripes(after.looks), stripes(looks)];
  if (was >= MOST && left < GONE) {
    return `${numbers} And look at the heads: the strongest stripe has gone from ${share(was)} to ${share(left)}. The heads that copy were not touched; they have lost what they find their place by.`;
  }
  if (change < -NOTICED) return `${numbers} The answer hangs on it.`;
  if (change > NOTICED)
    return `${numbers} It got better: this head worked against the answer here. That is a fact about this prompt, and a question about the head.`;
  return `${numbers} Nothing to speak of. That is worth as much as a fall: it says that silencing any head is not what breaks the answer.`;
}

/**
 * The half of `embed` that runs in Chrome's page: it puts the components there over the live model, lets them ask what
 * they ask, and writes the recording that they need. It meets them as elements of the page, by what they say of
 * themselves, and imports none.
 */

import { describeEffect, receipts } from '../../analysis/receipts';
import { FluoroscopeError } from '../../errors';
import { loadModel } from '../../load-model';
import type { Tokenizer } from '../../model/tokenizer';
import type { Recovery } from '../../recover';
import { textAnswers } from '../../trace/text-answers';
import type { RunInfo, Trace } from '../../trace/trace';
import { writeTrace } from '../../trace/write';
import { matchHooks } from '../hooks';
import type { Task } from '../task';

export interface EmbeddedComponent {
  /** `heads` */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface EmbedRequest {
  /** One prompt. */
  readonly tokens: readonly (readonly number[])[];
  /** In the language of `--edit`. */
  readonly edits: readonly string[];
  readonly components: readonly EmbeddedComponent[];
  /** Globs of tensors to record beside those that the components show; none unless given. */
  readonly hooks: readonly string[] | null;
  /** Of the algorithm; null where none is embedded. */
  readonly recovery: Recovery | null;
}

export interface EmbedReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  readonly components: readonly EmbeddedComponent[];
  /** What the recording holds. */
  readonly tensors: readonly string[];
  /** Keys of the model's answers in it. */
  readonly answers: readonly string[];
}

/** As much of `<fluoro-model>` and of a component as is needed here. */
interface ModelElement extends HTMLElement {
  src: string;
  recording: string;
  loading: string;
  edits: readonly string[];
  device: GPUDevice;
  readonly state: string;
  readonly trace: Trace | null;
  readonly clean: Trace | null;
  readonly model: { readonly tokenizer: Tokenizer | null } | null;
  select(change: { readonly pos: number; readonly query: number }): void;
}

interface ComponentElement extends HTMLElement {
  needs(trace: Trace): readonly string[];
  settled(): Promise<void>;
  /** Whether a recording holds what it begins with, and not what it shows at each position. */
  readonly recordsBeginning?: boolean;
  /** Of one that does nothing before it is told to. */
  find?(): Promise<void>;
  /** Of one that shows more passes than the trace's: has the trace hold of them what is shown, and these tensors. */
  record?(tensors: readonly string[]): Promise<void>;
}

export const embed: Task<EmbedRequest, EmbedReport> = async ({ device, files, request, report }) => {
  if (typeof document === 'undefined') {
    throw new FluoroscopeError('usage', 'embed draws its components in a page: leave out --backend dawn.');
  }
  const { tokens, edits, components, hooks, recovery } = request;
  for (const { name } of components) await script(`modules/cdn/${name}.js`);

  report('running the forward pass');
  const own = await loadModel(files, { device });
  const first = await own.run(tokens, { retain: [] });
  const prompt = URL.createObjectURL(new Blob([await writeTrace(first, { hooks: [] })]));
  first.dispose();
  own.dispose();

  const model = document.createElement('fluoro-model') as ModelElement;
  const name = files.name.split('/').findLast((part) => part !== '') ?? 'model';
  const src = `model/${encodeURIComponent(name)}/`;
  Object.assign(model, { src, recording: prompt, loading: 'eager', reference: 'off', edits, device });
  const elements = components.map(({ name, attributes }) => {
    const element = document.createElement(`fluoro-${name}`) as ComponentElement;
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    if (name === 'algorithm') {
      element.removeAttribute('src');
      Object.assign(element, { recovery });
    }
    return element;
  });
  model.append(...elements);
  const trace = await live(model);
  const length = tokens[0]!.length;
  const further = hooks ? matchHooks(trace.program, hooks) : [];
  for (const element of elements.filter(({ recordsBeginning }) => recordsBeginning)) {
    await element.settled();
    refuseEmpty(element);
    element.remove(); // It would follow what is selected for the others.
  }
  for (const element of elements.filter(({ recordsBeginning }) => !recordsBeginning)) {
    report(`asking for ${element.localName.replace('fluoro-', '')}`);
    await element.settled();
    await element.find?.();
    for (let pos = 0; pos < length; pos++) {
      model.select({ pos, query: pos });
      await element.settled();
    }
    refuseEmpty(element);
    await element.record?.(further);
  }
  const tensors = [...new Set([...elements.flatMap((element) => element.needs(trace)), ...further])];
  if (components.some(({ name }) => name === 'tokens')) {
    for (const answer of await textAnswers(trace, model.model!.tokenizer)) trace.answers?.set(...answer);
  }
  if (model.clean) trace.answers?.set('effects?', (await receipts(trace, model.clean)).map(describeEffect));
  const { info, labels, answers = new Map() } = trace;
  report('writing the recording');
  const file = await writeTrace(trace, { hooks: tensors });
  model.remove();
  URL.revokeObjectURL(prompt);
  return { result: { ...info, tokens, labels, components, tensors, answers: [...answers.keys()] }, file };
};

function script(src: string): Promise<void> {
  const element = Object.assign(document.createElement('script'), { type: 'module', src });
  return new Promise((resolve, reject) => {
    element.onload = () => resolve();
    element.onerror = () => reject(new Error(`${src} did not load: is the package built?`));
    document.head.append(element);
  });
}

/** The trace of the pass that has just run. @throws what kept it from running */
function live(model: ModelElement): Promise<Trace> {
  return new Promise((resolve, reject) => {
    model.addEventListener('fluoro-error', (event) => reject((event as unknown as CustomEvent<Error>).detail));
    model.addEventListener('fluoro-trace', () => model.trace?.kind === 'live' && resolve(model.trace));
    document.body.append(model);
  });
}

/** @throws `analysis-invalid` with what the component says in place of a figure */
function refuseEmpty(element: HTMLElement): void {
  const said = element.shadowRoot!.querySelector('[part~="message"], [part~="error"]');
  if (!said) return;
  const why = said.textContent!.replace(/\s+/g, ' ').trim();
  throw new FluoroscopeError('analysis-invalid', `<${element.localName}> has nothing to show: ${why}`);
}

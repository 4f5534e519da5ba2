/** The start page's own script: the model chooser and the line of counters. All else is in the elements. */
import '../index';
import '../model/live-half'; // Its model runs at once: what that takes comes with the page.
import { formatBytes } from '../shared/text';
import { factsOf, introduced } from './models';

const model = document.querySelector('fluoro-model')!;
const patching = document.querySelector('fluoro-patching')!;
const compare = document.querySelector('fluoro-compare')!;
const circuit = document.querySelector('fluoro-circuit')!;
const attribution = document.querySelector('fluoro-attribution')!;
const algorithm = document.querySelector('fluoro-algorithm')!;
const formation = document.querySelector('fluoro-formation')!;
const chooser = document.querySelector<HTMLElement>('#models')!;
const counters = document.querySelector<HTMLElement>('#counters')!;
/** What each model was last given. */
const prompts = new Map(introduced.map(({ name, prompt }) => [name, prompt]));
const corruptedPrompts = new Map(introduced.map(({ name, corrupted }) => [name, corrupted]));

for (const { name, title, about } of introduced) {
  const label = document.createElement('label');
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'model', value: name });
  const heading = Object.assign(document.createElement('strong'), { textContent: title });
  const text = Object.assign(document.createElement('span'), { textContent: about });
  const facts = Object.assign(document.createElement('small'), { textContent: '\u00a0' });
  label.append(input, heading, text, facts);
  chooser.append(label);
  input.addEventListener('change', () => {
    history.pushState(null, '', `#${name}`);
    show(name);
  });
  void factsOf(name).then((line) => (facts.textContent = line || '\u00a0'));
}

model.addEventListener('fluoro-trace', ({ detail: { trace, cost } }) => {
  showCards();
  const dispatches = cost?.dispatches ?? trace.program.steps.length;
  const submits = cost ? `${cost.submits} ${cost.submits === 1 ? 'submit' : 'submits'} · ` : '';
  const taken = trace.reused ? `${trace.reused} of ${trace.program.pos} positions taken over · ` : '';
  const adapter = trace.info.adapter || 'an unnamed adapter';
  counters.textContent = `${submits}${dispatches} dispatches · ${taken}${formatBytes(trace.bytes)} retained · read from ${adapter}`;
});
model.addEventListener('fluoro-state', ({ detail }) => {
  if (detail === 'loading' || detail === 'error') counters.textContent = '\u00a0';
});
model.addEventListener('fluoro-error', showCards);
model.addEventListener('fluoro-prompt', ({ detail }) => prompts.set(model.src!, detail));
model.addEventListener('fluoro-corrupted', ({ detail }) => {
  corruptedPrompts.set(model.src!, detail);
  patching.corrupted = circuit.corrupted = detail;
});
for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
  link.addEventListener('click', (event) => {
    event.preventDefault(); // The address keeps the model's name.
    const section = document.querySelector(link.hash)!;
    section.scrollIntoView();
    section.querySelector('h2')!.focus({ preventScroll: true });
  });
}
addEventListener('hashchange', () => show(location.hash.slice(1)));

function show(wanted: string): void {
  const chosen = introduced.find(({ name }) => name === wanted) ?? introduced[0]!;
  chooser.querySelector<HTMLInputElement>(`[value="${chosen.name}"]`)!.checked = true;
  if (model.src === chosen.name) return;
  model.src = chosen.name;
  model.prompt = prompts.get(chosen.name)!;
  model.edits = []; // They name places in the model before.
  for (const element of [patching, circuit]) {
    Object.assign(element, { corrupted: corruptedPrompts.get(chosen.name), answer: null, wrong: null });
  }
  compare.otherPrompt = null;
  Object.assign(attribution, { token: null, minus: null, neurons: null });
  Object.assign(algorithm, { src: null, files: chosen.name });
  Object.assign(formation, { src: null, history: null, files: chosen.name });
  formation.closest('section')!.hidden = !chosen.recorded.includes('formation');
  model.select({ layer: chosen.layer, head: chosen.head, neuron: null, tensor: null });
}

/** What was found of the model before; far below, so that it comes after the first pass. */
function showCards(): void {
  const { name, recorded } = introduced.find((one) => one.name === model.src)!;
  const file = (what: (typeof recorded)[number]) => (recorded.includes(what) ? `fixtures/${name}/${what}.json` : null);
  algorithm.src = file('recovery');
  Object.assign(formation, { src: file('formation'), history: file('history') });
}

show(location.hash.slice(1));

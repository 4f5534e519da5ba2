/** docs/reference/sizes.md: what a page fetches, counted from the files of dist/cdn that the site is built with. */
import {
  loadedLive,
  loadedNext,
  loadedShaders,
  loadedTokenizer,
  MOST,
  weight,
  weights,
} from '../../tests/node/cdn-files';
import { tableText } from './markdown';

const kB = (bytes: number) => (bytes / 1000).toFixed(1);

export function sizePage(): string {
  const rows = weights()
    .filter(({ script }) => script !== 'all.js')
    .map(({ script, alone, further }) => [`\`${script}\``, kB(alone), script === 'heads.js' ? '–' : kB(further)]);
  const [live, next, tokenizer, shaders] = [loadedLive, loadedNext, loadedTokenizer, loadedShaders].map((loaded) =>
    kB(weight(loaded())),
  );
  return `# What a page fetches

In kB of gzip at level 9, 1 kB being 1000 bytes: counted from the files of \`dist/cdn\` that this site was built with.

*Alone* is all that is fetched until the element has drawn a recorded trace: Lit, \`<fluoro-model>\`, what reads and checks
the file, and the element. *Beside heads.js* is what it adds to a page that has \`<fluoro-heads>\` already.

${tableText({ head: ['script', 'alone', 'beside heads.js'], rows })}

A test holds *alone* to ${kB(MOST.first)} kB and *beside heads.js* to ${kB(MOST.further)} kB.

The code that loads a model and runs it, with all shaders, is ${live} kB more, held to ${kB(MOST.live)} kB; what goes on from a
pass when a key is pressed ${next} kB, held to ${kB(MOST.next)} kB; the library that reads a model's tokenizer.json, where it has one,
${tokenizer} kB, held to ${kB(MOST.tokenizer)} kB. They are fetched with the weights or after them, not before. What \`<fluoro-kernel>\` shows after its
first picture, all shaders' text, and what parses and steps them, is ${shaders} kB, held to ${kB(MOST.shaders)} kB. What comes on asking is
fetched then: the menu of a figure, its table, saving, the edits of a place, the forms and steppers that take a model.
`;
}

import { Option } from 'commander';
import type { EditSpec } from '../../edits/spec';
import { resolveEdits } from '../edit-values';
import { componentOption, componentsOf, setOption } from '../embed/components';
import { checkFolder } from '../embed/folder';
import { recoveryCard } from '../embed/recovery-card';
import { type EmbedOptions, type EmbedOutput, writeEmbedded } from '../embed/write';
import { editOption, hooksOption, usage } from '../options';
import { count, heading } from '../print';
import { type Ran, spec } from '../spec';

interface Options extends EmbedOptions {
  readonly component: readonly string[];
  readonly set: Parameters<typeof componentsOf>[1];
  readonly edit: readonly EditSpec[];
  readonly hooks?: readonly string[];
}

export const embed = spec<'embed', Options>({
  name: 'embed',
  about: 'writes a folder with a page, the HTML to paste, a recording cut to what it shows, and pictures of it',
  declare: (command) => {
    command
      .addOption(componentOption())
      .addOption(setOption())
      .addOption(editOption())
      .addOption(
        hooksOption(
          'tensors to record beside those that the components show, with their maps in compare: globs, separated by commas',
        ),
      )
      .addOption(new Option('--out <folder>', 'the folder to write').makeOptionMandatory())
      .addOption(new Option('--weights', 'copies the model beside it, so that readers can run it live'))
      .addOption(
        new Option('--cdn <url>', 'where the scripts lie; they are copied into the folder unless given').argParser(
          cdnOf,
        ),
      )
      .addOption(new Option('--force', 'replaces a folder that is not empty'));
  },
  request: async ({ component, set, edit, hooks = null }, { tokens, encode, files }) => {
    if (tokens.length !== 1) throw usage(`embed shows one prompt, got a batch of ${tokens.length}.`);
    resolveEdits(edit, encode);
    const file = edit.find(({ what }) => 'value' in what && typeof what.value === 'object' && 'file' in what.value);
    if (file) throw usage(`--edit ${file.text}: a page cannot read that file; write the values out, as add=[1,2,3].`);
    const components = componentsOf(component, set, edit.length > 0);
    const card = await recoveryCard(components, files);
    return { tokens, edits: textsOf(edit), components, hooks, recovery: card === null ? null : JSON.parse(card) };
  },
  folder: {
    check: (out, { force = false }) => checkFolder(out, force),
    write: (made, options) => writeEmbedded(made, textsOf(options.edit), options),
  },
  print: (report) => {
    const { out, files, traceBytes, traceGzip, tensors, answers, components } = report as Ran<typeof report> &
      EmbedOutput;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    return [
      heading(report),
      `${components.map(({ name }) => name).join(', ')}: ${tensors.length} tensors and ${answers.length} answers of the model, ` +
        `${count(traceBytes)} bytes, ${count(traceGzip)} compressed`,
      `${files.length} files, ${count(total)} bytes, in ${out}`,
      `paste ${out}/snippet.html into a page of that folder, or serve the folder and open index.html`,
      'addresses in the snippet are relative to the page that it is pasted into',
    ].join('\n');
  },
});

const textsOf = (edits: readonly EditSpec[]) => edits.map(({ text }) => text);

function cdnOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return text;
  if (/^\.{0,2}\//.test(text)) return text;
  throw usage(
    `--cdn ${JSON.stringify(text)}: expected an address such as https://example.org/fluoroscope/dist/cdn/ or /scripts/.`,
  );
}

/** From what the page has recorded to a folder that can be put on any static host. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ModelFiles } from '../../model/files';
import type { EmbedReport } from '../commands/embed';
import { packageRoot } from '../package-root';
import type { Delivery } from '../spec';
import { NewFolder } from './folder';
import { type Embedded, isWritable, PAGE_CSS, page, snippet } from './html';
import { takePictures } from './pictures';
import { CARD, recoveryCard } from './recovery-card';
import { scriptFiles } from './scripts';

export interface EmbedOptions {
  readonly weights?: true;
  readonly cdn?: string;
  readonly force?: true;
}

export interface EmbedOutput {
  /** What was written, by size in bytes. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly traceBytes: number;
  readonly traceGzip: number;
}

const TRACE = 'trace.safetensors';
const SCRIPTS = 'fluoroscope/';

export async function writeEmbedded(
  { result, file, files, read, prompt, out, signal, say }: Delivery<EmbedReport>,
  edits: readonly string[],
  { weights, cdn }: EmbedOptions,
): Promise<EmbedOutput> {
  const { labels } = result;
  const card = await recoveryCard(result.components, files);
  const components = result.components.map(({ name, attributes }) => ({
    name,
    attributes: name === 'algorithm' ? { ...attributes, src: CARD } : attributes,
  }));
  const modelName = basename(result.model) || 'model';
  const names = components.map(({ name }) => name);
  const scripts = join(packageRoot(), 'dist/cdn');
  const modelFolder = `models/${modelName.replace(/[^\w.-]+/g, '-')}/`;
  const live = { src: modelFolder, ...promptAttribute(prompt), ...(edits.length > 0 && { edits: edits.join('\n') }) };
  const embedded: Embedded = {
    components,
    scripts: SCRIPTS,
    model: { trace: TRACE, ...(weights && live) },
    pictures: new Map(),
    text: prompt ?? labels[0]!.join(''),
    modelName,
  };
  const sizes = new Map<string, number>();
  const folder = new NewFolder(out);
  const add = (name: string, content: string | Uint8Array) => {
    folder.write(name, content);
    sizes.set(name, typeof content === 'string' ? Buffer.byteLength(content) : content.length);
  };
  try {
    add(TRACE, file);
    if (card !== null) add(CARD, card);
    add('page.css', PAGE_CSS);
    add('index.html', page(embedded));
    if (weights) await addModel(files, read, (path, bytes) => add(`${modelFolder}${path}`, bytes), signal);
    say('taking the pictures');
    const taken = await takePictures({ [SCRIPTS]: scripts, '': folder.path }, names, signal);
    for (const { file: picture, bytes } of taken.values()) add(picture, bytes);
    if (cdn === undefined)
      for (const path of scriptFiles(scripts, names)) add(`${SCRIPTS}${path}`, readFileSync(join(scripts, path)));
    const finished = { ...embedded, pictures: taken, scripts: cdn === undefined ? SCRIPTS : cdn.replace(/\/*$/, '/') };
    add('snippet.html', snippet(finished));
    add('index.html', page(finished));
    signal.throwIfAborted();
    folder.finish();
  } finally {
    folder.discard();
  }
  return {
    files: [...sizes].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    traceBytes: file.length,
    traceGzip: gzipSync(file).length,
  };
}

/** Without it the tokens of the recording are run. */
function promptAttribute(prompt: string | null): { readonly prompt?: string } {
  return prompt !== null && isWritable(prompt) ? { prompt } : {};
}

/** The files that loading the model has read. */
async function addModel(
  files: ModelFiles,
  read: readonly string[],
  add: (path: string, content: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const path of read) {
    const bytes = await files.read(path, { signal });
    if (bytes) add(path, bytes);
  }
}

/**
 * The recorded traces of the pages, made by our own command line as docs/traces.json lists them. Each is kept in
 * docs/.cache under the hash of all that it depends on.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = 'docs/.cache/traces';

interface Recorded {
  /** A built-in name, or a folder of `fixtures/`. */
  readonly model: string;
  readonly prompt: string;
  /** Globs; all tensors but the derived ones unless given, of components none but what they show. */
  readonly hooks?: readonly string[];
  readonly edits?: readonly string[];
  /** Components whose answers it holds, with their attributes; the tensors that they show, and those of `hooks`. */
  readonly components?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function recordTraces(folder: string): void {
  const list = JSON.parse(readFileSync('docs/traces.json', 'utf8')) as Record<string, Recorded>;
  mkdirSync(folder, { recursive: true });
  mkdirSync(CACHE, { recursive: true });
  for (const [name, recorded] of Object.entries(list)) {
    const weights = readFileSync(`fixtures/${recorded.model}/model.safetensors`);
    const asked = Object.keys(recorded.components ?? {}).map((component) => `components/${component}`);
    const program = hashOf(['shaders', 'src', ...asked]);
    const hash = createHash('sha256').update(program).update(weights).update(JSON.stringify(recorded)).digest('hex');
    const kept = join(CACHE, `${name}-${hash.slice(0, 16)}.safetensors`);
    if (!existsSync(kept)) record(recorded, kept);
    cpSync(kept, join(folder, `${name}.safetensors`));
  }
}

function record({ model, prompt, hooks = [], edits = [], components }: Recorded, file: string): void {
  const run = (command: string, out: string, options: readonly string[]) => {
    const name = model.includes('/') ? `./fixtures/${model}` : model;
    const all = [command, name, '--prompt', prompt, ...edits.flatMap((edit) => ['--edit', edit]), ...options];
    if (hooks.length > 0) all.push('--hooks', hooks.join(','));
    execFileSync(process.execPath, ['dist/cli/main.js', ...all, '--out', out], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  if (!components) {
    run('trace', file, []);
    return;
  }
  const folder = `${file}.embedded`;
  const attributes = Object.entries(components).flatMap(([name, own]) =>
    Object.entries(own).flatMap(([attribute, value]) => ['--set', `${name}.${attribute}=${value}`]),
  );
  run('embed', folder, ['--component', Object.keys(components).join(), ...attributes, '--force']);
  cpSync(join(folder, 'trace.safetensors'), file);
  rmSync(folder, { recursive: true });
}

/** Of what a trace's values, answers and form come from. */
function hashOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.(ts|wgsl)$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex');
}

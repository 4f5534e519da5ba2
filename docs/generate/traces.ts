/**
 * The recorded traces of the pages, made by our own command line as docs/traces.json lists them. Each is kept in
 * docs/.cache under the hash of all that it depends on.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = 'docs/.cache/traces';

interface Recorded {
  /** A built-in name, or a folder of `fixtures/`. */
  readonly model: string;
  readonly prompt: string;
  /** Globs; all tensors but the derived ones unless given. */
  readonly hooks?: readonly string[];
  readonly edits?: readonly string[];
}

export function recordTraces(folder: string): void {
  const list = JSON.parse(readFileSync('docs/traces.json', 'utf8')) as Record<string, Recorded>;
  mkdirSync(folder, { recursive: true });
  mkdirSync(CACHE, { recursive: true });
  const program = programHash();
  for (const [name, recorded] of Object.entries(list)) {
    const weights = readFileSync(`fixtures/${recorded.model}/model.safetensors`);
    const hash = createHash('sha256').update(program).update(weights).update(JSON.stringify(recorded)).digest('hex');
    const kept = join(CACHE, `${name}-${hash.slice(0, 16)}.safetensors`);
    if (!existsSync(kept)) record(recorded, kept);
    cpSync(kept, join(folder, `${name}.safetensors`));
  }
}

function record({ model, prompt, hooks = [], edits = [] }: Recorded, file: string): void {
  const options = ['--prompt', prompt, '--out', file, ...edits.flatMap((edit) => ['--edit', edit])];
  if (hooks.length > 0) options.push('--hooks', hooks.join(','));
  execFileSync(
    process.execPath,
    ['dist/cli/main.js', 'trace', model.includes('/') ? `./fixtures/${model}` : model, ...options],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
}

/** Of what a trace's values and form come from. */
function programHash(): string {
  const hash = createHash('sha256');
  for (const folder of ['shaders', 'src']) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.(ts|wgsl)$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex');
}

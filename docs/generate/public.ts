/**
 * docs/public: the package as a server would hold it, `dist/` beside `fixtures/`, so that built-in names work on the site
 * as they do anywhere else, and the recorded traces.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };
import { recordTraces } from './traces';

const PUBLIC = 'docs/public';

/** What the stories run beside the models of the package: the course of a training, and an impostor. */
const FOR_STORIES = [
  'fixtures/modular-addition/checkpoints',
  'fixtures/modular-addition/pairs.safetensors',
  'fixtures/controls/addition-sums-in-disguise',
];

/** Of dist/, what no page asks for. */
const LEFT_OUT = /^dist.(cli|testing|types|page)\b|\.map$/;

export function publicFiles(folder = PUBLIC): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync('docs/static', folder, { recursive: true });
  cpSync('dist', join(folder, 'dist'), { recursive: true, filter: (path) => !LEFT_OUT.test(path) });
  const models = pkg.files.filter((file) => file.startsWith('fixtures/*/'));
  const files = readdirSync('fixtures').flatMap((model) => models.map((glob) => glob.replace('*', model)));
  for (const file of files.filter((file) => existsSync(file))) copy(file, join(folder, file));
  for (const path of FOR_STORIES) cpSync(path, join(folder, path), { recursive: true });
  recordTraces(join(folder, 'traces'));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

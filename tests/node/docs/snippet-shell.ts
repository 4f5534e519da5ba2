/** Snippets of a shell and of Python, run in a folder in which the package was installed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { expect, inject } from 'vitest';

/** `npx fluoroscope` is the command line of this checkout; of npm's commands those are known that the pages name. */
const NPX = `#!/bin/sh
[ "$1" = fluoroscope ] || { echo "npx $1: the pages name no such command" >&2; exit 127; }
shift
exec node "${resolve('dist/cli/main.js')}" "$@"
`;
const NPM = `#!/bin/sh
[ "$*" = "install fluoroscope" ] || { echo "npm $*: the pages name no such command" >&2; exit 127; }
mkdir -p node_modules/fluoroscope
ln -sfn "${resolve('dist')}" node_modules/fluoroscope/dist
ln -sfn "${resolve('fixtures')}" node_modules/fluoroscope/fixtures
`;
/** IPython's display, as far as a notebook's page is concerned: what is displayed is written to a file. */
const IPYTHON = `class HTML(str):
    pass


def display(shown):
    with open("displayed.html", "w") as file:
        file.write(shown)
`;

export class Shell {
  constructor(private readonly folder: string) {
    const bin = join(folder, '.bin');
    mkdirSync(bin, { recursive: true });
    for (const [name, text] of Object.entries({ npx: NPX, npm: NPM })) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    mkdirSync(join(folder, '.python/IPython'), { recursive: true });
    writeFileSync(join(folder, '.python/IPython/__init__.py'), '');
    writeFileSync(join(folder, '.python/IPython/display.py'), IPYTHON);
    symlinkSync(resolve('fixtures'), join(folder, 'fixtures'));
  }

  run(code: string): void {
    this.#succeed('bash', ['-euo', 'pipefail', '-c', code]);
  }

  /** @returns the HTML that it displayed, if any */
  python(code: string): string | null {
    const displayed = join(this.folder, 'displayed.html');
    rmSync(displayed, { force: true });
    this.#succeed('python3', ['-c', code]);
    return existsSync(displayed) ? readFileSync(displayed, 'utf8') : null;
  }

  #succeed(command: string, args: readonly string[]): void {
    const path = [join(this.folder, '.bin'), process.env.PATH].join(delimiter);
    const own = { PATH: path, PYTHONPATH: join(this.folder, '.python'), FLUOROSCOPE_CHROME: inject('chrome') };
    const env = { ...process.env, ...own };
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: this.folder, env, encoding: 'utf8' });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  }
}

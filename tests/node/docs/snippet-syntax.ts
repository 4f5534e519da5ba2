/** Parses snippets whose host is foreign: a wrong bracket or tag is found, what they do is not. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseSync } from 'vite';
import { expect } from 'vitest';
import type { Snippet } from './snippets';

export function parse({ language, code }: Pick<Snippet, 'language' | 'code'>): void {
  if (language === 'vue') vue(code);
  else if (language === 'py') python(code);
  else script(code, language);
}

function script(code: string, language: string): void {
  const { errors, program } = parseSync(`snippet.${language}`, code);
  expect(errors.map(({ message }) => message)).toEqual([]);
  expect(program.body.length).toBeGreaterThan(0);
}

function python(code: string): void {
  const { status, stderr } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: code,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
}

/** With Vue's own compiler, its tags being custom elements. */
function vue(code: string): void {
  const { compileTemplate, parse } = createRequire(`${process.cwd()}/docs/package.json`)('vue/compiler-sfc') as {
    parse(source: string): {
      errors: Error[];
      descriptor: { template: { content: string }; scriptSetup: { content: string } | null };
    };
    compileTemplate(options: object): { errors: (string | Error)[] };
  };
  const { errors, descriptor } = parse(code);
  expect(errors).toEqual([]);
  const { content } = descriptor.template;
  const compilerOptions = { isCustomElement: (tag: string) => tag.startsWith('fluoro-') };
  const compiled = compileTemplate({ source: content, filename: 'snippet.vue', id: 'snippet', compilerOptions });
  expect(compiled.errors).toEqual([]);
  if (descriptor.scriptSetup) script(descriptor.scriptSetup.content, 'ts');
}

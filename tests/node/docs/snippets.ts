/** Every fenced code block of the pages that people write: docs/ and the components' own Markdown. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentFiles } from '../../../docs/generate/components';

/** Where a snippet is executed. */
export type Way =
  | 'page'
  | 'site'
  | 'script'
  | 'shell'
  | 'python'
  | 'style'
  | 'markdown'
  | 'header'
  | 'data'
  | 'syntax'
  | 'none';

export interface Snippet {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly way: Way;
}

/** What is no code: output, grammar, formulas (which the site's build refuses where they are wrong). */
const NO_CODE: readonly string[] = ['', 'text', 'math'];
const WAYS: Readonly<Record<string, Way>> = {
  html: 'page',
  js: 'script',
  ts: 'script',
  sh: 'shell',
  py: 'python',
  css: 'style',
  md: 'markdown',
  http: 'header',
  json: 'data',
};
/**
 * Languages whose snippets need a foreign host: these are parsed, and a comment before the fence says who runs them,
 * `<!-- test: syntax, VitePress itself runs it -->`.
 */
const PARSED: readonly string[] = ['js', 'ts', 'jsx', 'tsx', 'vue', 'py'];

const GENERATED = /^(api|components|kernels|reference|node_modules|public|dist|\.cache)\b/;

/** The pages with snippets, by their paths from the root. */
export function writtenPages(): string[] {
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !GENERATED.test(file))
    .map((file) => join('docs', file));
  return [...docs.sort(), ...componentFiles().map(({ file }) => file)];
}

/** @throws where a snippet is in a language, or asks for a test, that nobody knows */
export function snippetsOf(file: string, text = readFileSync(file, 'utf8')): Snippet[] {
  const found: Snippet[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, fence, info] = /^(`{3,}|~{3,})(.*)$/.exec(lines[at]!) ?? [];
    if (!fence) continue;
    const end = lines.findIndex((line, i) => i > at && line.trim() === fence);
    if (end < 0) throw new Error(`${file}:${at + 1}: the fence is not closed`);
    const [language = '', ...words] = info!.trim().split(/\s+/);
    const asked = /^<!-- test: (\w+)(, \S.*)? -->$/.exec(lines[at - 1] ?? '');
    const code = lines.slice(at + 1, end).join('\n');
    const place = { file, line: at + 1, language, code };
    found.push({ ...place, way: wayOf(place, words, asked, found) });
    at = end;
  }
  return found;
}

function wayOf(
  { file, line, language, code }: Omit<Snippet, 'way'>,
  words: readonly string[],
  asked: RegExpExecArray | null,
  before: readonly Snippet[],
): Way {
  const refuse = (why: string) => new Error(`${file}:${line}: ${why}`);
  if (asked?.[1] === 'syntax') {
    if (!asked[2]) throw refuse('say who runs it: <!-- test: syntax, X itself runs it -->');
    if (PARSED.includes(language)) return 'syntax';
    throw refuse(`no parser for ${language}`);
  }
  if (asked) throw refuse(`no test ${asked[1]}: expected syntax, and who runs it`);
  if (NO_CODE.includes(language)) return 'none';
  // The first example of a component's file is live on its page, as those are that say so.
  const first = file.startsWith('components/') && !before.some(isFirst) && isFirst({ language, code });
  if (language === 'html' && (words.includes('live') || first)) return 'site';
  const way = WAYS[language];
  if (!way) throw refuse(`a snippet in ${JSON.stringify(language)}, which no test executes`);
  return way;
}

const isFirst = ({ language, code }: Pick<Snippet, 'language' | 'code'>) =>
  language === 'html' && !code.includes('<script');

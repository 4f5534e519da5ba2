/** Tables of Markdown, read and written. */

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a Markdown text consists of: tables, fenced code, and the lines between them. */
export type Block = { readonly kind: 'table'; readonly table: Table; readonly text: string } | Plain;

interface Plain {
  readonly kind: 'fence' | 'text';
  readonly text: string;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; ) {
    const start = i;
    const fence = /^(`{3,}|~{3,})/.exec(lines[i]!)?.[1];
    if (fence) {
      do i++;
      while (i < lines.length && lines[i]!.trim() !== fence);
      i++;
      blocks.push({ kind: 'fence', text: lines.slice(start, i).join('\n') });
    } else if (lines[i]!.startsWith('|')) {
      while (lines[i]?.startsWith('|')) i++;
      const [head = [], , ...rows] = lines.slice(start, i).map(cellsOf);
      blocks.push({ kind: 'table', table: { head, rows }, text: lines.slice(start, i).join('\n') });
    } else {
      while (i < lines.length && !/^(`{3,}|~{3,}|\|)/.test(lines[i]!)) i++;
      blocks.push({ kind: 'text', text: lines.slice(start, i).join('\n') });
    }
  }
  return blocks;
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** Empty where there are no rows; columns that are empty in all rows are left out. */
export function tableText({ head, rows }: Table): string {
  if (rows.length === 0) return '';
  const kept = head.map((_, column) => column).filter((column) => rows.some((row) => row[column]));
  const line = (cells: readonly string[]) => `| ${kept.map((column) => cells[column] ?? '').join(' | ')} |`;
  return [line(head), `|${kept.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** A comment's text as Markdown: what is no code in it is no HTML either. */
export function prose(text: string): string {
  return text.replace(/(`[^`]*`)|</g, (_, code?: string) => code ?? '&lt;');
}

/** A text as a cell of a table: on one line, its bars escaped. */
export const inCell = (text: string) => prose(text.replaceAll('\n', ' ').replace(/(?<!\\)\|/g, '\\|'));

/** As code in a cell. */
export const codeCell = (text: string) => (text === '' ? '' : inCell(`\`${text}\``));

/** The names in a cell such as `` `layer`, `head` ``; of `` `break(spec)` `` the name. */
export function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!.replace(/\(.*$/, ''));
}

/** Whether an aim is reached. */
export function met(so: boolean): string {
  return so ? 'met' : '**missed**';
}

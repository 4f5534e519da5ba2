/** A figure as a file. Loaded when the first one is saved. */
import type { Tokenizer, Trace } from '../../../src/index';
import { textAnswers, writeTrace } from '../../../src/viewer';
import type { FigureTable } from '../figure-table';
import { csv } from './csv';
import { fileName } from './file-name';
import { json } from './json';
import { picture } from './picture';
import { rasterized } from './rasterized';

export type SaveFormat = 'png' | 'svg' | 'csv' | 'json' | 'trace';

export interface FigureSubject {
  /** The element's name without its prefix. */
  readonly component: string;
  readonly table: FigureTable | null;
  readonly figures: readonly Element[];
  readonly trace: Trace | null;
  /** Of the model that has run it; null where that is not there. */
  readonly tokenizer: Tokenizer | null;
  /** The colours and the font of text on the page, with the background behind it. */
  readonly look: CSSStyleDeclaration;
}

export interface FigureFile {
  readonly name: string;
  readonly type: string;
  readonly content: Blob;
}

/** Sent before a file is saved; preventing its default leaves the file to the page. */
export type SaveEvent = CustomEvent<FigureFile>;

const TYPES: Readonly<Record<SaveFormat, readonly [extension: string, type: string]>> = {
  png: ['png', 'image/png'],
  svg: ['svg', 'image/svg+xml'],
  csv: ['csv', 'text/csv'],
  json: ['json', 'application/json'],
  trace: ['safetensors', 'application/octet-stream'],
};

/** @throws as `trace.read`; where a format takes a table, a drawing or a trace that is not there */
export async function figureFile(format: SaveFormat, subject: FigureSubject): Promise<FigureFile> {
  const [extension, type] = TYPES[format];
  const bytes = await contentOf(format, subject);
  return {
    name: fileName(subject, extension),
    type,
    content: bytes instanceof Blob ? bytes : new Blob([bytes], { type }),
  };
}

async function contentOf(format: SaveFormat, subject: FigureSubject): Promise<BlobPart> {
  const { table, trace, tokenizer } = subject;
  if (format === 'trace' && trace) {
    const answers = new Map([...(trace.answers ?? []), ...(await textAnswers(trace, tokenizer))]);
    return writeTrace(trace, { answers });
  }
  if (format === 'csv' && table) return csv(alone(table));
  if (format === 'json' && table) return json(alone(table), subject);
  if (format === 'svg') return picture(subject).svg;
  if (format === 'png') return rasterized(picture(subject), devicePixelRatio);
  throw new Error(`there is nothing that ${format} could hold.`);
}

/** A cell stands alone: whoever looks for a token in one finds it without what isolates it in a sentence. */
function alone(table: FigureTable): FigureTable {
  const cell = (value: string | number) => (typeof value === 'string' ? value.replace(/[\u2068\u2069]/g, '') : value);
  return { ...table, rows: table.rows.map((row) => row.map(cell)) };
}

/** Has the browser save a file, by a link that is clicked. */
export function save({ name, content }: FigureFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

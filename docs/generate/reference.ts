/**
 * The reference at the end of a component's page: every attribute, property, method, event, slot, part and CSS property
 * of custom-elements.json, in the words of the component's own Markdown where that speaks of it, else of its comments.
 */
import type { Described, ElementDeclaration, Member } from './manifest';
import { type Block, blocksOf, codeCell, inCell, namesIn, type Table, tableText } from './markdown';

/** The tables of a component's Markdown that the reference takes up, by the words that their head begins with. */
const TAKEN = /^(attribute|property|method|event|slot|part|CSS custom property|key)\b/;

export interface ComponentText {
  /** The Markdown without the tables that the reference holds. */
  readonly prose: string;
  readonly tables: readonly Table[];
}

export function componentText(markdown: string): ComponentText {
  const blocks = blocksOf(markdown);
  const taken = (block: Block) => block.kind === 'table' && TAKEN.test(block.table.head[0]!);
  return {
    prose: blocks
      .filter((block) => !taken(block))
      .map(({ text }) => text)
      .join('\n')
      .replace(/\n{3,}/g, '\n\n'),
    tables: blocks.flatMap((block) => (block.kind === 'table' && taken(block) ? [block.table] : [])),
  };
}

export function reference(declaration: ElementDeclaration, tables: readonly Table[]): string {
  const { events = [], slots = [], cssParts = [], cssProperties = [] } = declaration;
  const told = (kind: RegExp) => rowsOf(tables, kind);
  const [eventRows, slotRows] = [told(/^event/), told(/^slot/)];
  const type = new Map(events.map((one) => [one.name, codeCell(one.type?.text ?? '')]));
  const keys = tables.filter(({ head }) => head[0]!.startsWith('key'));
  const parts: [title: string, text: string][] = [
    ['Attributes and properties', tableText(properties(declaration, told(/^(attribute|property)/)))],
    ['Methods', tableText(methods(declaration, told(/^(method|property, method)/)))],
    [
      'Events',
      tableText({
        head: ['event', 'type', 'detail'],
        rows: grouped(events, eventRows, (names, row, description) => [
          codes(names),
          unique(names.map((name) => type.get(name) ?? '')).join(', '),
          row?.at(-1) ?? description,
        ]),
      }),
    ],
    [
      'Slots',
      tableText({
        head: tables.find(({ head }) => head[0] === 'slot')?.head ?? ['slot', ''],
        rows: grouped(slots, slotRows, (names, row, description) =>
          row ? [codes(names), ...row.slice(1)] : [names[0] === '' ? 'the content' : codes(names), description],
        ),
      }),
    ],
    [
      'Parts',
      tableText({
        head: ['part', ''],
        rows: grouped(cssParts, told(/^part/), (names, row, description) => [codes(names), row?.at(-1) ?? description]),
      }),
    ],
    [
      'CSS custom properties',
      tableText({
        head: ['property', 'default', ''],
        rows: grouped(cssProperties, told(/^CSS/), (names, row, description) => [
          codes(names),
          row?.[1]?.startsWith('`')
            ? row[1]
            : codeCell(cssProperties.find(({ name }) => name === names[0])?.default ?? ''),
          row?.at(-1) ?? description,
        ]),
      }),
    ],
    ['Keyboard', keys.map(tableText).join('\n\n')],
  ];
  const written = parts.filter(([, text]) => text !== '').map(([title, text]) => `### ${title}\n\n${text}\n`);
  return `## Reference\n\n${written.join('\n')}`;
}

/** Names that the component's Markdown tells of and its class does not declare. */
export function undeclared(declaration: ElementDeclaration, tables: readonly Table[]): string[] {
  const { attributes = [], members = [], events = [], slots = [], cssParts = [], cssProperties = [] } = declaration;
  const known = new Set(
    [...attributes, ...members, ...events, ...slots, ...cssParts, ...cssProperties].map(({ name }) => name),
  );
  return [...rowsOf(tables, /^(?!key)/).keys()].filter((name) => !known.has(name));
}

/** Of each name in the tables of a kind the cells of its row. */
function rowsOf(tables: readonly Table[], kind: RegExp): Map<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>();
  for (const table of tables.filter(({ head }) => kind.test(head[0]!))) {
    // `| attribute | property | meaning |` names things in two columns; of the same name the property's row counts.
    const columns = table.head[0] === 'attribute' && table.head[1] === 'property' ? [0, 1] : [0];
    for (const column of columns) {
      for (const row of table.rows) for (const name of namesIn(row[column]!)) rows.set(name, row);
    }
  }
  return rows;
}

/** A row for all that share one in the component's Markdown, and for what that alone names. */
function grouped(
  declared: readonly Described[],
  rows: ReadonlyMap<string, readonly string[]>,
  write: (names: readonly string[], row: readonly string[] | undefined, description: string) => string[],
): string[][] {
  const byRow = new Map<unknown, string[]>();
  for (const name of unique([...declared.map((one) => one.name), ...rows.keys()])) {
    const key = rows.get(name) ?? name;
    byRow.set(key, [...(byRow.get(key) ?? []), name]);
  }
  return [...byRow.values()].map((names) => {
    const { description = '' } = declared.find(({ name }) => name === names[0]) ?? {};
    return write(names, rows.get(names[0]!), inCell(description));
  });
}

function properties(
  { attributes = [], members = [] }: ElementDeclaration,
  told: Map<string, readonly string[]>,
): Table {
  const rows = members
    .filter((member) => member.kind === 'field' && isPublic(member))
    .map(({ name, readonly, type, default: initial = '', description = '' }) => {
      const attribute = attributes.find((one) => (one.fieldName ?? one.name) === name)?.name ?? '';
      const says = (told.get(name) ?? told.get(attribute))?.at(-1) ?? inCell(description);
      const begins = readonly || initial === 'undefined' ? '' : initial;
      return [codeCell(attribute), codeCell(name), codeCell(type?.text ?? ''), codeCell(begins), says];
    })
    .filter((row) => row.at(-1) !== '');
  return { head: ['attribute', 'property', 'type', 'default', ''], rows };
}

function methods({ members = [] }: ElementDeclaration, told: ReadonlyMap<string, readonly string[]>): Table {
  const rows = members
    .filter((member) => member.kind === 'method' && isPublic(member))
    .filter(({ name, description, inheritedFrom }) => told.has(name) || (description && !inheritedFrom))
    .map(({ name, description = '', parameters = [] }) => {
      const call = `${name}(${parameters.map((one) => one.name).join(', ')})`;
      return [codeCell(call), told.get(name)?.at(-1) ?? inCell(description)];
    });
  return { head: ['method', 'does'], rows };
}

const isPublic = ({ name, privacy = 'public', static: isStatic }: Member) =>
  !isStatic && privacy === 'public' && !name.startsWith('#');

const codes = (names: readonly string[]) => names.map(codeCell).join(', ');

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];

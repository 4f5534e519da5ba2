/** What is written into files, of whatever a model's vocabulary holds. */
import { csvParseRows } from 'd3-dsv';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { csv } from '../../components/shared/save/csv';
import { gradientStops } from '../../components/shared/save/element-painter';
import { figureFile } from '../../components/shared/save/figure-file';
import { fileName } from '../../components/shared/save/file-name';
import { json } from '../../components/shared/save/json';
import { SvgPen } from '../../components/shared/save/svg-pen';
import { visibleToken } from '../../components/shared/text';
import type { Trace } from '../../src/index';

const HOSTILE = [
  '</text><script>alert(1)</script>',
  '"><image href=x onerror=alert(1)>',
  'a&b',
  '\ud800',
  '\u0000',
  '\u202eabc',
  'e\u0301',
];

const table = (rows: (string | number)[][]) => ({ caption: 'c', columns: ['token', 'value'], rows });
const subject = (model: string, of: Record<string, number | string> = {}) => ({
  component: 'heads',
  table: { ...table([]), of },
  figures: [],
  trace: { info: { model, weightsHash: '', adapter: '' } } as unknown as Trace,
  tokenizer: null,
  look: getComputedStyle(document.body),
});

describe('CSV', () => {
  test('any text and any number read back, formulas disarmed', () => {
    const field = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('a,b', '"', '\n', '\r\n', ' x ', ''),
      fc.double({ noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { minLength: 1 }), (rows) => {
        const read = csvParseRows(csv(table(rows))).slice(1);
        expect(read).toHaveLength(rows.length);
        for (const [r, row] of rows.entries()) {
          for (const [c, value] of row.entries()) {
            const got = read[r]![c]!;
            if (typeof value === 'number')
              expect(Number(got.replace('inf', 'Infinity'))).toBe(Object.is(value, -0) ? 0 : value);
            else expect(/^[=+\-@\t\r]/.test(value) ? got.slice(1) : got).toBe(value);
          }
        }
      }),
    );
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://a.example")'])(
    '%j is no formula',
    (token) => {
      const [, [got]] = csvParseRows(csv(table([[token, 1]]))) as [string[], string[]];
      expect(got).toBe(`'${token}`);
    },
  );

  test('a number stays a number, and what is none is named', () => {
    expect(
      csv(
        table([
          ['a', -0.5],
          ['b', Number.NaN],
          ['c', -Infinity],
        ]),
      ),
    ).toBe('token,value\r\na,-0.5\r\nb,NaN\r\nc,-inf\r\n');
  });
});

test('JSON says what it has no number for', () => {
  const { rows } = JSON.parse(
    json(
      table([
        ['a', Number.NaN],
        ['b', Infinity],
        ['c', 1],
      ]),
      { ...subject('m'), trace: null },
    ),
  );
  expect(rows).toEqual([
    ['a', 'NaN'],
    ['b', 'Infinity'],
    ['c', 1],
  ]);
});

test.each(['csv', 'json'] as const)('%s holds a token without what isolates it in a sentence', async (format) => {
  const rows = [[visibleToken('שלום'), 1]];
  const { content } = await figureFile(format, { ...subject('m'), trace: null, table: table(rows) });
  expect(await content.text()).toMatch(format === 'csv' ? /\nשלום,1\r/ : /"שלום"/);
});

describe('SVG', () => {
  test.each(HOSTILE)('%j is text and nothing else', (token) => {
    const pen = new SvgPen('white');
    pen.font = '11px "A&B", monospace';
    pen.fillText(token, 1, 2);
    const svg = new DOMParser().parseFromString(pen.document(10, 10, token), 'image/svg+xml');
    expect(svg.querySelector('parsererror')).toBeNull();
    expect([...svg.querySelectorAll('*')].map(({ localName }) => localName)).toEqual(['svg', 'title', 'rect', 'text']);
    const kept = token.replace('\ud800', '\ufffd').replace('\u0000', '\ufffd');
    expect(svg.querySelector('text')!.textContent).toBe(kept);
    expect(svg.querySelector('title')!.textContent).toBe(kept);
  });

  test('neighbours of one colour are one rectangle; voids are none', () => {
    const bitmap = new OffscreenCanvas(4, 2);
    const context = bitmap.getContext('2d')!;
    context.fillStyle = 'rgb(255, 0, 0)';
    context.fillRect(0, 0, 3, 1);
    context.fillStyle = 'rgb(0, 0, 255)';
    context.fillRect(3, 1, 1, 1);
    const pen = new SvgPen('white');
    pen.imageSmoothingEnabled = false;
    const read = vi.spyOn(bitmap.getContext('2d')!, 'getImageData');
    pen.drawImage(bitmap, 10, 20, 40, 20);
    expect(read, 'browsers warn of a canvas that is drawn and read by turns').not.toHaveBeenCalled();
    const rects = pen.document(99, 99, '').match(/<rect x.*>/g);
    expect(rects).toEqual([
      '<rect x="10" y="20" width="30" height="10" fill="#ff0000"/>',
      '<rect x="40" y="30" width="10" height="10" fill="#0000ff"/>',
    ]);
  });

  test('a huge matrix is an image, with its labels still as text', () => {
    const bitmap = new OffscreenCanvas(200, 200);
    const context = bitmap.getContext('2d')!;
    const image = context.createImageData(200, 200);
    image.data.set(Uint8ClampedArray.from(image.data, (_, i) => (i % 4 === 3 ? 255 : (i * 7919) % 256)));
    context.putImageData(image, 0, 0);
    const pen = new SvgPen('white');
    pen.imageSmoothingEnabled = false;
    pen.drawImage(bitmap, 0, 0, 200, 200);
    pen.fillText('label', 0, 0);
    const text = pen.document(200, 200, '');
    expect(text.match(/<rect/g)).toHaveLength(1);
    expect(text).toMatch(/<image [^>]*image-rendering="pixelated" href="data:image\/png;base64,/);
    expect(text).toContain('>label</text>');
    expect(text.length).toBeLessThan(400_000);
  });

  test('turned text is turned, and states come back', () => {
    const pen = new SvgPen('white');
    pen.save();
    pen.translate(30, 40);
    pen.rotate(-Math.PI / 2);
    pen.font = 'bold 11px serif';
    pen.fillText('up', 0, 0);
    pen.restore();
    pen.fillText('flat', 0, 0);
    const text = pen.document(50, 50, '');
    expect(text).toMatch(
      /<text [^>]*font-family="serif" font-size="11" font-weight="bold"[^>]* transform="matrix\(0 -1 1 0 30 40\)">up</,
    );
    expect(text).toMatch(/<text (?!.*transform)[^>]*font-family="sans-serif" font-size="10"[^>]*>flat</);
  });

  test('gradients of legends are gradients', () => {
    expect(gradientStops('linear-gradient(to right, rgb(1, 2, 3), rgb(4, 5, 6))')).toEqual([
      [0, 'rgb(1, 2, 3)'],
      [1, 'rgb(4, 5, 6)'],
    ]);
    expect(gradientStops('none')).toEqual([]);
  });
});

test.each([
  ['induction', { layer: 1, head: 2 }, 'induction-heads-layer1-head2.png'],
  ['https://a.example/models/gpt2/', {}, 'gpt2-heads.png'],
  ['../../etc/passwd', {}, 'passwd-heads.png'],
  ['…', { of: 'a/b' }, 'heads-ofa-b.png'],
])('a figure of %s is saved under a name that all systems take', (model, of, name) => {
  expect(fileName(subject(model, of as Record<string, number>), 'png')).toBe(name);
});

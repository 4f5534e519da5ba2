/** Takes out of Lit's templates what only the reader of the sources needs: indentation, and in styles comments and spaces. */
import { type Plugin, parseSync, Visitor } from 'vite';

export function leanTemplates(): Plugin {
  return {
    name: 'lean templates',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/components\/.*\.ts$/.test(id)) return;
      const parts: { start: number; end: number; text: string }[] = [];
      const { program } = parseSync(id, code);
      new Visitor({
        TaggedTemplateExpression({ tag, quasi }) {
          const leaner = tag.type === 'Identifier' && LEAN[tag.name];
          if (!leaner) return;
          for (const { start: from, end: to, tail } of quasi.quasis) {
            const [start, end] = [from + 1, to - (tail ? 1 : 2)]; // without the marks around: a backtick or a brace
            const whole = code.slice(start, end);
            const text = leaner(whole);
            if (text !== whole) parts.push({ start, end, text });
          }
        },
      }).visit(program);
      if (parts.length === 0) return;
      let [result, at] = ['', 0];
      for (const { start, end, text } of parts.sort((a, b) => a.start - b.start)) {
        result += code.slice(at, start) + text;
        at = end;
      }
      return { code: result + code.slice(at), map: null };
    },
  };
}

const LEAN: Readonly<Record<string, (text: string) => string>> = { css, html, svg: html };

function css(text: string): string {
  const bare = text.replace(/\/\*.*?\*\//gs, '');
  const parts = bare.split(/("[^"]*"|'[^']*')/); // Every second one is a text in quotes, which stays.
  return parts.map((part, i) => (i % 2 === 0 ? lean(part) : part)).join('');
}

function lean(rules: string): string {
  return rules
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .replace(/(?<![\d.])0(?=\.\d)/g, '');
}

/** A line break stays: it may stand between two words. */
function html(text: string): string {
  return text.replace(/[ \t]*\n\s*/g, '\n');
}

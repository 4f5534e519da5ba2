/**
 * The lines of `fluoroscope debug`. The grammar of a slice and of an edit is that of src/edits/language.ts, a condition's that
 * of src/debug/conditions.ts.
 *
 *     line  = "list" [ "all" | step ":" step ]
 *           | "break" [ "before" | "after" ] place | "break" "if" condition [ "at" name ]
 *           | "delete" id | "breakpoints"
 *           | ( "step" | "next" ) [ count ] | "continue" | "run" "to" place
 *           | ( "print" | "stats" | "bits" ) name [ slice ] | "explain" name [ slice ]
 *           | "watch" ( "nan" | "inf" | "range" number number )
 *           | "edit" spec | "check" | "help" | "quit"
 *     place = step | name                     a step's index; a hook name, an alias or, for break, a glob
 *
 * A word may be cut to what is unique, and s, n, c, b, l, p and q stand for the usual ones. An empty line and one that
 * begins with "#" say nothing.
 */
import { parseCondition } from '../../debug/conditions';
import { parseEdit } from '../../edits/language';
import { pointing, type Speaker } from '../../edits/scanner';
import { SliceScanner } from '../../edits/slice-scanner';
import { FluoroscopeError } from '../../errors';
import type { DebugAct } from './command';

export const commands = [
  ['list [all | FROM:TO]', 'the steps around the next one, all of them, or a range'],
  ['break [before|after] PLACE', 'stop before a step (its index), or after a hook name, an alias or a glob'],
  ['break if CONDITION [at NAME]', 'such as: break if |x| > 1e4 at *.hook_post; any NaN; row sums != 1'],
  ['delete ID', 'remove a breakpoint or a watch'],
  ['breakpoints', 'what there is to stop at'],
  ['step [N]', 'run N steps, 1 unless given; next is the same'],
  ['continue', 'run to the next breakpoint, or to the end'],
  ['run to PLACE', 'run to before a step, or to after a hook name'],
  ['print NAME[SLICE]', 'values of a tensor or a weight, such as blocks.0.attn.hook_pattern[head=1,query=-1]'],
  ['stats NAME[SLICE]', 'smallest, largest, mean, standard deviation, zeros, subnormals, NaN, infinities'],
  ['bits NAME[SLICE]', 'the same values as their bit patterns'],
  ['explain NAME[INDEX]', 'how one number came about: who stored it, of which operands, by which arithmetic'],
  ['watch nan | inf | range MIN MAX', 'stop where a step writes such a value, or one outside the range'],
  ['edit SPEC', 'as --edit: NAME[SLICE]:zero, :scale=0.5, :set=1, …; applied when the session goes on'],
  ['check', 'compare the last step with float64 on its own inputs'],
  ['help', 'this list'],
  ['quit', 'end the session'],
] as const;

const WORDS = [
  ...['list', 'break', 'delete', 'breakpoints', 'step', 'next', 'continue', 'run', 'print', 'stats', 'bits', 'explain'],
  ...['watch', 'edit', 'check', 'help', 'quit'],
];
const SHORT: Readonly<Record<string, string>> = {
  ...{ s: 'step', n: 'next', c: 'continue', b: 'break', l: 'list', p: 'print', q: 'quit' },
};
const DEBUG: Speaker = { name: 'debug', code: 'usage' };

/**
 * @returns null for a line that says nothing
 * @throws `usage`, `edit-invalid`, `condition-invalid`, pointing at the first character that does not fit
 */
export function parseLine(line: string): DebugAct | 'help' | 'quit' | null {
  const text = line.trim();
  return text === '' || text.startsWith('#') ? null : new Parser(text, DEBUG).line();
}

class Parser extends SliceScanner {
  line(): DebugAct | 'help' | 'quit' {
    const act = this.#act(this.#word());
    this.blanks();
    if (this.at < this.text.length) this.expected('the end');
    return act;
  }

  #word(): string {
    const start = this.at;
    const word = this.match(/[a-z]+/iy)?.toLowerCase() ?? '';
    const found = WORDS.filter((known) => known === word || known === SHORT[word]);
    const close = found.length > 0 || word === '' ? found : WORDS.filter((known) => known.startsWith(word));
    if (close.length === 1) return close[0]!;
    this.at = start;
    return this.expected(`a command: one of ${(close.length > 0 ? close : WORDS).join(', ')}`);
  }

  #act(word: string): DebugAct | 'help' | 'quit' {
    switch (word) {
      case 'list':
        return this.#list();
      case 'break':
        return this.#break();
      case 'delete':
        return { do: word, id: this.integer("a breakpoint's number") };
      case 'step':
      case 'next':
        return { do: 'step', count: this.#whole(1, 'a number of steps') ?? 1 };
      case 'run':
        if (!this.#keyword('to')) this.expected('"to" and a place');
        return { do: word, to: this.#place() };
      case 'print':
      case 'stats':
      case 'bits':
      case 'explain':
        return { do: word, tensor: this.#name(), slice: this.peek('[') ? this.slice() : [] };
      case 'watch':
        return this.#watch();
      case 'edit':
        return { do: word, edit: this.#within('an edit', parseEdit) };
      case 'help':
      case 'quit':
        return word;
      default:
        return { do: word as 'breakpoints' | 'continue' | 'check' };
    }
  }

  #list(): DebugAct {
    if (this.#keyword('all')) return { do: 'list', from: 0, to: Number.MAX_SAFE_INTEGER };
    this.blanks();
    const column = this.at;
    const from = this.#whole(0, "a step's index");
    if (from === null) return { do: 'list', from, to: null };
    this.need(':');
    const to = this.#whole(0, "a step's index") ?? this.expected("a step's index");
    if (from > to) this.refuse(column, `got a range from ${from} to ${to}, expected its lower end first`);
    return { do: 'list', from, to };
  }

  /** A whole number from `least` on, if a number comes. */
  #whole(least: number, what: string): number | null {
    this.blanks();
    const column = this.at;
    const value = this.optional();
    if (value !== null && value < least) this.refuse(column, `got ${value}, expected ${what} from ${least} on`);
    return value;
  }

  #break(): DebugAct {
    if (this.#keyword('if')) {
      this.blanks();
      const start = this.at;
      if (/\sat$/.test(this.text.slice(start))) {
        this.at = this.text.length;
        this.expected('a hook name, an alias or a glob after "at"');
      }
      // Its last "at", as no condition has that word.
      const name = /\sat\s+(\S+)\s*$/.exec(this.text.slice(start));
      const end = name ? start + name.index : this.text.length;
      const condition = this.text.slice(start, end);
      this.#pointed(start, () => parseCondition(condition));
      this.at = this.text.length;
      return { do: 'break', if: condition, ...(name && { at: name[1]! }) };
    }
    const when = this.#keyword('before') ? 'before' : this.#keyword('after') ? 'after' : undefined;
    return { do: 'break', at: this.#place(), ...(when && { when }) };
  }

  #watch(): DebugAct {
    if (this.#keyword('nan')) return { do: 'watch', for: 'nan' };
    if (this.#keyword('inf')) return { do: 'watch', for: 'inf' };
    if (!this.#keyword('range')) this.expected('nan, inf, or range and its two ends');
    this.blanks();
    const column = this.at;
    const [min, max] = [this.number('the lower end'), this.number('the upper end')];
    if (min > max) this.refuse(column, `got a range from ${min} to ${max}, expected its lower end first`);
    return { do: 'watch', for: 'range', min, max };
  }

  #keyword(word: string): boolean {
    this.blanks();
    return this.match(new RegExp(`${word}(?=\\s|$)`, 'iy')) !== undefined;
  }

  #place(): number | string {
    const name = this.#name("a step's index or a hook name");
    return /^\d+$/.test(name) ? Number(name) : name;
  }

  #name(what = 'the name of a tensor'): string {
    this.blanks();
    return this.match(/[^[\]\s]+/y) ?? this.expected(what);
  }

  /** What the rest of the line says in a language of its own. */
  #within<T>(what: string, parse: (text: string) => T): T {
    this.blanks();
    const rest = this.text.slice(this.at);
    if (rest === '') this.expected(what);
    this.at = this.text.length;
    return parse(rest);
  }

  #pointed<T>(column: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FluoroscopeError)) throw error;
      const [what, , caret = ''] = error.message.split('\n');
      throw pointing(this.text, column + caret.length - 3, what!.replace(/^The condition: /, ''), error, DEBUG);
    }
  }
}

/**
 * `--edit SPEC`: what to do to which slice of which tensor.
 *
 *     spec    = name [ slice ] ":" op
 *     slice   = "[" axis "=" index { "," axis "=" index } "]"
 *     axis    = "batch" | "pos" | "query" | "key" | "head" | "model" | "dim" | "neuron" | "vocab" | "one"
 *     index   = int                               one index; −1 is the last
 *             | [ int ] ":" [ int ]               from the first up to, not including, the second, as in Python
 *     op      = "zero"
 *             | "scale=" number
 *             | "set=" value | "add=" value
 *             | "noise=" number [ ",seed=" int ]  Gaussian, of this standard deviation in the tensor's units
 *             | "mean" [ "@" prompt ] [ ",over=" axis { "+" axis } ]
 *                                                 mean over the batch of this run, or of other prompts
 *             | "resample" [ ",seed=" int ]       each batch entry takes another's value
 *             | "patch@" prompt [ ",from=" slice ]
 *                                                 the value in another prompt's run, from the same slice or another
 *             | "freeze"                          the value in this prompt's own run without edits
 *     value   = number | vector
 *     vector  = "[" number { "," number } "]" | "@" file [ "#" tensor ]
 *                                                 a JSON list, or a tensor of a .safetensors file; along the last axes
 *     prompt  = '"' text '"' | int { "," int } { ";" int { "," int } }
 *                                                 text as a JSON string; token ids, a batch of prompts with semicolons
 *
 * Blanks between the parts are skipped. The name reaches to the first "[" or ":", a file's name to the end or to the
 * last "#".
 */
import type { Axis } from '../tensor/layout';
import { SliceScanner } from './slice-scanner';
import type { EditSpec, SpecIndex, SpecOp, SpecPrompt, SpecVector } from './spec';

const OPS = ['zero', 'scale', 'set', 'add', 'noise', 'mean', 'resample', 'patch', 'freeze'] as const;

/** @throws `edit-invalid`, pointing at the first character that does not fit */
export function parseEdit(text: string): EditSpec {
  return new Parser(text).spec();
}

class Parser extends SliceScanner {
  spec(): EditSpec {
    this.blanks();
    const name = this.match(/[^[\]:\s]+/y);
    if (!name) this.expected('the name of a tensor, such as blocks.0.attn.hook_z');
    const slice = this.peek('[') ? this.slice() : [];
    if (!this.take(':'))
      this.expected(slice.length > 0 ? '":" and an operation' : '"[" and a slice, or ":" and an operation');
    this.blanks();
    const column = this.at;
    const what = this.#op();
    this.blanks();
    if (this.at < this.text.length) this.expected('the end');
    return { text: this.text, at: name, slice, what, column };
  }

  #op(): SpecOp {
    const column = this.at;
    const word = this.match(/[a-z]+/y) ?? '';
    const op = OPS.find((known) => known === word);
    switch (op) {
      case 'zero':
      case 'freeze':
        return { op };
      case 'scale':
        this.need('=');
        return { op, by: this.number() };
      case 'set':
      case 'add':
        this.need('=');
        return { op, value: this.#value() };
      case 'noise': {
        this.need('=');
        this.blanks();
        const at = this.at;
        const std = this.number();
        if (std < 0) this.refuse(at, `got a standard deviation of ${std}, expected a number from 0 on`);
        return { op, std, ...this.#options({ seed: () => this.integer() }, { seed: 0 }) };
      }
      case 'mean': {
        const reference = this.take('@') ? this.#prompt() : null;
        return { op, reference, ...this.#options({ over: () => this.#axes() }, { over: ['batch'] as Axis[] }) };
      }
      case 'resample':
        return { op, ...this.#options({ seed: () => this.integer() }, { seed: 0 }) };
      case 'patch': {
        this.need('@');
        const source = this.#prompt();
        return {
          op,
          source,
          ...this.#options<{ from: SpecIndex[] | null }>({ from: () => this.slice() }, { from: null }),
        };
      }
      default:
        this.at = column;
        return this.expected(`an operation: one of ${OPS.join(', ')}`);
    }
  }

  /** `,key=value` for the keys that there are. */
  #options<T extends object>(parsers: { readonly [K in keyof T]: () => T[K] }, given: T): T {
    const options = { ...given };
    const known = Object.keys(parsers) as (keyof T & string)[];
    while (this.take(',')) {
      this.blanks();
      const column = this.at;
      const word = this.match(/[a-z]+/y);
      const key = known.find((name) => name === word);
      if (!key) {
        this.at = column;
        return this.expected(known.map((name) => `${name}=`).join(' or '));
      }
      this.need('=');
      this.blanks();
      options[key] = parsers[key]();
    }
    return options;
  }

  #value(): number | SpecVector {
    this.blanks();
    if (this.take('@')) return this.#file();
    const column = this.at;
    if (!this.take('[')) return this.number('a number, a list such as [1,2,3], or @file.safetensors#tensor');
    const data: number[] = [];
    do data.push(this.number());
    while (this.take(','));
    if (!this.take(']')) this.expected('"," and another number, or "]"');
    if (data.length === 0) this.refuse(column, 'the list is empty');
    return { shape: [data.length], data };
  }

  #file(): SpecVector {
    const rest = this.text.slice(this.at).trimEnd();
    const hash = rest.lastIndexOf('#');
    const file = hash < 0 ? rest : rest.slice(0, hash);
    if (file === '') this.expected('the name of a .safetensors or .json file');
    if (hash >= 0 && hash === rest.length - 1) {
      this.at += hash + 1;
      this.expected('the name of a tensor');
    }
    this.at = this.text.length;
    return { file, tensor: hash < 0 ? null : rest.slice(hash + 1) };
  }

  #prompt(): SpecPrompt {
    this.blanks();
    const column = this.at;
    if (this.peek('"')) {
      const quoted = this.match(/"(?:[^"\\]|\\.)*"/y);
      if (!quoted) this.refuse(column, 'this text has no end; close it with "');
      try {
        return JSON.parse(quoted) as string;
      } catch {
        return this.refuse(column, 'this text is no JSON string; write \\" for " and \\\\ for \\');
      }
    }
    const lists: number[][] = [];
    do {
      const ids = [this.integer('a token id, or a text in double quotes')];
      // A comma before a letter belongs to what follows the prompt.
      while (/^\s*,\s*[^a-z\s]/.test(this.text.slice(this.at)) && this.take(',')) ids.push(this.integer('a token id'));
      lists.push(ids);
    } while (this.take(';'));
    return lists;
  }

  #axes(): Axis[] {
    const axes = [this.axis()];
    while (this.take('+')) axes.push(this.axis());
    return axes;
  }
}

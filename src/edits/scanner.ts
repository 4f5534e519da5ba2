import { type ErrorCode, FluoroscopeError } from '../errors';

/** Whose text it is, and the code of an error about it. */
export interface Speaker {
  readonly name: string;
  readonly code: ErrorCode;
}

const EDIT: Speaker = { name: '--edit', code: 'edit-invalid' };

/** An error about one character of a spec, with a line that points at it. */
export function pointing(
  text: string,
  column: number,
  what: string,
  cause?: unknown,
  { name, code }: Speaker = EDIT,
): FluoroscopeError {
  const own = cause instanceof FluoroscopeError ? cause.code : code;
  return new FluoroscopeError(own, `${name}: ${what}\n  ${text}\n  ${' '.repeat(column)}^`, { cause });
}

/** Whether f32 holds the number, rounded: the GPU would make an infinity of any other. */
export function isF32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** Takes a spec apart from left to right; what does not fit is refused where it stands. */
export class Scanner {
  /** Of the character that comes next. */
  protected at = 0;

  constructor(
    protected readonly text: string,
    private readonly speaker: Speaker = EDIT,
  ) {}

  /** A whole number, if one comes. */
  protected optional(): number | null {
    this.blanks();
    const digits = this.match(/[-+−]?\d+/y);
    return digits ? Number(digits.replace('−', '-')) : null;
  }

  protected integer(what = 'a whole number'): number {
    return this.optional() ?? this.expected(what);
  }

  protected number(what = 'a number'): number {
    this.blanks();
    const start = this.at;
    const digits = this.match(/[-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/iy);
    if (!digits) return this.expected(what);
    const value = Number(digits.replace('−', '-'));
    return isF32(value) ? value : this.refuse(start, `${digits} is more than f32 can hold`);
  }

  protected match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    this.at += found?.length ?? 0;
    return found;
  }

  protected blanks(): void {
    this.match(/\s+/y);
  }

  protected peek(sign: string): boolean {
    this.blanks();
    return this.text.startsWith(sign, this.at);
  }

  /** @returns whether the sign came */
  protected take(sign: string): boolean {
    if (!this.peek(sign)) return false;
    this.at += sign.length;
    return true;
  }

  protected need(sign: string): void {
    if (!this.take(sign)) this.expected(JSON.stringify(sign));
  }

  protected expected(what: string): never {
    const [word] = /^(?:[\w.]+|.)/u.exec(this.text.slice(this.at)) ?? [];
    return this.refuse(this.at, `got ${word ? JSON.stringify(word) : 'the end'}, expected ${what}`);
  }

  protected refuse(column: number, what: string): never {
    throw pointing(this.text, column, what, undefined, this.speaker);
  }
}

import { FluoroscopeError } from '../errors';
import { show } from '../tensor/show';

const LARGEST_SIZE = 2 ** 20; // a width, a vocabulary, a context: well above those of real models

/** A config's fields, read one by one; null is as good as missing. */
export class Fields {
  constructor(
    private readonly json: Record<string, unknown>,
    private readonly where: string,
  ) {}

  /** As it is; undefined where the field is missing. */
  get(field: string): unknown {
    return Object.hasOwn(this.json, field) ? this.json[field] : undefined;
  }

  has(field: string): boolean {
    return (this.get(field) ?? null) !== null;
  }

  /** TransformerLens writes -1 for null. */
  given(field: string): boolean {
    return this.has(field) && this.get(field) !== -1;
  }

  /** A whole number from `least` to `most`. */
  size(field: string, least = 1, most = LARGEST_SIZE): number {
    const value = this.get(field) as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      this.invalid(field, `a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /** Token ids, one or a list; null where it is missing. Others than the vocabulary has may be among them. */
  ids(field: string): readonly number[] | null {
    if (!this.has(field)) return null;
    const ids = [this.get(field)].flat();
    if (ids.every((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0)) return ids;
    this.invalid(field, 'a token id or a list of them');
  }

  /** Refuses a field that contradicts the `value` that `source`, one or more other fields, gives. */
  agree(field: string, value: number, source: string): void {
    if (this.given(field) && this.get(field) !== value) this.invalid(field, `${value}, which ${source} gives`);
  }

  quotient(field: string, value: number, divisorField: string, divisor: number): number {
    if (value % divisor === 0) return value / divisor;
    this.invalid(field, `a multiple of ${divisorField}, which is ${divisor}`);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback;
    if (typeof value !== 'boolean') this.invalid(field, 'true or false');
    return value;
  }

  /** Added to a variance; 1e-5 where missing, as GPT-2 and TransformerLens have it. */
  epsilon(field: string): number {
    const value = this.get(field) ?? 1e-5;
    const fits = typeof value === 'number' && value >= 0 && Number.isFinite(Math.fround(value)); // the GPU adds in f32
    if (!fits) this.invalid(field, 'a number, 0 or more, that f32 can hold');
    return value;
  }

  /** One of the keys of `choices`, for its value. */
  choice<T>(field: string, choices: Readonly<Record<string, T>>): T {
    const value = this.get(field);
    if (typeof value !== 'string') this.invalid(field, `one of ${Object.keys(choices).join(', ')}`);
    if (Object.hasOwn(choices, value)) return choices[value]!;
    return this.unsupported(field, Object.keys(choices));
  }

  /** Refuses a feature that would silently give wrong numbers; a missing field passes. */
  expect(field: string, supported: readonly unknown[]): void {
    const value = this.get(field);
    if (value === undefined || supported.some((other) => show(other) === show(value))) return;
    this.unsupported(field, supported);
  }

  private unsupported(field: string, supported: readonly unknown[]): never {
    const value = show(this.get(field));
    const expected = `expected ${supported.map(show).join(' or ')}`;
    throw new FluoroscopeError(
      'architecture-unknown',
      `${this.where}: ${field} ${value} is not supported; ${expected}`,
    );
  }

  private invalid(field: string, expected: string): never {
    const got = this.get(field) === undefined ? 'is missing' : `is ${show(this.get(field))}`;
    throw new FluoroscopeError('config-invalid', `${this.where}: ${field} ${got}, expected ${expected}`);
  }
}

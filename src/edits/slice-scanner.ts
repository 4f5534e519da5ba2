import { AXES, type Axis } from '../tensor/layout';
import { Scanner } from './scanner';
import type { SpecIndex } from './spec';

/** Scans slices, as language.ts has them. */
export class SliceScanner extends Scanner {
  protected slice(): SpecIndex[] {
    this.need('[');
    const slice: SpecIndex[] = [];
    do {
      this.blanks();
      const column = this.at;
      const axis = this.axis();
      if (slice.some((given) => given.axis === axis)) this.refuse(column, `the axis ${axis} is given twice`);
      this.need('=');
      slice.push({ axis, index: this.#index(), column });
    } while (this.take(','));
    if (!this.take(']')) this.expected('"," and another axis, or "]"');
    return slice;
  }

  #index(): SpecIndex['index'] {
    const from = this.optional();
    if (!this.take(':')) return from ?? this.expected('an index such as 3 or −1, or a range such as 2:5');
    return [from, this.optional()];
  }

  protected axis(): Axis {
    this.blanks();
    const column = this.at;
    const word = this.match(/[a-z]+/y);
    const axis = AXES.find((known) => known === word);
    if (axis) return axis;
    this.at = column;
    return this.expected(`an axis: one of ${AXES.join(', ')}`);
  }
}

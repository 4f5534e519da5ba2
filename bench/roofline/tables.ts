/** The roofline as tables, for the command line and the site. */
import type { Product, RooflineReport } from './report';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Shares that are aimed at: of arithmetic alone for products, of the copy for a row times a matrix. */
export const AIMS = { product: 0.5, vector: 0.8 } as const;

const share = (value: number, of: number) => `${((100 * value) / of).toFixed(0)} %`;
const sizes = ({ rows, inner, cols }: Product) => `${rows}×${inner}×${cols}`;

export function tablesOf({ ceilings, products, chosen, vectors, passes }: RooflineReport): Table[] {
  const { copy, arithmetic, product } = ceilings;
  return [
    {
      title: 'Ceilings, measured in this run',
      head: ['', 'a second'],
      rows: [
        ['copy from buffer to buffer, read and written', `${copy.toFixed(1)} GB`],
        ['multiply-adds alone, f32', `${arithmetic.toFixed(1)} GFLOP`],
        ['the fastest product of any variant', `${product.toFixed(1)} GFLOP`],
      ],
    },
    {
      title: `Products in f32; ${chosen} is what runs here`,
      head: ['', 'ms', 'GFLOP/s', 'of multiply-adds alone'],
      rows: products.map((one) => [
        `${sizes(one)} ${one.variant}`,
        one.ms.toFixed(3),
        one.gflops.toFixed(1),
        share(one.gflops, arithmetic),
      ]),
    },
    {
      title: `A row times a matrix, ${chosen}; what a cache holds may be faster than the copy`,
      head: ['', 'ms', 'GB/s', 'of the copy'],
      rows: vectors.map((one) => [
        `${sizes(one)} ${one.precision}`,
        one.ms.toFixed(3),
        one.gbytes.toFixed(1),
        share(one.gbytes, copy),
      ]),
    },
    {
      title: 'Passes with every value kept',
      head: ['', 'ms', 'roofline ms', 'times the roofline'],
      rows: passes.map(({ shape, precision, tokens, ms, rooflineMs }) => [
        `${shape}, ${tokens} tokens, matrices in ${precision}`,
        ms.toFixed(2),
        rooflineMs.toFixed(2),
        `${(ms / rooflineMs).toFixed(1)}×`,
      ]),
    },
  ];
}

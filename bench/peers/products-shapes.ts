/** Products of matrices to be raced, y [rows, cols] = x [rows, inner] · w [inner, cols]. */

export interface ProductShape {
  readonly name: string;
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
}

const square = (size: number): ProductShape => ({ name: String(size), rows: size, inner: size, cols: size });

/** Squares, and one token's products in GPT-2 small: of attention, into and out of the neurons. */
export const PRODUCTS: readonly ProductShape[] = [
  ...[256, 512, 1024, 2048, 4096].map(square),
  { name: 'attention', rows: 1, inner: 768, cols: 768 },
  { name: 'into neurons', rows: 1, inner: 768, cols: 3072 },
  { name: 'out of neurons', rows: 1, inner: 3072, cols: 768 },
];

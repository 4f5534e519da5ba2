/** What is no number, in hatches. They come after the first picture. */
import { FINITE, NumberKind } from '../../src/viewer';
import { colorIndex, packedColors } from '../shared/colors';
import { drawnKind, kindsIn } from './drawn-kind';
import { hatches, TILE } from './hatches';
import type { Blocks, Coloring } from './paint-cells';
import type { Cells } from './pyramid';

/** A hatch begins with as many pixels of its back, so that a block of a pixel or two is not lost in a line. */
const EDGE = 3;

const tilesBy = new Map<boolean, Uint32Array[]>();

/** Over painted cells. */
export function paintHatches({ level, rows, cols }: Blocks, pixels: Uint32Array, dark: boolean): void {
  if (kindsIn(level) <= FINITE) return;
  const tiles = tilesOf(dark);
  for (let y = 0; y < rows.length; y++) {
    if (rows[y]! < 0) continue;
    const [start, from] = [rows[y]! * level.cols, y * cols.length];
    let [last, run] = [0, 0];
    for (let x = 0; x < cols.length; x++) {
      if (cols[x]! < 0) continue;
      const kind = drawnKind(level.kinds[start + cols[x]!]!);
      run = kind === last ? run + 1 : 1;
      last = kind;
      if (kind !== NumberKind.normal) {
        pixels[from + x] = tiles[kind]![run < EDGE ? 0 : 1 + (y % TILE) * TILE + (x % TILE)]!;
      }
    }
  }
}

/** Each hatch by its kind of number: its back, and its tile of pixels. */
function tilesOf(dark: boolean): readonly Uint32Array[] {
  let tiles = tilesBy.get(dark);
  if (tiles) return tiles;
  tiles = [];
  for (const [kind, hatch] of hatches) {
    const colors = packedColors(dark ? hatch.dark : hatch.light);
    const tile = Array.from({ length: TILE * TILE }, (_, i) => hatch.second(i % TILE, Math.floor(i / TILE)));
    tiles[kind] = Uint32Array.from([false, ...tile], (isLine) => colors[isLine ? 1 : 0]!);
  }
  tilesBy.set(dark, tiles);
  return tiles;
}

/** The colour of a block, or the hatch that it has instead. */
export function lookOf({ values, kinds }: Cells, i: number, { scale, min, max }: Coloring, dark: boolean) {
  const hatch = hatches.get(drawnKind(kinds[i]!));
  return hatch ? { hatch } : { color: (dark ? scale.dark : scale.light)[colorIndex(values[i]!, min, max)]! };
}

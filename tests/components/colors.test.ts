/**
 * The colour scales as they look to people who lack one kind of cone, simulated after Machado, Oliveira and Fernandes 2009
 * (culori's filters). A heatmap is read by lightness; where two hues meet, they must stay apart.
 */
import {
  type Color,
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
} from 'culori';
import { describe, expect, test } from 'vitest';
import { type ColorScale, diverging, type Rgb, sequential } from '../../components/shared/colors';

const SIGHTS = {
  'all cones': (color: Color) => color,
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
} as const;
type Sight = keyof typeof SIGHTS;
const sights = Object.keys(SIGHTS) as Sight[];

const lab = converter('lab65');
/** CIEDE2000: about 1 is the least difference that is seen side by side (Sharma, Wu and Dalal 2005 scale it so). */
const difference = differenceCiede2000();
const SEEN = 1;

function seen([r, g, b]: Rgb, sight: Sight): Color {
  return SIGHTS[sight]({ mode: 'rgb', r: r / 255, g: g / 255, b: b / 255 } as Color);
}

function lightness(color: Rgb, sight: Sight): number {
  return lab(seen(color, sight)).l;
}

/** A step of 8 of 256 colours: 32 shades, as many as a legend's reader can hope to tell. */
const STEP = 8;
/** A colour's channels are rounded to 1/255, which moves its lightness by this at the most: 116/3 · ½/255 near black. */
const ROUNDING = 0.1;

function each(scale: ColorScale, scheme: 'light' | 'dark'): readonly Rgb[] {
  return scale[scheme].filter((_, i) => i <= 255 && (i % STEP === 0 || i === 255));
}

describe.each(sights)('with %s', (sight) => {
  test.each(['light', 'dark'] as const)(
    'the sequential scale has one direction of lightness in %s, in steps that are seen',
    (scheme) => {
      const colors = each(sequential, scheme);
      const direction = scheme === 'light' ? -1 : 1;
      for (let i = 1; i < colors.length; i++) {
        const step = direction * (lightness(colors[i]!, sight) - lightness(colors[i - 1]!, sight));
        expect(step, `step ${i}`).toBeGreaterThan(ROUNDING);
        expect(difference(seen(colors[i]!, sight), seen(colors[i - 1]!, sight)), `step ${i}`).toBeGreaterThan(SEEN);
      }
    },
  );

  test.each(['light', 'dark'] as const)(
    'the diverging scale goes away from the middle on both sides in %s',
    (scheme) => {
      const colors = diverging[scheme];
      const direction = scheme === 'light' ? -1 : 1;
      for (const side of [-1, 1]) {
        for (let away = STEP; away <= 120; away += STEP) {
          const [near, far] = [away - STEP, away].map((by) => colors[Math.round(127.5 + side * (by + 0.5))]!) as [
            Rgb,
            Rgb,
          ];
          const step = direction * (lightness(far, sight) - lightness(near, sight));
          expect(step, `${side * away} from the middle`).toBeGreaterThan(ROUNDING);
        }
      }
    },
  );

  test.each(['light', 'dark'] as const)('the two sides of the diverging scale are told apart in %s', (scheme) => {
    const colors = diverging[scheme];
    // From an eighth of the range on; nearer to the middle both are meant to look like nothing.
    for (let away = 16; away <= 127; away += STEP) {
      const [less, more] = [colors[127 - away]!, colors[128 + away]!].map((color) => seen(color, sight)) as [
        Color,
        Color,
      ];
      expect(difference(less, more), `±${away}`).toBeGreaterThan(SEEN);
    }
  });
});

test('the test sees a scale that is not fit: red to green of one lightness', () => {
  const [red, green]: [Rgb, Rgb] = [
    [200, 80, 60],
    [110, 130, 40],
  ];
  expect(difference(seen(red, 'all cones'), seen(green, 'all cones'))).toBeGreaterThan(30);
  expect(difference(seen(red, 'deuteranopia'), seen(green, 'deuteranopia'))).toBeLessThan(
    difference(seen(red, 'all cones'), seen(green, 'all cones')) / 2,
  );
});

import { interpolateMagma, interpolateRdBu } from 'd3-scale-chromatic';
import { expect, test } from 'vitest';
import { parse } from '../../components/shared/colors';
import { magma, redToBlue } from '../../components/shared/scales';

const places = Array.from({ length: 10_001 }, (_, i) => i / 10_000);

test('the colour scales are d3-scale-chromatic’s', () => {
  expect(places.map(magma)).toEqual(places.map((t) => parse(interpolateMagma(t))));
  // d3 works out each channel in another order: a half may be rounded the other way.
  const far = places.filter((t) => {
    const theirs = parse(interpolateRdBu(t));
    return redToBlue(t).some((channel, c) => Math.abs(channel - theirs[c]!) > 1);
  });
  expect(far).toEqual([]);
  const different = places.filter((t) => String(redToBlue(t)) !== String(parse(interpolateRdBu(t))));
  expect(different.length).toBeLessThan(10);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GAP_RING,
  missingSteps,
  naturalPeriod,
  noteGap,
  revisedCadence,
} from '../../src/stream/cadence.ts';

function cadenceOf(gapsMs: readonly number[]): number {
  const gaps = new Float64Array(GAP_RING);
  const count = new Uint32Array(1);
  let cadence = Number.NaN;
  for (const gap of gapsMs) {
    noteGap(gaps, count, 0, gap);
    cadence = revisedCadence(gaps, count, 0, cadence);
  }
  return cadence;
}

describe('the cadence', () => {
  it.each([
    [59_900, 60_000],
    [61_000, 60_000],
    [3_599_000, 3_600_000],
    [998, 1_000],
    [86_400_500, 86_400_000],
    [7 * 60_000, 7 * 60_000],
    [0.2, 1],
  ])('of a gap of %d ms is %d ms', (gap, period) => {
    expect(naturalPeriod(gap)).toBe(period);
  });

  it('is there from the first gap on', () => {
    expect(cadenceOf([60_050])).toBe(60_000);
  });

  it('is not moved by a single long silence', () => {
    expect(cadenceOf([...Array(20).fill(10_000), 500_000, 10_000])).toBe(10_000);
  });

  it('follows the stream once most of its newest gaps have changed', () => {
    expect(cadenceOf([...Array(20).fill(60_000), ...Array(16).fill(10_000)])).toBe(10_000);
  });

  it('never depends on the order of the gaps within the ring', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 1e7 }), {
      minLength: 2,
      maxLength: GAP_RING - 1,
    });
    fc.assert(
      fc.property(gaps, (list) => {
        expect(cadenceOf([...list].reverse())).toBe(cadenceOf(list));
      }),
    );
  });

  it.each([
    [60_000, 0],
    [90_000, 0],
    [90_001, 1],
    [120_000, 1],
    [180_000, 2],
    [600_000, 9],
  ])('misses in a gap of %d ms at one minute %d steps', (gap, missing) => {
    expect(missingSteps(gap, 60_000)).toBe(missing);
  });
});

import { describe, expect, it } from 'vitest';
import { IntervalSums } from '../../src/evaluation/interval-sums.ts';

/** Adds one target after the other, inside or outside of ±1. */
function judged(inside: readonly boolean[], streams = 1): IntervalSums {
  const sums = new IntervalSums({ streams, cells: 1, levels: [0.8] });
  for (let stream = 0; stream < streams; stream++) {
    for (const isInside of inside) sums.add(stream, 0, isInside ? 0 : 2, Float64Array.of(-1, 1));
  }
  return sums;
}

/** Stretches of 250 targets, each with so many outside. */
const stretches = (misses: readonly number[]) =>
  misses.flatMap((count) => Array.from({ length: 250 }, (_, i) => i >= count));

describe('IntervalSums', () => {
  it('counts a target on a bound as inside', () => {
    const sums = new IntervalSums({ streams: 1, cells: 1, levels: [0.8] });
    sums.add(0, 0, 1, Float64Array.of(-1, 1));
    sums.add(0, 0, -1, Float64Array.of(-1, 1));
    expect(sums.coverage(0, 0)).toBe(1);
  });

  it('takes the 5th percentile of the stretches as the worst', () => {
    const misses = Array.from({ length: 40 }, (_, i) => i);
    expect(judged(stretches(misses)).worst(0, 0)).toBe((250 - 37) / 250);
  });

  it('knows no worst stretch before one is over, and leaves out a begun one', () => {
    expect(judged(stretches([50]).slice(0, 249)).worst(0, 0)).toBeNaN();
    const begun = [...stretches([50]), ...new Array<boolean>(249).fill(false)];
    expect(judged(begun).worst(0, 0)).toBe(0.8);
  });

  it('does not let a stretch go on from one stream to the next', () => {
    expect(judged(stretches([50]).slice(0, 200), 2).worst(0, 0)).toBeNaN();
  });
});

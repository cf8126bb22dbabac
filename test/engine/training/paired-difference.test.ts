import { describe, expect, it } from 'vitest';
import { PairedDifference } from '../../../src/engine/training/paired-difference.ts';
import { Random } from '../../../src/numerics/random.ts';

describe('PairedDifference', () => {
  it('tells nothing before 256 pairs', () => {
    const difference = new PairedDifference();
    for (let k = 0; k < 255; k++) difference.add(1, 0);
    expect(difference.decidable).toBe(false);
    expect(difference.standardErrors()).toBe(0);
    difference.add(1, 0);
    expect(difference.decidable).toBe(true);
    expect(difference.standardErrors()).toBe(Number.POSITIVE_INFINITY);
    expect([difference.pairs, difference.meanA, difference.meanB]).toEqual([256, 1, 0]);
  });

  it('gives no difference between equals', () => {
    const difference = new PairedDifference();
    for (let k = 0; k < 5000; k++) difference.add(k % 7, k % 7);
    expect(difference.standardErrors()).toBe(0);
  });

  it('sees a small steady difference in much noise, whichever side it is on', () => {
    const random = new Random(4);
    for (const sign of [1, -1]) {
      const difference = new PairedDifference();
      for (let k = 0; k < 20_000; k++) difference.add(sign * 0.1 + random.gaussian(), 0);
      expect(sign * difference.standardErrors()).toBeGreaterThan(5);
    }
  });

  it('seldom takes a slowly wandering difference of mean 0 for a real one', () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = new Random(seed);
      const difference = new PairedDifference();
      let wandering = 0;
      for (let k = 0; k < 4000; k++) {
        wandering = 0.95 * wandering + random.gaussian();
        difference.add(wandering, 0);
      }
      if (difference.standardErrors() > 2) alarms++;
    }
    // Independent pairs would alarm in 2 %; a test that took these for independent, in 37 %.
    expect(alarms).toBeLessThan(16);
  });
});

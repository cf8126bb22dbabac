import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/numerics/normal-quantile.ts';

describe('normalQuantile', () => {
  // From the tables of the normal distribution.
  it.each([
    [0.5, 0],
    [0.75, 0.67449],
    [0.9, 1.281552],
    [0.975, 1.959964],
    [0.995, 2.575829],
    [0.001, -3.090232],
  ])('of %d is %d', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-4);
  });

  it('is odd about one half', () => {
    for (const p of [0.01, 0.2, 0.4]) {
      expect(normalQuantile(p)).toBeCloseTo(-normalQuantile(1 - p), 6);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { huber, huberDerivative } from '../../src/numerics/losses.ts';

describe('Huber loss', () => {
  it('is a parabola near 0 and a line beyond, and joins without a step', () => {
    expect([0, 0.5, -0.5, 1, -1, 3, -3].map(huber)).toEqual([0, 0.125, 0.125, 0.5, 0.5, 2.5, 2.5]);
  });

  it('has the derivative of central differences', () => {
    for (const error of [-7, -1.5, -0.9, -0.1, 0, 0.3, 0.99, 1.2, 40]) {
      const numeric = (huber(error + 1e-6) - huber(error - 1e-6)) / 2e-6;
      // Rounding of losses up to 40 over a step of 1e-6.
      expect(Math.abs(huberDerivative(error) - numeric)).toBeLessThan(1e-8);
    }
  });

  it('hands NaN on, so that a diverged network is seen', () => {
    expect(huber(Number.NaN)).toBeNaN();
    expect(huberDerivative(Number.NaN)).toBeNaN();
  });
});

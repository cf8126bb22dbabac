import { describe, expect, it } from 'vitest';
import { sigmoid, tanh } from '../../src/numerics/activation.ts';

describe('activation functions', () => {
  it('equal the functions of Math to a few roundings, far out and close to 0', () => {
    let [sigmoidError, tanhError] = [0, 0];
    for (let a = -60; a < 60; a += 0.00137) {
      sigmoidError = Math.max(sigmoidError, Math.abs(sigmoid(a) - 1 / (1 + Math.exp(-a))));
      tanhError = Math.max(tanhError, Math.abs(tanh(a) - Math.tanh(a)));
    }
    // Three roundings of numbers of at most 2.
    expect(sigmoidError).toBeLessThan(1e-15);
    expect(tanhError).toBeLessThan(1e-15);
  });

  it('reach their limits at infinity and hand NaN on', () => {
    expect([sigmoid(-Infinity), sigmoid(Infinity)]).toEqual([expect.closeTo(0, 16), 1]);
    expect([tanh(-Infinity), tanh(Infinity), tanh(0)]).toEqual([-1, 1, 0]);
    expect([sigmoid(Number.NaN), tanh(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('never leave their range', () => {
    for (let a = -45; a < 45; a += 0.0173) {
      expect(sigmoid(a) >= 0 && sigmoid(a) <= 1 && Math.abs(tanh(a)) <= 1).toBe(true);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdamState, adamStep, createAdamState } from '../../src/numerics/adam.ts';
import { Random } from '../../src/numerics/random.ts';
import { gaussianArray } from './network-cases.ts';

const OPTIONS = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

describe('Adam', () => {
  it('moves each weight by the learning rate against the sign of its first gradient', () => {
    const weights = new Float32Array(3);
    adamStep(weights, Float32Array.of(100, -0.001, 0), createAdamState(3), OPTIONS);
    expect(weights[0]).toBeCloseTo(-0.01, 7);
    expect(weights[1]).toBeCloseTo(0.01, 6);
    expect(weights[2]).toBe(0);
  });

  it('finds the minimum of a parabola', () => {
    const weights = Float32Array.of(3, -2);
    const state = createAdamState(2);
    for (let i = 0; i < 2000; i++) {
      adamStep(weights, Float32Array.of(weights[0]! - 1, 50 * weights[1]!), state, OPTIONS);
    }
    expect(weights[0]).toBeCloseTo(1, 3);
    expect(weights[1]).toBeCloseTo(0, 3);
    expect(state.step).toBe(2000);
  });

  it('continues from a kept state with the same bits', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(5), (seed, before) => {
        const random = new Random(seed);
        const weights = gaussianArray(7, random);
        const state = createAdamState(7);
        for (let i = 0; i < before; i++) {
          adamStep(weights, gaussianArray(7, random), state, OPTIONS);
        }
        const kept = JSON.parse(
          JSON.stringify({ m: [...state.m], v: [...state.v], step: state.step }),
        );
        const restored: AdamState = {
          m: Float32Array.from(kept.m),
          v: Float32Array.from(kept.v),
          step: kept.step,
        };
        const copy = weights.slice();
        const gradient = gaussianArray(7, random);
        adamStep(weights, gradient, state, OPTIONS);
        adamStep(copy, gradient, restored, OPTIONS);
        expect(copy).toEqual(weights);
        expect(restored).toEqual(state);
      }),
    );
  });
});

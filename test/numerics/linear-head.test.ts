import { describe, expect, it } from 'vitest';
import {
  headBackward,
  headForward,
  headParameterCount,
  headParameters,
} from '../../src/numerics/linear-head.ts';
import { Random } from '../../src/numerics/random.ts';
import { centralDifferences, largestDifference } from './central-differences.ts';

describe('linear head', () => {
  it('adds the state, the skip from the inputs and the bias', () => {
    const p = headParameters(Float64Array.of(2, 3, 5, 7, 11, 13, 17, 19), 0, { X: 1, H: 2, O: 2 });
    const y = new Float64Array(2);
    headForward(p, 1, Float64Array.of(1, 10), Float64Array.of(100), y);
    expect([...y]).toEqual([2 + 30 + 1100 + 17, 5 + 70 + 1300 + 19]);
  });

  it('has the gradients of central differences', () => {
    const [N, X, H, O] = [3, 5, 6, 7];
    const random = new Random(1);
    const draw = (count: number) => Float64Array.from({ length: count }, () => random.gaussian());
    const weights = draw(headParameterCount(X, H, O));
    const dweights = new Float64Array(weights.length);
    const [h, x, dy, y] = [draw(N * H), draw(N * X), draw(N * O), draw(N * O)];
    const dh = new Float64Array(N * H);
    const p = headParameters(weights, 0, { X, H, O });
    const loss = () => {
      headForward(p, N, h, x, y);
      return y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
    };
    const expectedWeights = centralDifferences(weights, loss);
    const expectedH = centralDifferences(h, loss);
    headBackward(p, headParameters(dweights, 0, { X, H, O }), N, h, x, dy, dh);
    const found = largestDifference('weights', dweights, expectedWeights);
    // The head is linear: what is left is rounding, 1e-15 of sums near 100 over a step of 1e-5.
    expect(found.difference, found.message).toBeLessThan(1e-8);
    const foundH = largestDifference('h', dh, expectedH);
    expect(foundH.difference, foundH.message).toBeLessThan(1e-8);
  });
});

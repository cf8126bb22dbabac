import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLinear,
  addLinearInputGradient,
  addLinearWeightGradient,
  addRowSum,
  fillRows,
} from '../../src/numerics/linear-map.ts';
import { Random } from '../../src/numerics/random.ts';
import { largestDifference } from './central-differences.ts';
import { gaussianArray } from './network-cases.ts';

const sizes = fc.record({
  N: fc.integer({ min: 0, max: 5 }),
  K: fc.integer({ min: 1, max: 11 }),
  R: fc.integer({ min: 1, max: 11 }),
  seed: fc.nat(),
});

/** Σ over all n, k, r, one product at a time: the definition of the three maps. */
function eachProduct(
  { N, K, R }: { N: number; K: number; R: number },
  visit: (nk: number, nr: number, rk: number) => void,
): void {
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < R; r++) {
      for (let k = 0; k < K; k++) visit(n * K + k, n * R + r, r * K + k);
    }
  }
}

describe('linear map', () => {
  it('equals its definition at every size, and adds to what was there', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { N, K, R, seed } = size;
        const random = new Random(seed);
        const draw = (count: number) => Float64Array.from(gaussianArray(count, random));
        const [x, w, y] = [draw(N * K), draw(R * K), draw(N * R)];
        const [dx, dw, dy] = [draw(N * K), draw(R * K), draw(N * R)];
        const expected = { y: y.slice(), dx: dx.slice(), dw: dw.slice() };
        eachProduct(size, (nk, nr, rk) => {
          expected.y[nr]! += x[nk]! * w[rk]!;
          expected.dx[nk]! += dy[nr]! * w[rk]!;
          expected.dw[rk]! += dy[nr]! * x[nk]!;
        });
        addLinear(y, x, w, N, K, R);
        addLinearInputGradient(dx, dy, w, N, K, R);
        addLinearWeightGradient(dw, dy, x, N, K, R);
        // The same products added in the same order: not even the last bit may differ.
        for (const [name, actual] of Object.entries({ y, dx, dw })) {
          const found = largestDifference(name, actual, expected[name as keyof typeof expected]);
          expect(found.difference, found.message).toBe(0);
        }
      }),
    );
  });

  it('starts rows from a bias and sums them for its gradient', () => {
    const y = new Float64Array(6).fill(9);
    fillRows(y, Float64Array.of(1, 2, 3), 2, 3);
    expect([...y]).toEqual([1, 2, 3, 1, 2, 3]);
    const dbias = Float64Array.of(10, 20, 30);
    addRowSum(dbias, y, 2, 3);
    expect([...dbias]).toEqual([12, 24, 36]);
  });
});

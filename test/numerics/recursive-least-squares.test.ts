import { describe, expect, it } from 'vitest';
import { Random } from '../../src/numerics/random.ts';
import { RecursiveLeastSquares } from '../../src/numerics/recursive-least-squares.ts';

const PRIOR = 10;

interface Step {
  readonly x: Float64Array;
  readonly base: number;
  readonly y: number;
}

/** Steps whose next values follow from the features, with noise. */
function steps(count: number, features: number, seed = 1): Step[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const x = Float64Array.from({ length: features }, () => random.gaussian());
    return { x, base: random.gaussian(), y: random.gaussian() + 2 };
  });
}

function run(list: readonly Step[], leads: number, forgetting: number): RecursiveLeastSquares {
  const features = list[0]!.x.length;
  const clipDeviations = Number.POSITIVE_INFINITY;
  const model = new RecursiveLeastSquares({ features, leads, forgetting, clipDeviations });
  for (const { x, base, y } of list) {
    model.learn(y);
    model.advance(x, base);
  }
  return model;
}

/** Solves A w = b by elimination with pivots. */
function solve(a: number[][], b: number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]!]);
  const n = b.length;
  for (let column = 0; column < n; column++) {
    const below = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + below.indexOf(Math.max(...below));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= n; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

/** Weights of one lead that minimise Σ λ^age (target − wᵀx)² + λ^count |w|² / PRIOR over answered steps. */
function batchWeights(list: readonly Step[], lead: number, forgetting: number): number[] {
  const d = list[0]!.x.length;
  const answered = list.length - lead;
  const a = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => (i === j ? forgetting ** answered / PRIOR : 0)),
  );
  const b = new Array<number>(d).fill(0);
  for (let t = 0; t < answered; t++) {
    const weight = forgetting ** (answered - 1 - t);
    const { x, base } = list[t]!;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) a[i]![j]! += weight * x[i]! * x[j]!;
      b[i]! += weight * x[i]! * (list[t + lead]!.y - base);
    }
  }
  return solve(a, b);
}

describe('RecursiveLeastSquares', () => {
  it.each([
    [1, 1, 1],
    [3, 2, 0.99],
    [7, 5, 0.9],
  ])('with %i features and %i leads agrees with a batch regression', (d, leads, forgetting) => {
    const list = steps(120, d);
    const model = run(list, leads, forgetting);
    const probe = Float64Array.from({ length: d }, (_, i) => i - 1.5);
    const predicted = new Float64Array(leads);
    model.predict(probe, predicted, 0);
    for (let lead = 1; lead <= leads; lead++) {
      const weights = batchWeights(list, lead, forgetting);
      const expected = weights.reduce((sum, w, i) => sum + w * probe[i]!, 0);
      expect(predicted[lead - 1]).toBeCloseTo(expected, 8);
    }
  });

  it('learns nothing of a lead before its first answer has come', () => {
    const model = run(steps(5, 3), 8, 1);
    const predicted = new Float64Array(8);
    model.predict(Float64Array.of(1, 1, 1), predicted, 0);
    expect([...predicted.slice(0, 4)].every((value) => value !== 0)).toBe(true);
    expect([...predicted.slice(4)]).toEqual([0, 0, 0, 0]);
  });

  it('learns nothing from missing values and from guessed features', () => {
    const list = steps(60, 3);
    const predicted = [new Float64Array(2), new Float64Array(2)];
    const options = { features: 3, leads: 2, forgetting: 0.99, clipDeviations: 6 };
    const model = new RecursiveLeastSquares(options);
    for (const { x, base, y } of list) {
      model.learn(y);
      model.advance(x, base);
    }
    model.predict(list[0]!.x, predicted[0]!, 0);
    for (let i = 0; i < 4; i++) {
      model.learn(Number.NaN);
      model.advance(Float64Array.of(1e9, 1e9, 1e9), Number.NaN);
    }
    model.learn(5e9);
    model.predict(list[0]!.x, predicted[1]!, 0);
    expect(predicted[1]).toEqual(predicted[0]);
  });

  it('is not carried away by an outlier when errors are clipped, and is when not', () => {
    const [clipped, exact] = [6, Number.POSITIVE_INFINITY].map((clipDeviations) => {
      const random = new Random(3);
      const options = { features: 2, leads: 1, forgetting: 0.999, clipDeviations };
      const model = new RecursiveLeastSquares(options);
      for (let t = 0; t < 1_000; t++) {
        model.learn(t === 900 ? 1e4 : random.gaussian());
        model.advance(Float64Array.of(1, random.gaussian()), 0);
      }
      const predicted = new Float64Array(1);
      model.predict(Float64Array.of(1, 0), predicted, 0);
      return Math.abs(predicted[0]!);
    });
    expect(clipped).toBeLessThan(0.2);
    expect(exact).toBeGreaterThan(1);
  });

  it('stays finite when the features say the same for 100,000 steps and then something else', () => {
    const options = { features: 3, leads: 2, forgetting: 0.99, clipDeviations: 6 };
    const model = new RecursiveLeastSquares(options);
    const predicted = new Float64Array(2);
    for (let t = 0; t < 101_000; t++) {
      const x = t < 100_000 ? Float64Array.of(1, 0, 0) : Float64Array.of(1, 1e3, -1e3 * (t % 2));
      model.learn(t % 7);
      model.advance(x, 0);
      model.predict(x, predicted, 0);
    }
    expect(predicted.every(Number.isFinite)).toBe(true);
    expect(Math.abs(predicted[0]!)).toBeLessThan(10);
  });

  it('goes on after features that no number can hold', () => {
    const model = run(steps(50, 2), 1, 0.99);
    model.advance(Float64Array.of(1e200, 1e200), 0);
    for (let t = 0; t < 500; t++) {
      model.learn(3);
      model.advance(Float64Array.of(1, 0), 0);
    }
    const predicted = new Float64Array(1);
    model.predict(Float64Array.of(1, 0), predicted, 0);
    expect(predicted[0]).toBeCloseTo(3, 1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parameterCount, stateSize } from '../../../src/numerics/network-layout.ts';
import { Random } from '../../../src/numerics/random.ts';
import type { GradientKernel, NetworkShape } from '../../../src/numerics/recurrent-kernel.ts';
import { fastestVariant } from '../../../src/numerics/simd/dialect.ts';
import { compileGradient, createSimdGradient } from '../../../src/numerics/simd/simd-gradient.ts';
import { createReadableGradient } from '../../../src/numerics/truncated-bptt.ts';
import { centralDifferences, largestDifference } from '../central-differences.ts';
import { CELL_KINDS, gaussianArray, randomBatch } from '../network-cases.ts';

/** Of the largest gradient of all weights; found 7e-7. */
const RELATIVE_TOLERANCE = 1e-5;

function simdGradient(shape: NetworkShape): GradientKernel {
  const variant = fastestVariant();
  if (variant === null) throw new Error('expected a machine with WebAssembly SIMD');
  return createSimdGradient(compileGradient(shape, variant));
}

function moderateWeights(shape: NetworkShape, random: Random): Float32Array {
  const scale = 1 / Math.sqrt(shape.inputs + shape.hidden);
  return Float32Array.from({ length: parameterCount(shape) }, () => scale * random.gaussian());
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

const cases = fc.record({
  shape: fc.record({
    cell: fc.constantFrom(...CELL_KINDS),
    inputs: fc.integer({ min: 1, max: 64 }),
    hidden: fc.integer({ min: 1, max: 70 }),
    layers: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 50 }),
  }),
  windows: fc.integer({ min: 1, max: 9 }),
  steps: fc.integer({ min: 1, max: 7 }),
  seed: fc.nat(),
});

describe('SIMD gradient', () => {
  it('agrees with the readable one on any shape and batch', () => {
    fc.assert(
      fc.property(cases, ({ shape, windows, steps, seed }) => {
        const random = new Random(seed);
        const weights = moderateWeights(shape, random);
        const batch = randomBatch(shape, { windows, steps }, random);
        const [fast, readable] = [weights.slice(), weights.slice()];
        const loss = simdGradient(shape).gradient(weights, batch, fast);
        const expected = createReadableGradient(shape).gradient(weights, batch, readable);
        expect(Math.abs(loss - expected)).toBeLessThanOrEqual(RELATIVE_TOLERANCE * expected);
        const { difference, message } = largestDifference('gradient', fast, readable);
        expect(difference, message).toBeLessThanOrEqual(RELATIVE_TOLERANCE * largest(readable));
      }),
      { numRuns: 60 },
    );
  });

  it.each(CELL_KINDS)('has the gradient of central differences in float64 (%s)', (cell) => {
    const shape: NetworkShape = { cell, inputs: 5, hidden: 6, layers: 2, outputs: 3 };
    const random = new Random(11);
    const weights = moderateWeights(shape, random);
    const batch = randomBatch(shape, { windows: 3, steps: 6 }, random);
    const gradient = new Float32Array(weights.length);
    simdGradient(shape).gradient(weights, batch, gradient);
    const exact = Float64Array.from(weights);
    const readable = createReadableGradient(shape);
    const unused = new Float64Array(weights.length);
    const expected = centralDifferences(exact, () => readable.gradient(exact, batch, unused));
    gradient.forEach((d, i) => {
      // Relative to the gradient itself, but for those that are nearly 0 beside the largest.
      const scale = Math.max(Math.abs(expected[i]!), 1e-3 * largest(expected));
      expect(Math.abs(d - expected[i]!), `weight ${i}`).toBeLessThan(1e-3 * scale);
    });
  });

  it('agrees for more windows than are worked on at once', () => {
    const shape: NetworkShape = { cell: 'lstm', inputs: 16, hidden: 64, layers: 1, outputs: 32 };
    const random = new Random(12);
    const weights = moderateWeights(shape, random);
    const batch = randomBatch(shape, { windows: 131, steps: 3 }, random);
    const [fast, readable] = [weights.slice(), weights.slice()];
    simdGradient(shape).gradient(weights, batch, fast);
    createReadableGradient(shape).gradient(weights, batch, readable);
    const { difference, message } = largestDifference('gradient', fast, readable);
    expect(difference, message).toBeLessThan(RELATIVE_TOLERANCE * largest(readable));
  });

  it.each(CELL_KINDS)(
    'leaves no trace of an earlier call, of any size or with NaN (%s)',
    (cell) => {
      const shape: NetworkShape = { cell, inputs: 3, hidden: 5, layers: 2, outputs: 2 };
      const random = new Random(13);
      const weights = moderateWeights(shape, random);
      const batch = randomBatch(shape, { windows: 2, steps: 6 }, random);
      const [first, again] = [weights.slice(), weights.slice()];
      const loss = simdGradient(shape).gradient(weights, batch, first);
      const used = simdGradient(shape);
      const spoiled = weights.slice().fill(Number.NaN);
      for (const [windows, steps] of [
        [2, 6],
        [7, 9],
        [2, 6],
      ] as const) {
        const other = randomBatch(shape, { windows, steps }, random);
        expect(used.gradient(spoiled, other, again)).toBeNaN();
        used.gradient(moderateWeights(shape, random), other, again);
        used.gradient(spoiled, other, again);
      }
      expect(used.gradient(weights, batch, again)).toBe(loss);
      expect(again).toEqual(first);
    },
  );

  it('gives loss 0 and gradient 0 when nothing is weighted or there is no window', () => {
    const shape: NetworkShape = { cell: 'gru', inputs: 2, hidden: 3, layers: 1, outputs: 2 };
    const random = new Random(14);
    const weights = moderateWeights(shape, random);
    const kernel = simdGradient(shape);
    for (const windows of [2, 0]) {
      const batch = randomBatch(shape, { windows, steps: 3 }, random);
      batch.weight.fill(0);
      const gradient = weights.slice();
      expect(kernel.gradient(weights, batch, gradient)).toBe(0);
      expect(gradient.every((d) => d === 0)).toBe(true);
    }
  });

  it('refuses arrays whose sizes do not fit together', () => {
    const shape: NetworkShape = { cell: 'rnn', inputs: 2, hidden: 3, layers: 1, outputs: 2 };
    const random = new Random(15);
    const batch = randomBatch(shape, { windows: 1, steps: 3 }, random);
    const weights = moderateWeights(shape, random);
    const kernel = simdGradient(shape);
    const short = { ...batch, h0: gaussianArray(stateSize(shape) + 1, random) };
    expect(() => kernel.gradient(weights, short, weights)).toThrow(/expected x, h0/);
    expect(() => kernel.gradient(weights.subarray(1), batch, weights)).toThrow(/weights/);
  });
});

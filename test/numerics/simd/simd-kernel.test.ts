import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parameterCount, stateSize } from '../../../src/numerics/network-layout.ts';
import { Random } from '../../../src/numerics/random.ts';
import { createReadableKernel } from '../../../src/numerics/readable-kernel.ts';
import type { NetworkShape, RecurrentKernel } from '../../../src/numerics/recurrent-kernel.ts';
import { fastestVariant } from '../../../src/numerics/simd/dialect.ts';
import { compileStep, createSimdKernel } from '../../../src/numerics/simd/simd-kernel.ts';
import { largestDifference } from '../central-differences.ts';
import { CELL_KINDS, gaussianArray } from '../network-cases.ts';

/**
 * One step: sums of K products in float32 (6e-8 relative each, of terms below 1) and the fit of
 * tanh (5e-7). The largest difference found was 2e-6.
 */
const STEP_TOLERANCE = 1e-5;

const shapes = fc.record({
  cell: fc.constantFrom(...CELL_KINDS),
  inputs: fc.integer({ min: 1, max: 64 }),
  hidden: fc.integer({ min: 1, max: 100 }),
  layers: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 50 }),
});

/** Weights of the size that trained networks have: a row's sum stays near 1. */
function moderateWeights(shape: NetworkShape, random: Random): Float32Array {
  const scale = 1 / Math.sqrt(shape.inputs + shape.hidden);
  return Float32Array.from({ length: parameterCount(shape) }, () => scale * random.gaussian());
}

function simdKernel(shape: NetworkShape, weights: Float32Array, capacity: number) {
  const variant = fastestVariant();
  if (variant === null) throw new Error('expected a machine with WebAssembly SIMD');
  return loaded(createSimdKernel(compileStep(shape, variant)), weights, capacity);
}

function loaded(kernel: RecurrentKernel, weights: Float32Array, capacity: number) {
  kernel.setWeights(weights);
  kernel.reserve(capacity);
  return kernel;
}

function stepAll(kernel: RecurrentKernel, rows: Uint32Array, x: Float32Array): Float32Array {
  const y = new Float32Array(rows.length * kernel.shape.outputs);
  kernel.step(rows, rows.length, x, y);
  return y;
}

function expectClose(name: string, actual: Float32Array, expected: Float32Array): void {
  const { difference, message } = largestDifference(name, actual, expected);
  expect(difference, message).toBeLessThan(STEP_TOLERANCE);
}

/** Every second or third row and the last, in an order of its own. */
function oddSubset(count: number, random: Random): Uint32Array {
  const rows = Array.from({ length: count }, (_, row) => row);
  const chosen = rows.filter((row) => row === count - 1 || random.uniform() < 0.4);
  return Uint32Array.from(chosen.sort((left, right) => ((left * 7) % 13) - ((right * 7) % 13)));
}

describe('SIMD kernel', () => {
  it('agrees with the readable cells on any shape and any subset of streams', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 120 }), fc.nat(), (shape, streams, seed) => {
        const random = new Random(seed);
        const weights = moderateWeights(shape, random);
        const fast = simdKernel(shape, weights, streams);
        const readable = loaded(createReadableKernel(shape), weights, streams);
        for (let turn = 0; turn < 2; turn++) {
          const rows = oddSubset(streams, random);
          const x = gaussianArray(rows.length * shape.inputs, random);
          expectClose('y', stepAll(fast, rows, x), stepAll(readable, rows, x));
          const length = streams * stateSize(shape);
          expectClose('h', fast.h.subarray(0, length), readable.h.subarray(0, length));
          expectClose('c', fast.c.subarray(0, length), readable.c.subarray(0, length));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([8, 64, 100, 256])('agrees for a thousand streams of hidden size %i', (hidden) => {
    const shape: NetworkShape = { cell: 'lstm', inputs: 16, hidden, layers: 1, outputs: 24 };
    const random = new Random(hidden);
    const weights = moderateWeights(shape, random);
    const streams = 1_009;
    const fast = simdKernel(shape, weights, streams);
    const readable = loaded(createReadableKernel(shape), weights, streams);
    const rows = Uint32Array.from({ length: streams }, (_, i) => (i * 5) % streams);
    const x = gaussianArray(streams * shape.inputs, random);
    expectClose('y', stepAll(fast, rows, x), stepAll(readable, rows, x));
    const length = streams * stateSize(shape);
    expectClose('h', fast.h.slice(0, length), readable.h.slice(0, length));
  });

  it('gives a stream the same bits alone and in batches of any size', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 2, max: 120 }), fc.nat(), (shape, streams, seed) => {
        const random = new Random(seed);
        const weights = moderateWeights(shape, random);
        const together = simdKernel(shape, weights, streams);
        const alone = simdKernel(shape, weights, streams);
        const rows = oddSubset(streams, random);
        const x = gaussianArray(rows.length * shape.inputs, random);
        const y = stepAll(together, rows, x);
        rows.forEach((row, i) => {
          const xOne = x.slice(i * shape.inputs, (i + 1) * shape.inputs);
          const yOne = y.slice(i * shape.outputs, (i + 1) * shape.outputs);
          expect(stepAll(alone, Uint32Array.of(row), xOne)).toEqual(yOne);
        });
        expect(alone.h).toEqual(together.h);
        expect(alone.c).toEqual(together.c);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps the states of all streams when it makes room for more', () => {
    const shape: NetworkShape = { cell: 'lstm', inputs: 3, hidden: 9, layers: 2, outputs: 2 };
    const random = new Random(2);
    const weights = moderateWeights(shape, random);
    const grown = simdKernel(shape, weights, 1);
    const roomy = simdKernel(shape, weights, 3_000);
    for (const streams of [1, 2, 3, 7, 50, 3_000]) {
      grown.reserve(streams);
      const rows = Uint32Array.from({ length: streams }, (_, row) => row);
      const x = gaussianArray(3 * streams, random);
      expect(stepAll(grown, rows, x)).toEqual(stepAll(roomy, rows, x));
    }
    expect(grown.h.slice(0, 3_000 * 18)).toEqual(roomy.h);
    expect(grown.c.slice(0, 3_000 * 18)).toEqual(roomy.c);
    expect(grown.h.length).toBeLessThanOrEqual(2 * roomy.h.length);
  });

  it('takes states that are written through its views', () => {
    const shape: NetworkShape = { cell: 'lstm', inputs: 2, hidden: 5, layers: 1, outputs: 1 };
    const random = new Random(3);
    const weights = moderateWeights(shape, random);
    const [fast, readable] = [
      simdKernel(shape, weights, 4),
      loaded(createReadableKernel(shape), weights, 4),
    ];
    for (const kernel of [fast, readable]) {
      kernel.h.fill(0.25, 5, 10);
      kernel.c.fill(-1.5, 5, 10);
    }
    const x = Float32Array.of(0.5, -0.5);
    expectClose('y', stepAll(fast, Uint32Array.of(1), x), stepAll(readable, Uint32Array.of(1), x));
  });

  it.each(CELL_KINDS)('keeps a NaN input within its stream (%s)', (cell) => {
    const shape: NetworkShape = { cell, inputs: 3, hidden: 21, layers: 2, outputs: 5 };
    const random = new Random(4);
    const weights = moderateWeights(shape, random);
    const streams = 5;
    const [dirty, clean] = [
      simdKernel(shape, weights, streams),
      simdKernel(shape, weights, streams),
    ];
    const rows = Uint32Array.from({ length: streams }, (_, row) => row);
    const x = gaussianArray(streams * 3, random);
    const y = stepAll(clean, rows, x);
    x[7] = Number.NaN;
    const spoiled = stepAll(dirty, rows, x);
    expect(spoiled.subarray(10, 15).every(Number.isNaN)).toBe(true);
    expect(spoiled.slice(0, 10)).toEqual(y.slice(0, 10));
    expect(spoiled.slice(15)).toEqual(y.slice(15));
    // A later, clean step of the others sees no trace of it.
    const others = Uint32Array.of(0, 1, 3, 4);
    const next = gaussianArray(12, random);
    expect(stepAll(dirty, others, next)).toEqual(stepAll(clean, others, next));
  });

  it.each(CELL_KINDS)('stays finite for inputs of any size and for denormals (%s)', (cell) => {
    const shape: NetworkShape = { cell, inputs: 2, hidden: 8, layers: 1, outputs: 2 };
    const random = new Random(5);
    const weights = moderateWeights(shape, random);
    const sizes = [1e-45, 1e-40, 1e-20, 1e20, 1e30, -1e30];
    const [fast, readable] = [
      simdKernel(shape, weights, sizes.length),
      loaded(createReadableKernel(shape), weights, sizes.length),
    ];
    const rows = Uint32Array.from(sizes, (_, row) => row);
    const x = Float32Array.from(sizes.flatMap((size) => [size, size / 2]));
    for (let turn = 0; turn < 3; turn++) {
      stepAll(fast, rows, x);
      stepAll(readable, rows, x);
      expectClose('h', fast.h, readable.h);
    }
    fast.c.fill(cell === 'lstm' ? 1e30 : 0);
    expect(stepAll(fast, rows, x).every(Number.isFinite)).toBe(true);
  });

  it('leaves the cell state at 0 where the cell has none', () => {
    for (const cell of ['rnn', 'gru'] as const) {
      const shape: NetworkShape = { cell, inputs: 2, hidden: 5, layers: 1, outputs: 1 };
      const random = new Random(6);
      const kernel = simdKernel(shape, moderateWeights(shape, random), 2);
      stepAll(kernel, Uint32Array.of(1), gaussianArray(2, random));
      expect(kernel.c.every((c) => c === 0)).toBe(true);
      expect(kernel.h.subarray(5).every((h) => h !== 0)).toBe(true);
      expect(kernel.h.subarray(0, 5).every((h) => h === 0)).toBe(true);
    }
  });

  it('refuses weights of another shape and rows it has no room for', () => {
    const shape: NetworkShape = { cell: 'lstm', inputs: 3, hidden: 5, layers: 2, outputs: 2 };
    const kernel = simdKernel(shape, new Float32Array(parameterCount(shape)), 2);
    expect(() => kernel.setWeights(new Float32Array(3))).toThrow(/expected 418 weights, got 3/);
    expect(() => stepAll(kernel, Uint32Array.of(0, 2), new Float32Array(6))).toThrow(
      /expected a row below 2, got 2/,
    );
    expect(kernel.h.every((h) => h === 0)).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateSize } from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import type { NetworkShape, RecurrentKernel } from '../../src/numerics/recurrent-kernel.ts';
import { CELL_KINDS, gaussianArray, randomWeights } from './network-cases.ts';

const SHAPE: NetworkShape = { cell: 'lstm', inputs: 3, hidden: 5, layers: 2, outputs: 2 };

function loadedKernel(shape: NetworkShape, weights: Float32Array, capacity: number) {
  const kernel = createReadableKernel(shape);
  kernel.setWeights(weights);
  kernel.reserve(capacity);
  return kernel;
}

function stepOne(kernel: RecurrentKernel, row: number, x: Float32Array): Float32Array {
  const y = new Float32Array(kernel.shape.outputs);
  kernel.step(Uint32Array.of(row), 1, x, y);
  return y;
}

const shapes = fc.record({
  cell: fc.constantFrom(...CELL_KINDS),
  inputs: fc.integer({ min: 1, max: 9 }),
  hidden: fc.integer({ min: 1, max: 9 }),
  layers: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 9 }),
});

describe('readable kernel', () => {
  it('steps any subset of streams with the bits each would have alone', () => {
    const capacity = 6;
    const subsets = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5]), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, subsets, fc.nat(), (shape, turns, seed) => {
        const random = new Random(seed);
        const weights = randomWeights(shape, random);
        const together = loadedKernel(shape, weights, capacity);
        const alone = loadedKernel(shape, weights, capacity);
        for (const turn of turns) {
          const x = gaussianArray(turn.length * shape.inputs, random);
          const y = new Float32Array(turn.length * shape.outputs);
          together.step(Uint32Array.from(turn), turn.length, x, y);
          turn.forEach((row, i) => {
            const xOne = x.slice(i * shape.inputs, (i + 1) * shape.inputs);
            const yOne = y.slice(i * shape.outputs, (i + 1) * shape.outputs);
            expect(yOne).toEqual(stepOne(alone, row, xOne));
          });
          expect(together.h).toEqual(alone.h);
          expect(together.c).toEqual(alone.c);
        }
      }),
    );
  });

  it('reads only the first count rows', () => {
    const random = new Random(1);
    const kernel = loadedKernel(SHAPE, randomWeights(SHAPE, random), 3);
    const y = new Float32Array(6).fill(9);
    kernel.step(Uint32Array.of(2, 1, 0), 1, gaussianArray(9, random), y);
    expect(y.subarray(2)).toEqual(new Float32Array(4).fill(9));
    expect(kernel.h.subarray(0, 2 * stateSize(SHAPE)).every((h) => h === 0)).toBe(true);
    expect(kernel.h.subarray(2 * stateSize(SHAPE)).every((h) => h !== 0)).toBe(true);
  });

  it('keeps the states of all streams when it makes room for more', () => {
    const random = new Random(2);
    const weights = randomWeights(SHAPE, random);
    const grown = loadedKernel(SHAPE, weights, 1);
    const roomy = loadedKernel(SHAPE, weights, 20);
    for (let row = 0; row < 20; row++) {
      grown.reserve(row + 1);
      const x = gaussianArray(3, random);
      expect(stepOne(grown, row, x)).toEqual(stepOne(roomy, row, x));
    }
    const length = 20 * stateSize(SHAPE);
    expect(grown.h.slice(0, length)).toEqual(roomy.h.slice(0, length));
    expect(grown.c.slice(0, length)).toEqual(roomy.c.slice(0, length));
    expect(grown.h.length).toBeLessThanOrEqual(2 * length);
  });

  it('keeps a NaN input within its stream', () => {
    const random = new Random(3);
    const weights = randomWeights(SHAPE, random);
    const kernel = loadedKernel(SHAPE, weights, 3);
    const clean = loadedKernel(SHAPE, weights, 3);
    const x = gaussianArray(9, random);
    x[4] = Number.NaN;
    const y = new Float32Array(6);
    kernel.step(Uint32Array.of(0, 1, 2), 3, x, y);
    expect(y.slice(2, 4)).toEqual(Float32Array.of(Number.NaN, Number.NaN));
    expect(y.slice(0, 2)).toEqual(stepOne(clean, 0, x.slice(0, 3)));
    expect(y.slice(4, 6)).toEqual(stepOne(clean, 2, x.slice(6, 9)));
  });

  it('takes a copy of the weights and keeps the states over a swap', () => {
    const random = new Random(4);
    const weights = randomWeights(SHAPE, random);
    const kernel = loadedKernel(SHAPE, weights.slice(), 1);
    const borrowed = weights.slice();
    const other = loadedKernel(SHAPE, borrowed, 1);
    borrowed.fill(0);
    const x = gaussianArray(3, random);
    expect(stepOne(other, 0, x)).toEqual(stepOne(kernel, 0, x));
    const before = kernel.h.slice();
    kernel.setWeights(randomWeights(SHAPE, random));
    expect(kernel.h).toEqual(before);
    expect(stepOne(kernel, 0, x)).not.toEqual(stepOne(other, 0, x));
  });

  it('leaves the cell state at 0 where the cell has none', () => {
    for (const cell of ['rnn', 'gru'] as const) {
      const random = new Random(5);
      const shape = { ...SHAPE, cell };
      const kernel = loadedKernel(shape, randomWeights(shape, random), 1);
      stepOne(kernel, 0, gaussianArray(3, random));
      expect(kernel.c.every((c) => c === 0)).toBe(true);
      expect(kernel.h.every((h) => h !== 0)).toBe(true);
    }
  });

  it('refuses weights of another shape and rows it has no room for', () => {
    const kernel = createReadableKernel(SHAPE);
    expect(() => kernel.setWeights(new Float32Array(3))).toThrow(/expected 418 weights, got 3/);
    expect(() => stepOne(kernel, 0, new Float32Array(3))).toThrow(/expected a row below 0, got 0/);
  });
});

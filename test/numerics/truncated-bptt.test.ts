import { describe, expect, it } from 'vitest';
import { parameterCount, stateSize } from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import type { NetworkShape, TrainingBatch } from '../../src/numerics/recurrent-kernel.ts';
import { createReadableGradient } from '../../src/numerics/truncated-bptt.ts';
import { centralDifferences, largestDifference } from './central-differences.ts';
import { CELL_KINDS, gaussianArray, randomBatch, randomWeights } from './network-cases.ts';

const SIZES = [
  { inputs: 3, hidden: 4, layers: 1, outputs: 2, windows: 2, steps: 5 },
  { inputs: 5, hidden: 3, layers: 2, outputs: 3, windows: 3, steps: 4 },
  { inputs: 1, hidden: 1, layers: 3, outputs: 1, windows: 1, steps: 1 },
];

for (const cell of CELL_KINDS) {
  describe(`truncated backpropagation of the ${cell}`, () => {
    for (const { windows, steps, ...sizes } of SIZES) {
      it(`has the gradient of central differences with ${JSON.stringify(sizes)}`, () => {
        const shape: NetworkShape = { cell, ...sizes };
        const random = new Random(sizes.inputs);
        const weights = Float64Array.from(randomWeights(shape, random));
        const batch = randomBatch(shape, { windows, steps }, random);
        const kernel = createReadableGradient(shape);
        const gradient = new Float64Array(weights.length);
        const unused = new Float64Array(weights.length);
        kernel.gradient(weights, batch, gradient);
        const expected = centralDifferences(weights, () => kernel.gradient(weights, batch, unused));
        const { difference, message } = largestDifference('gradient', gradient, expected);
        // The Huber loss has a kink in its second derivative: 1e-5 of an error may lie beyond it.
        expect(difference, message).toBeLessThan(1e-7);
        expect(gradient.some((d) => d !== 0)).toBe(true);
      });
    }

    it('leaves no trace of an earlier call, of the same size or another', () => {
      const shape: NetworkShape = { cell, inputs: 3, hidden: 5, layers: 2, outputs: 2 };
      const random = new Random(5);
      const weights = randomWeights(shape, random);
      const batch = randomBatch(shape, { windows: 2, steps: 6 }, random);
      const [first, again] = [new Float32Array(weights.length), new Float32Array(weights.length)];
      const loss = createReadableGradient(shape).gradient(weights, batch, first);
      const used = createReadableGradient(shape);
      for (const size of [
        { windows: 2, steps: 6 },
        { windows: 1, steps: 3 },
      ]) {
        used.gradient(randomWeights(shape, random), randomBatch(shape, size, random), again);
      }
      expect(used.gradient(weights, batch, again)).toBe(loss);
      expect(again).toEqual(first);
    });

    it('sees the outputs that the kernel gives when it continues from the same states', () => {
      const shape: NetworkShape = { cell, inputs: 4, hidden: 6, layers: 2, outputs: 3 };
      const random = new Random(6);
      const weights = randomWeights(shape, random);
      const batch = continuedBatch(shape, weights, random);
      const gradient = new Float32Array(weights.length);
      const loss = createReadableGradient(shape).gradient(weights, batch, gradient);
      // The kernel rounds states and outputs to 24 bits at each of six steps, the window does not;
      // targets are the kernel's outputs, so errors are of 1e-7 and their squares of 1e-14.
      expect(loss).toBeLessThan(1e-12);
      expect(loss).toBeGreaterThanOrEqual(0);
    });
  });
}

describe('truncated backpropagation', () => {
  const shape: NetworkShape = { cell: 'lstm', inputs: 2, hidden: 3, layers: 1, outputs: 2 };

  it('gives loss 0 and gradient 0 when nothing is weighted', () => {
    const random = new Random(7);
    const weights = randomWeights(shape, random);
    const batch = randomBatch(shape, { windows: 2, steps: 3 }, random);
    batch.weight.fill(0);
    const gradient = new Float32Array(weights.length).fill(7);
    expect(createReadableGradient(shape).gradient(weights, batch, gradient)).toBe(0);
    expect(gradient.every((d) => d === 0)).toBe(true);
  });

  it('divides by the weights, so that doubling all of them changes nothing', () => {
    const random = new Random(8);
    const weights = randomWeights(shape, random);
    const batch = randomBatch(shape, { windows: 2, steps: 3 }, random);
    const kernel = createReadableGradient(shape);
    const [once, twice] = [new Float32Array(weights.length), new Float32Array(weights.length)];
    const loss = kernel.gradient(weights, batch, once);
    const doubled = { ...batch, weight: batch.weight.map((w) => 2 * w) };
    expect(kernel.gradient(weights, doubled, twice)).toBe(loss);
    expect(twice).toEqual(once);
  });

  it('reports a diverged network by a loss that is not finite', () => {
    const random = new Random(9);
    const weights = randomWeights(shape, random);
    weights[0] = Number.NaN;
    const batch = randomBatch(shape, { windows: 1, steps: 3 }, random);
    const gradient = new Float32Array(weights.length);
    expect(createReadableGradient(shape).gradient(weights, batch, gradient)).toBeNaN();
  });

  it('refuses arrays whose sizes do not fit together', () => {
    const random = new Random(10);
    const batch = randomBatch(shape, { windows: 1, steps: 3 }, random);
    const gradient = new Float32Array(parameterCount(shape));
    const kernel = createReadableGradient(shape);
    const short = { ...batch, x: batch.x.subarray(1) };
    expect(() => kernel.gradient(gradient, short, gradient)).toThrow(/expected x, h0/);
    const weights = gradient.subarray(1);
    expect(() => kernel.gradient(weights, batch, gradient)).toThrow(/weights/);
  });
});

/** Steps two streams ten times; the window is the last six steps, targets are the kernel's own y. */
function continuedBatch(shape: NetworkShape, weights: Float32Array, random: Random): TrainingBatch {
  const [windows, before, steps] = [2, 4, 6];
  const kernel = createReadableKernel(shape);
  kernel.setWeights(weights);
  kernel.reserve(windows);
  const rows = Uint32Array.of(0, 1);
  const stepOnce = (x: Float32Array) => {
    const y = new Float32Array(windows * shape.outputs);
    kernel.step(rows, windows, x, y);
    return y;
  };
  for (let t = 0; t < before; t++) stepOnce(gaussianArray(windows * shape.inputs, random));
  const h0 = kernel.h.slice(0, windows * stateSize(shape));
  const c0 = kernel.c.slice(0, windows * stateSize(shape));
  const x = gaussianArray(steps * windows * shape.inputs, random);
  const target = new Float32Array(steps * windows * shape.outputs);
  for (let t = 0; t < steps; t++) {
    const width = windows * shape.inputs;
    target.set(stepOnce(x.subarray(t * width, (t + 1) * width)), t * windows * shape.outputs);
  }
  return { windows, steps, x, h0, c0, target, weight: target.map(() => 1) };
}

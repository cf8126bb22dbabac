import { describe, expect, it } from 'vitest';
import { adamStep, createAdamState } from '../../src/numerics/adam.ts';
import { clipGradientNorm } from '../../src/numerics/gradient-clip.ts';
import { chooseKernels } from '../../src/numerics/kernel-choice.ts';
import { parameterCount, stateSize } from '../../src/numerics/network-layout.ts';
import { largestDifference } from './central-differences.ts';
import { GOLDEN_FILES, readGolden, trainingBatch } from './golden-file.ts';

/**
 * The oracle we did not write: values of PyTorch, made by scripts/golden/recurrent.py. PyTorch
 * works in single precision, the readable cells in double, so what is compared with those is
 * PyTorch's rounding: 6e-8 relative, collected over some tens of terms and at most seven steps. The
 * largest difference found in states and outputs was 5e-7. The gradients are means of terms below
 * 1; found 6e-8. Ten updates of 0.01 carry rounding on but do not enlarge it much; PyTorch clips to
 * a norm shorter by 1e-6 / norm, which Adam's division by the gradient's size takes out again.
 * Found 9e-7.
 */
const READABLE = { forward: 1e-6, gradient: 5e-7, adam: 2e-6 };
/** The SIMD kernels round too and fit tanh to 5e-7. Found 1e-6, less than 2e-7, and 2.4e-6. */
const SIMD = { forward: 2e-6, gradient: 4e-7, adam: 5e-6 };

const fastest = chooseKernels();
const implementations = [
  { kernels: chooseKernels('readable'), tolerance: READABLE },
  { kernels: fastest, tolerance: SIMD },
];

it('compares SIMD kernels too', () => {
  expect(fastest.variant).toMatch(/^simd/);
});

function expectClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const { difference, message } = largestDifference(name, actual, expected);
  expect(difference, message).toBeLessThan(tolerance);
}

it('finds a golden file of each cell with one and with two layers', () => {
  const kinds = new Set(GOLDEN_FILES.map((name) => name.split('-hidden')[0]));
  const expected = ['rnn', 'gru', 'lstm'].flatMap((cell) => [`${cell}-1-layer`, `${cell}-2-layer`]);
  expect([...kinds].sort()).toEqual(expected.sort());
});

const cases = GOLDEN_FILES.flatMap((name) => implementations.map((one) => ({ name, ...one })));

for (const { name, kernels, tolerance } of cases) {
  const golden = readGolden(name);
  const { shape, windows, steps } = golden;
  const weights = Float32Array.from(golden.weights);

  describe(`${kernels.variant}: ${name} of PyTorch ${golden.torch}, seed ${golden.seed}`, () => {
    it('gives its outputs and its h and c after each step', () => {
      const kernel = kernels.recurrent(shape);
      kernel.setWeights(weights);
      kernel.reserve(windows);
      kernel.h.set(golden.h0);
      kernel.c.set(golden.c0);
      const rows = Uint32Array.from({ length: windows }, (_, row) => row);
      const states = windows * stateSize(shape);
      const x = Float32Array.from(golden.x);
      const [inputs, outputs] = [windows * shape.inputs, windows * shape.outputs];
      const y = new Float32Array(outputs);
      for (let t = 0; t < steps; t++) {
        kernel.step(rows, windows, x.subarray(t * inputs, (t + 1) * inputs), y);
        const expected = (values: number[], size: number) => values.slice(t * size, (t + 1) * size);
        expectClose(`h of step ${t}`, kernel.h, expected(golden.h, states), tolerance.forward);
        expectClose(`c of step ${t}`, kernel.c, expected(golden.c, states), tolerance.forward);
        expectClose(`y of step ${t}`, y, expected(golden.y, outputs), tolerance.forward);
      }
    });

    it('gives its Huber loss and every gradient', () => {
      const gradient = new Float32Array(parameterCount(shape));
      const kernel = kernels.gradient(shape);
      const loss = kernel.gradient(weights, trainingBatch(golden), gradient);
      expectClose('loss', [loss], [golden.loss], tolerance.forward);
      let at = 0;
      for (const [part, count] of golden.parts) {
        const expected = golden.gradient.slice(at, at + count);
        const actual = gradient.subarray(at, at + count);
        expectClose(`d${part}`, actual, expected, tolerance.gradient);
        at += count;
      }
      expect(at).toBe(gradient.length);
    });

    it('gives the losses of ten Adam steps with clipped gradients', () => {
      const { adam } = golden;
      const batch = trainingBatch(golden);
      const kernel = kernels.gradient(shape);
      const gradient = new Float32Array(weights.length);
      const trained = weights.slice();
      const state = createAdamState(weights.length);
      const losses: number[] = [];
      const norms: number[] = [];
      for (let i = 0; i < adam.norms.length; i++) {
        losses.push(kernel.gradient(trained, batch, gradient));
        norms.push(clipGradientNorm(gradient, adam.clipNorm));
        adamStep(trained, gradient, state, adam);
      }
      losses.push(kernel.gradient(trained, batch, gradient));
      // Without a clipped update this would not test the clipping.
      expect(Math.max(...adam.norms)).toBeGreaterThan(adam.clipNorm);
      expectClose('losses', losses, adam.losses, tolerance.adam);
      expectClose('norms', norms, adam.norms, tolerance.adam);
      expectClose('weights', trained, adam.weights, tolerance.adam);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    });
  });
}

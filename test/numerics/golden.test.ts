import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adamStep, createAdamState } from '../../src/numerics/adam.ts';
import { clipGradientNorm } from '../../src/numerics/gradient-clip.ts';
import { parameterCount, stateSize } from '../../src/numerics/network-layout.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import type { NetworkShape, TrainingBatch } from '../../src/numerics/recurrent-kernel.ts';
import { createReadableGradient } from '../../src/numerics/truncated-bptt.ts';
import { largestDifference } from './central-differences.ts';

/**
 * The oracle we did not write: values of PyTorch, made by scripts/golden/recurrent.py. PyTorch
 * works in single precision, the readable cells in double, so what is compared is PyTorch's
 * rounding: 6e-8 relative, collected over some tens of terms and at most seven steps. The largest
 * difference found in states and outputs was 5e-7.
 */
const FORWARD_TOLERANCE = 1e-6;
/** The same rounding, in means of terms below 1; found 6e-8. */
const GRADIENT_TOLERANCE = 5e-7;
/**
 * Ten updates of 0.01 carry rounding on but do not enlarge it much; PyTorch clips to a norm shorter
 * by 1e-6 / norm, which Adam's division by the gradient's size takes out again. Found 9e-7.
 */
const ADAM_TOLERANCE = 2e-6;

interface Golden {
  readonly seed: number;
  readonly torch: string;
  readonly shape: NetworkShape;
  readonly windows: number;
  readonly steps: number;
  readonly parts: readonly (readonly [name: string, count: number])[];
  readonly loss: number;
  readonly weights: number[];
  readonly x: number[];
  readonly h0: number[];
  readonly c0: number[];
  readonly target: number[];
  readonly weight: number[];
  readonly h: number[];
  readonly c: number[];
  readonly y: number[];
  readonly gradient: number[];
  readonly adam: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly clipNorm: number;
    readonly losses: number[];
    readonly norms: number[];
    readonly weights: number[];
  };
}

const FOLDER = new URL('../golden/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => /^(rnn|gru|lstm)-.*\.json$/.test(name));

function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

function trainingBatch(golden: Golden): TrainingBatch {
  return {
    windows: golden.windows,
    steps: golden.steps,
    x: Float32Array.from(golden.x),
    h0: Float32Array.from(golden.h0),
    c0: Float32Array.from(golden.c0),
    target: Float32Array.from(golden.target),
    weight: Float32Array.from(golden.weight),
  };
}

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
  const kinds = new Set(FILES.map((name) => name.split('-hidden')[0]));
  const expected = ['rnn', 'gru', 'lstm'].flatMap((cell) => [`${cell}-1-layer`, `${cell}-2-layer`]);
  expect([...kinds].sort()).toEqual(expected.sort());
});

for (const name of FILES) {
  const golden = readGolden(name);
  const { shape, windows, steps } = golden;
  const weights = Float32Array.from(golden.weights);

  describe(`${name} of PyTorch ${golden.torch}, seed ${golden.seed}`, () => {
    it('gives its outputs and its h and c after each step', () => {
      const kernel = createReadableKernel(shape);
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
        expectClose(`h of step ${t}`, kernel.h, expected(golden.h, states), FORWARD_TOLERANCE);
        expectClose(`c of step ${t}`, kernel.c, expected(golden.c, states), FORWARD_TOLERANCE);
        expectClose(`y of step ${t}`, y, expected(golden.y, outputs), FORWARD_TOLERANCE);
      }
    });

    it('gives its Huber loss and every gradient', () => {
      const gradient = new Float32Array(parameterCount(shape));
      const kernel = createReadableGradient(shape);
      const loss = kernel.gradient(weights, trainingBatch(golden), gradient);
      expectClose('loss', [loss], [golden.loss], FORWARD_TOLERANCE);
      let at = 0;
      for (const [part, count] of golden.parts) {
        const expected = golden.gradient.slice(at, at + count);
        const actual = gradient.subarray(at, at + count);
        expectClose(`d${part}`, actual, expected, GRADIENT_TOLERANCE);
        at += count;
      }
      expect(at).toBe(gradient.length);
    });

    it('gives the losses of ten Adam steps with clipped gradients', () => {
      const { adam } = golden;
      const batch = trainingBatch(golden);
      const kernel = createReadableGradient(shape);
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
      expectClose('losses', losses, adam.losses, ADAM_TOLERANCE);
      expectClose('norms', norms, adam.norms, ADAM_TOLERANCE);
      expectClose('weights', trained, adam.weights, ADAM_TOLERANCE);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    });
  });
}

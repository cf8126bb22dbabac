import { describe, expect, it } from 'vitest';
import {
  type CellParameters,
  type CellStep,
  type CellStepGradient,
  cellParameterCount,
  cellParameters,
  GATE_COUNT,
} from '../../../src/numerics/cells/cell.ts';
import { gruStep, gruStepBackward } from '../../../src/numerics/cells/gru.ts';
import { lstmStep, lstmStepBackward } from '../../../src/numerics/cells/lstm.ts';
import { rnnStep, rnnStepBackward } from '../../../src/numerics/cells/rnn.ts';
import type { Floats } from '../../../src/numerics/linear-map.ts';
import { Random } from '../../../src/numerics/random.ts';
import { centralDifferences, largestDifference } from '../central-differences.ts';

const CELLS = {
  rnn: { step: rnnStep, stepBackward: rnnStepBackward },
  gru: { step: gruStep, stepBackward: gruStepBackward },
  lstm: { step: lstmStep, stepBackward: lstmStepBackward },
} as const;

const SIZES = [
  { N: 1, X: 1, H: 1 },
  { N: 3, X: 5, H: 7 },
  { N: 2, X: 8, H: 4 },
];

/** See central-differences.ts. */
const TOLERANCE = 1e-7;

function gaussians(random: Random, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => 0.7 * random.gaussian());
}

interface Case {
  readonly step: CellStep;
  readonly gradient: CellStepGradient;
  readonly weights: Float64Array;
  readonly dweights: Float64Array;
  readonly p: CellParameters;
  readonly dp: CellParameters;
}

function makeCase(cell: keyof typeof CELLS, N: number, X: number, H: number): Case {
  const random = new Random(N + 10 * X + 100 * H);
  const rows = GATE_COUNT[cell] * H;
  const weights = gaussians(random, cellParameterCount(cell, X, H));
  const dweights = new Float64Array(weights.length);
  return {
    weights,
    dweights,
    p: cellParameters(cell, weights, 0, X, H),
    dp: cellParameters(cell, dweights, 0, X, H),
    step: {
      x: gaussians(random, N * X),
      hBefore: gaussians(random, N * H),
      cBefore: gaussians(random, N * H),
      h: new Float64Array(N * H),
      c: new Float64Array(N * H),
      gates: new Float64Array(N * rows),
      recurrent: new Float64Array(N * 3 * H),
    },
    gradient: {
      dx: new Float64Array(N * X),
      dh: gaussians(random, N * H),
      dc: cell === 'lstm' ? gaussians(random, N * H) : new Float64Array(N * H),
      dhBefore: new Float64Array(N * H),
      dcBefore: new Float64Array(N * H),
      dgates: new Float64Array(N * rows),
      drecurrent: new Float64Array(N * 3 * H),
    },
  };
}

function dot(a: Floats, b: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

for (const cell of ['rnn', 'gru', 'lstm'] as const) {
  describe(`${cell} cell`, () => {
    for (const { N, X, H } of SIZES) {
      it(`has the gradients of central differences with N ${N}, X ${X}, H ${H}`, () => {
        const { step, gradient, weights, dweights, p, dp } = makeCase(cell, N, X, H);
        const { dh } = gradient;
        const dc = gradient.dc.slice();
        const loss = () => {
          CELLS[cell].step(p, N, step);
          return dot(step.h, dh) + dot(step.c, dc);
        };
        const oracle = (array: Floats) => centralDifferences(array as Float64Array, loss);
        const expected = {
          weights: oracle(weights),
          x: oracle(step.x),
          hBefore: oracle(step.hBefore),
          cBefore: oracle(step.cBefore),
        };
        loss();
        CELLS[cell].stepBackward(p, dp, N, step, gradient);
        const actual = {
          weights: dweights,
          x: gradient.dx!,
          hBefore: gradient.dhBefore,
          cBefore: gradient.dcBefore,
        };
        for (const name of ['weights', 'x', 'hBefore', 'cBefore'] as const) {
          const { difference, message } = largestDifference(name, actual[name], expected[name]);
          expect(difference, message).toBeLessThan(TOLERANCE);
        }
      });
    }

    it('accumulates its gradients instead of overwriting them', () => {
      const { step, gradient, dweights, p, dp } = makeCase(cell, 2, 3, 5);
      CELLS[cell].step(p, 2, step);
      const dc = gradient.dc.slice();
      CELLS[cell].stepBackward(p, dp, 2, step, gradient);
      const once = dweights.slice();
      const dhOnce = gradient.dhBefore.slice();
      gradient.dc.set(dc);
      CELLS[cell].stepBackward(p, dp, 2, step, gradient);
      const twice = largestDifference(
        'weights',
        dweights,
        once.map((d) => 2 * d),
      );
      expect(twice.difference, twice.message).toBeLessThan(1e-12);
      const state = largestDifference(
        'dhBefore',
        gradient.dhBefore,
        dhOnce.map((d) => 2 * d),
      );
      expect(state.difference, state.message).toBeLessThan(1e-12);
    });

    it('gives a stream the same bits alone and among others', () => {
      const [N, X, H] = [5, 13, 6];
      const { step, p } = makeCase(cell, N, X, H);
      CELLS[cell].step(p, N, step);
      const one = (array: Floats, n: number, width: number) =>
        array.slice(n * width, (n + 1) * width);
      for (let n = 0; n < N; n++) {
        const alone: CellStep = {
          x: one(step.x, n, X),
          hBefore: one(step.hBefore, n, H),
          cBefore: one(step.cBefore, n, H),
          h: new Float64Array(H),
          c: new Float64Array(H),
          gates: new Float64Array(GATE_COUNT[cell] * H),
          recurrent: new Float64Array(3 * H),
        };
        CELLS[cell].step(p, 1, alone);
        expect(alone.h).toEqual(one(step.h, n, H));
        expect(alone.c).toEqual(one(step.c, n, H));
      }
    });

    it('works on single precision arrays as on double ones', () => {
      const [N, X, H] = [2, 9, 5];
      const { step, weights, p } = makeCase(cell, N, X, H);
      const single = Object.fromEntries(
        Object.entries(step).map(([name, array]) => [name, Float32Array.from(array)]),
      ) as unknown as CellStep;
      CELLS[cell].step(p, N, step);
      CELLS[cell].step(cellParameters(cell, Float32Array.from(weights), 0, X, H), N, single);
      const { difference, message } = largestDifference('h', single.h, step.h);
      // Weights and gates of order 1 rounded to 24 bits, sums of some fifteen of them.
      expect(difference, message).toBeLessThan(3e-6);
    });
  });
}

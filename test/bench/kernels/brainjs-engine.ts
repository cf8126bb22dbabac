/**
 * brain.js: its matrices and its equations with their way back. Its own LSTM cell is not used,
 * for it keeps no memory apart from h; the cell here is put together from the same operations and
 * therefore does the work of the others. Two habits of brain.js are worked around, at little cost:
 * sums and element-wise products overwrite the gradients of what they read, while products
 * accumulate them, so biases and what is read twice go through a product with 1.
 */

import { adamStep, createAdamState } from '../../../src/numerics/adam.ts';
import { clipGradientNorm } from '../../../src/numerics/gradient-clip.ts';
import { huber, huberDerivative } from '../../../src/numerics/losses.ts';
import { networkParameters } from '../../../src/numerics/network-layout.ts';
import type { BenchEngine, BenchTask } from './bench-engine.ts';
import { peerModule } from './peer-modules.ts';
import { INPUTS, networkShape, OUTPUTS, STEPS, type Workload } from './workload.ts';
import { sampleRows, TRAINING, type WorkloadData } from './workload-data.ts';

interface Matrix {
  weights: Float32Array;
  deltas: Float32Array;
}

interface Equation {
  add(left: Matrix, right: Matrix): Matrix;
  multiply(left: Matrix, right: Matrix): Matrix;
  multiplyElement(left: Matrix, right: Matrix): Matrix;
  sigmoid(of: Matrix): Matrix;
  tanh(of: Matrix): Matrix;
  runIndex(row: number): Matrix;
  backpropagateIndex(row: number): Matrix;
}

interface Brain {
  readonly Matrix: new (rows: number, columns: number) => Matrix;
  readonly Equation: new () => Equation;
}

interface Parts {
  /** wx, wh and b of each gate, in the order i f g o. */
  readonly gates: readonly (readonly [Matrix, Matrix, Matrix])[];
  readonly wo: Matrix;
  readonly ws: Matrix;
  readonly bo: Matrix;
  readonly one: Matrix;
}

export function brainjsEngine(): BenchEngine {
  const folder = 'brain.js/dist/recurrent/matrix';
  const brain: Brain = {
    Matrix: peerModule<{ default: Brain['Matrix'] }>(folder).default,
    Equation: peerModule<{ default: Brain['Equation'] }>(`${folder}/equation.js`).default,
  };
  const { version } = peerModule<{ version: string }>('brain.js/package.json');
  return {
    description: `brain.js ${version}`,
    prepare: (workload, data) => {
      if (workload.layers > 1) throw new Error('the brain.js engine has one layer');
      if (workload.kind === 'train') return training(brain, workload, data);
      if (workload.streams > 1) throw new Error('the brain.js engine steps one stream');
      return inference(brain, workload, data);
    },
  };
}

function inference(brain: Brain, workload: Workload, data: WorkloadData): BenchTask {
  const { hidden: H } = workload;
  const equation = new brain.Equation();
  const parts = partsOf(brain, workload, data.weights);
  const x = filled(brain, INPUTS, 1, data.x);
  const h = filled(brain, H, 1, data.h0);
  const c = filled(brain, H, 1, data.c0);
  const after = lstmStep(equation, parts, x, h, c);
  const y = headStep(equation, parts, x, after.h);
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        equation.runIndex(0);
        h.weights.set(after.h.weights);
        c.weights.set(after.c.weights);
      }
    },
    outcome: () => sampleRows(y.weights, 1),
  };
}

function training(brain: Brain, workload: Workload, data: WorkloadData): BenchTask {
  const { hidden: H, streams: B } = workload;
  const weights = data.weights.slice();
  const parts = partsOf(brain, workload, weights);
  const equation = new brain.Equation();
  const h0 = new brain.Matrix(H, 1);
  const c0 = new brain.Matrix(H, 1);
  const xs: Matrix[] = [];
  const ys: Matrix[] = [];
  let now = { h: h0, c: c0 };
  for (let t = 0; t < STEPS; t++) {
    const x = new brain.Matrix(INPUTS, 1);
    now = lstmStep(equation, parts, x, now.h, now.c);
    ys.push(headStep(equation, parts, x, now.h));
    xs.push(x);
  }
  const gradient = new Float32Array(weights.length);
  const adam = createAdamState(weights.length);
  const scale = 1 / data.target.length;

  const windowLoss = (b: number): number => {
    h0.weights.set(data.h0.subarray(b * H, (b + 1) * H));
    c0.weights.set(data.c0.subarray(b * H, (b + 1) * H));
    xs.forEach(({ weights: x }, t) => {
      x.set(data.x.subarray((t * B + b) * INPUTS, (t * B + b + 1) * INPUTS));
    });
    equation.runIndex(0);
    let loss = 0;
    ys.forEach(({ weights: y, deltas }, t) => {
      for (let k = 0; k < OUTPUTS; k++) {
        const error = y[k]! - data.target[(t * B + b) * OUTPUTS + k]!;
        loss += scale * huber(error);
        deltas[k] = scale * huberDerivative(error);
      }
    });
    equation.backpropagateIndex(0);
    return loss;
  };
  const update = (): number[] => {
    gradient.fill(0);
    let loss = 0;
    for (let b = 0; b < B; b++) {
      loss += windowLoss(b);
      forEachPart(parts, workload, gradient, ({ deltas }, at) => {
        for (let i = 0; i < deltas.length; i++) at[i]! += deltas[i]!;
      });
    }
    const norm = clipGradientNorm(gradient, TRAINING.clipNorm);
    adamStep(weights, gradient, adam, TRAINING);
    forEachPart(parts, workload, weights, (part, at) => part.weights.set(at));
    return [loss, norm];
  };
  let outcome: number[] = [];
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) outcome = update();
    },
    outcome: () => outcome,
  };
}

function lstmStep(equation: Equation, parts: Parts, x: Matrix, h: Matrix, c: Matrix) {
  const [i, f, g, o] = parts.gates.map(([wx, wh, b]) => {
    const products = equation.add(equation.multiply(wx, x), equation.multiply(wh, h));
    return equation.add(products, equation.multiply(b, parts.one));
  });
  const kept = equation.multiplyElement(equation.sigmoid(f!), equation.multiply(c, parts.one));
  const written = equation.multiplyElement(equation.sigmoid(i!), equation.tanh(g!));
  const memory = equation.add(kept, written);
  const shown = equation.tanh(equation.multiply(memory, parts.one));
  return { h: equation.multiplyElement(equation.sigmoid(o!), shown), c: memory };
}

function headStep(equation: Equation, { wo, ws, bo, one }: Parts, x: Matrix, h: Matrix): Matrix {
  const products = equation.add(equation.multiply(wo, h), equation.multiply(ws, x));
  return equation.add(products, equation.multiply(bo, one));
}

function partsOf(brain: Brain, workload: Workload, weights: Float32Array): Parts {
  const { hidden: H } = workload;
  const parts: Parts = {
    gates: [0, 1, 2, 3].map(() => [
      new brain.Matrix(H, INPUTS),
      new brain.Matrix(H, H),
      new brain.Matrix(H, 1),
    ]),
    wo: new brain.Matrix(OUTPUTS, H),
    ws: new brain.Matrix(OUTPUTS, INPUTS),
    bo: new brain.Matrix(OUTPUTS, 1),
    one: filled(brain, 1, 1, Float32Array.of(1)),
  };
  forEachPart(parts, workload, weights, (part, at) => part.weights.set(at));
  return parts;
}

/** Pairs each matrix with its place in a flat array of the canonical order. */
function forEachPart(
  { gates, wo, ws, bo }: Parts,
  workload: Workload,
  flat: Float32Array,
  visit: (part: Matrix, at: Float32Array) => void,
): void {
  const { layers, head } = networkParameters(networkShape(workload), flat);
  const { wx, wh, b } = layers[0]!;
  gates.forEach((gate, g) => {
    for (const [i, all] of [wx, wh, b].entries()) {
      const size = all.length / gates.length;
      visit(gate[i]!, all.subarray(g * size, (g + 1) * size) as Float32Array);
    }
  });
  visit(wo, head.wo as Float32Array);
  visit(ws, head.ws as Float32Array);
  visit(bo, head.bo as Float32Array);
}

function filled(brain: Brain, rows: number, columns: number, values: Float32Array): Matrix {
  const matrix = new brain.Matrix(rows, columns);
  matrix.weights.set(values);
  return matrix;
}

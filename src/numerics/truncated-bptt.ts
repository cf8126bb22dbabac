/**
 * Truncated backpropagation through time, made of the readable cells: B windows of T steps run
 * forward from their stored states, everything the way back needs is kept, and the gradient runs
 * back to the first step, where it is cut.
 *
 *   per layer, in doubles, time-major (the rows of one step lie together):
 *     h, c    (T+1, B, H)   block 0 is the stored state, block t+1 the result of step t
 *     gates   (T, B, G·H)   activated
 *     dh, dc  (T+1, B, H)   filled from above (head or upper layer), then from the next step
 *   once:  x (T, B, X)   y (T, B, O), overwritten by dy
 *
 * A layer's dx is the dh of the layer below, so the layers need no buffers between them. Memory is
 * about 8·T·B·L·H·(G + 4) bytes: 4 MB for 16 windows of 64 steps of an LSTM with 64 units.
 */

import {
  type CellParameters,
  type CellStep,
  type CellStepGradient,
  GATE_COUNT,
} from './cells/cell.ts';
import { CELL_FUNCTIONS, type CellFunctions } from './cells/cell-functions.ts';
import { headBackward, headForward } from './linear-head.ts';
import type { Floats } from './linear-map.ts';
import { huber, huberDerivative } from './losses.ts';
import {
  type NetworkParameters,
  networkParameters,
  parameterCount,
  requireParameterCount,
} from './network-layout.ts';
import type { GradientKernel, NetworkShape, TrainingBatch } from './recurrent-kernel.ts';

/** A gradient kernel that also takes weights and gives gradients in double precision. */
export interface ReadableGradient extends GradientKernel {
  gradient(weights: Floats, batch: TrainingBatch, gradient: Floats): number;
}

/** Its buffers grow with the first call and are kept for calls of the same B and T. */
export function createReadableGradient(shape: NetworkShape): ReadableGradient {
  return new TruncatedBackpropagation(shape);
}

class TruncatedBackpropagation implements ReadableGradient {
  readonly shape: NetworkShape;
  readonly #cell: CellFunctions;
  readonly #weights: Float64Array;
  readonly #dweights: Float64Array;
  readonly #p: NetworkParameters;
  readonly #dp: NetworkParameters;
  #windows: WindowBuffers;

  constructor(shape: NetworkShape) {
    this.shape = shape;
    this.#cell = CELL_FUNCTIONS[shape.cell];
    this.#weights = new Float64Array(parameterCount(shape));
    this.#dweights = new Float64Array(parameterCount(shape));
    this.#p = networkParameters(shape, this.#weights);
    this.#dp = networkParameters(shape, this.#dweights);
    this.#windows = createWindowBuffers(shape, 0, 0);
  }

  gradient(weights: Floats, batch: TrainingBatch, gradient: Floats): number {
    const { windows: B, steps: T } = batch;
    requireParameterCount(this.shape, weights);
    requireParameterCount(this.shape, gradient);
    requireBatchSizes(this.shape, batch);
    if (this.#windows.B !== B || this.#windows.T !== T) {
      this.#windows = createWindowBuffers(this.shape, B, T);
    }
    this.#weights.set(weights);
    this.#dweights.fill(0);
    this.#forward(batch);
    const loss = lossAndGradient(this.#windows.y, batch);
    this.#backward();
    gradient.set(this.#dweights);
    return loss;
  }

  #forward(batch: TrainingBatch): void {
    const { B, T, x, y, layers, hTop } = this.#windows;
    x.set(batch.x);
    layers.forEach((buffers, layer) => {
      loadStates(buffers, layer, this.shape, batch);
      const p = this.#p.layers[layer];
      for (let t = 0; t < T; t++) this.#cell.step(p, B, buffers.steps[t]);
    });
    headForward(this.#p.head, T * B, hTop, x, y);
  }

  #backward(): void {
    const { B, T, x, y: dy, layers, hTop, dhTop } = this.#windows;
    for (const buffers of layers) {
      buffers.dh.fill(0);
      buffers.dc.fill(0);
    }
    headBackward(this.#p.head, this.#dp.head, T * B, hTop, x, dy, dhTop);
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      const { steps, gradients } = layers[layer];
      const p: CellParameters = this.#p.layers[layer];
      const dp: CellParameters = this.#dp.layers[layer];
      for (let t = T - 1; t >= 0; t--) {
        this.#cell.stepBackward(p, dp, B, steps[t], gradients[t]);
      }
    }
  }
}

interface WindowBuffers {
  readonly B: number;
  readonly T: number;
  /** (T, B, X) */
  readonly x: Float64Array;
  /** (T, B, O) */
  readonly y: Float64Array;
  readonly layers: readonly LayerBuffers[];
  /** (T, B, H): the top layer's h and dh after each step */
  readonly hTop: Float64Array;
  readonly dhTop: Float64Array;
}

interface LayerBuffers {
  /** (T+1, B, H) each */
  readonly h: Float64Array;
  readonly c: Float64Array;
  readonly dh: Float64Array;
  readonly dc: Float64Array;
  /** (T) views of the arrays of each step */
  readonly steps: readonly CellStep[];
  readonly gradients: readonly CellStepGradient[];
}

function createWindowBuffers(shape: NetworkShape, B: number, T: number): WindowBuffers {
  const BH = B * shape.hidden;
  const x = new Float64Array(T * B * shape.inputs);
  const layers: LayerBuffers[] = [];
  let below: { readonly h: Float64Array; readonly dh: Float64Array | null } = { h: x, dh: null };
  for (let layer = 0; layer < shape.layers; layer++) {
    const buffers = createLayerBuffers(shape, B, T, below);
    layers.push(buffers);
    below = { h: buffers.h.subarray(BH), dh: buffers.dh.subarray(BH) };
  }
  return {
    B,
    T,
    x,
    y: new Float64Array(T * B * shape.outputs),
    layers,
    hTop: below.h,
    dhTop: below.dh ?? new Float64Array(0),
  };
}

/** `below`: what this layer reads, (T, B, X), and where its dx goes, null for the inputs. */
function createLayerBuffers(
  shape: NetworkShape,
  B: number,
  T: number,
  below: { readonly h: Float64Array; readonly dh: Float64Array | null },
): LayerBuffers {
  const { cell, hidden: H } = shape;
  const BX = T === 0 ? 0 : below.h.length / T;
  const BH = B * H;
  const BG = GATE_COUNT[cell] * BH;
  const BR = cell === 'gru' ? 3 * BH : 0;
  const [h, c, dh, dc] = [0, 0, 0, 0].map(() => new Float64Array((T + 1) * BH));
  const gates = new Float64Array(T * BG);
  const recurrent = new Float64Array(T * BR);
  const dgates = new Float64Array(BG);
  const drecurrent = new Float64Array(BR);
  const steps: CellStep[] = [];
  const gradients: CellStepGradient[] = [];
  for (let t = 0; t < T; t++) {
    steps.push({
      x: block(below.h, t, BX),
      hBefore: block(h, t, BH),
      cBefore: block(c, t, BH),
      h: block(h, t + 1, BH),
      c: block(c, t + 1, BH),
      gates: block(gates, t, BG),
      recurrent: block(recurrent, t, BR),
    });
    gradients.push({
      dx: below.dh === null ? null : block(below.dh, t, BX),
      dh: block(dh, t + 1, BH),
      dc: block(dc, t + 1, BH),
      dhBefore: block(dh, t, BH),
      dcBefore: block(dc, t, BH),
      dgates,
      drecurrent,
    });
  }
  return { h, c, dh, dc, steps, gradients };
}

function block(array: Float64Array, at: number, size: number): Float64Array {
  return array.subarray(at * size, (at + 1) * size);
}

/** Copies one layer's part of h0 and c0, (B, L·H), into the layer's block 0, (B, H). */
function loadStates(
  { h, c }: LayerBuffers,
  layer: number,
  shape: NetworkShape,
  { windows: B, h0, c0 }: TrainingBatch,
): void {
  const { hidden: H, layers: L } = shape;
  for (let b = 0; b < B; b++) {
    for (let j = 0; j < H; j++) {
      h[b * H + j] = h0[(b * L + layer) * H + j];
      c[b * H + j] = c0[(b * L + layer) * H + j];
    }
  }
}

/** Overwrites y (T, B, O) with d loss / dy and returns the loss. */
function lossAndGradient(y: Float64Array, { target, weight }: TrainingBatch): number {
  let weightSum = 0;
  for (let i = 0; i < y.length; i++) weightSum += weight[i];
  let lossSum = 0;
  for (let i = 0; i < y.length; i++) {
    // A target without weight may be anything, NaN too, and must not reach the sums.
    if (weight[i] === 0) {
      y[i] = 0;
      continue;
    }
    const error = y[i] - target[i];
    lossSum += weight[i] * huber(error);
    y[i] = (weight[i] / weightSum) * huberDerivative(error);
  }
  return weightSum === 0 ? 0 : lossSum / weightSum;
}

/** Throws a RangeError unless the arrays of the batch have the sizes that B, T and the shape say. */
export function requireBatchSizes(shape: NetworkShape, batch: TrainingBatch): void {
  const { windows: B, steps: T, x, h0, c0, target, weight } = batch;
  const rows = B * T;
  const states = B * shape.layers * shape.hidden;
  const outputs = rows * shape.outputs;
  const expected = [rows * shape.inputs, states, states, outputs, outputs];
  const got = [x.length, h0.length, c0.length, target.length, weight.length];
  if (expected.some((length, i) => length !== got[i])) {
    throw new RangeError(`expected x, h0, c0, target, weight of ${expected}, got ${got}`);
  }
}

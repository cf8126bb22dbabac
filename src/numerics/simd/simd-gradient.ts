/**
 * Truncated backpropagation in WebAssembly SIMD: the order of the work, whose parts are in
 * gradient-module.ts and whose arrays in window-plan.ts.
 *
 *   forward   t ▶   layer by layer; h goes into the staged rows of the next step and of the layer
 *                   above, so that the rows a product reads are also what its gradient needs
 *   head      y, the loss, and dy in its place; from them dh
 *   backward  ◀ t   layer by layer from the top: gates become gradients in place, dh of the step
 *                   before is added to; every few steps the weights' gradient, while the gates are
 *                   still in the cache
 *
 * All sums of the weights' gradient are in float32. What is summed is weight·huber'; the division
 * by Σ weight comes at the end, when the gradient is read back into the order of the weights.
 */

import { requireParameterCount } from '../network-layout.ts';
import type { GradientKernel, NetworkShape, TrainingBatch } from '../recurrent-kernel.ts';
import { requireBatchSizes } from '../truncated-bptt.ts';
import type { SimdVariant } from './dialect.ts';
import { type GradientPlan, gradientModule, gradientPlan } from './gradient-module.ts';
import { FLOAT } from './memory-plan.ts';
import { type PanelLayout, packWeights, panelLayout, unpackGradient } from './panel-layout.ts';
import { packTransposed, type TransposedLayout, transposedLayout } from './transposed-layout.ts';
import {
  compileModule,
  createMemory,
  growMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
  type WasmModule,
} from './web-assembly.ts';
import { type WindowPlan, windowPlan } from './window-plan.ts';

/** Rows whose staged numbers stay in the first-level cache while all panels pass over them. */
const ROWS_AT_ONCE = 96;

/** What gradient kernels of one shape share. */
export interface CompiledGradient {
  readonly shape: NetworkShape;
  readonly layout: PanelLayout;
  readonly transposed: TransposedLayout;
  readonly plan: GradientPlan;
  readonly module: WasmModule;
}

/** Emits and compiles the gradient of a shape: some tens of milliseconds. */
export function compileGradient(shape: NetworkShape, variant: SimdVariant): CompiledGradient {
  const layout = panelLayout(shape);
  const transposed = transposedLayout(layout);
  const plan = gradientPlan(layout, transposed);
  const module = compileModule(gradientModule(shape, layout, transposed, plan, variant));
  return { shape, layout, transposed, plan, module };
}

/** Its memory grows with the largest batch so far. */
export function createSimdGradient(compiled: CompiledGradient): GradientKernel {
  return new SimdGradient(compiled);
}

class SimdGradient implements GradientKernel {
  readonly shape: NetworkShape;
  readonly #compiled: CompiledGradient;
  readonly #memory: WasmMemory;
  readonly #run: WasmExports;
  #windows: WindowPlan;
  /** The whole memory. */
  #floats: Float32Array;

  constructor(compiled: CompiledGradient) {
    const { shape, plan, module } = compiled;
    this.shape = shape;
    this.#compiled = compiled;
    this.#memory = createMemory(plan.windows);
    this.#run = instantiate(module, this.#memory);
    this.#windows = windowPlan(shape, plan, 0, 0);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  gradient(weights: Float32Array, batch: TrainingBatch, gradient: Float32Array): number {
    const { windows: B, steps: T } = batch;
    requireParameterCount(this.shape, weights);
    requireParameterCount(this.shape, gradient);
    requireBatchSizes(this.shape, batch);
    gradient.fill(0);
    if (B === 0 || T === 0) return 0;
    if (this.#windows.B !== B || this.#windows.T !== T) this.#arrange(B, T);
    this.#load(weights, batch);
    this.#forward();
    const { loss, weightSum } = this.#loss();
    if (weightSum === 0) return 0;
    this.#backward();
    const { layout, plan } = this.#compiled;
    unpackGradient(layout, this.#view(plan.gradient, layout.size), gradient, 1 / weightSum);
    return loss / weightSum;
  }

  /** Lays out the arrays of another batch size: all 0 but the ones that stand for the bias. */
  #arrange(B: number, T: number): void {
    const { plan, layout } = this.#compiled;
    const windows = windowPlan(this.shape, plan, B, T);
    growMemory(this.#memory, windows.end);
    this.#floats = new Float32Array(this.#memory.buffer);
    this.#view(plan.windows, (windows.end - plan.windows) / FLOAT).fill(0);
    const staged = [...windows.layers.map((layer) => layer.staged), windows.headStaged];
    [...layout.layers, layout.head].forEach(({ K }, i) => {
      const row = plan.stagedRow[i] / FLOAT;
      for (let at = staged[i] / FLOAT + K, n = 0; n < T * B; n++, at += row) this.#floats[at] = 1;
    });
    this.#windows = windows;
  }

  #load(weights: Float32Array, { x, h0, c0, target, weight }: TrainingBatch): void {
    const { layout, transposed, plan } = this.#compiled;
    const { B, T, layers, ...at } = this.#windows;
    const floats = this.#floats;
    packWeights(layout, weights, this.#view(plan.weights, layout.size));
    packTransposed(transposed, weights, this.#view(plan.transposed, transposed.size));
    floats.set(x, at.x / FLOAT);
    floats.set(target, at.target / FLOAT);
    floats.set(weight, at.weight / FLOAT);
    const afterHidden = layout.H * FLOAT;
    this.#run['spreadInputs'](
      T * B,
      at.x,
      layers[0].staged + afterHidden,
      at.headStaged + afterHidden,
    );
    const H = this.shape.hidden;
    layers.forEach(({ staged, c }, layer) => {
      for (let b = 0; b < B; b++) {
        const from = (b * layers.length + layer) * H;
        const toH = (staged + b * plan.stagedRow[layer]) / FLOAT;
        const toC = (c + b * plan.stateRow) / FLOAT;
        for (let j = 0; j < H; j++) {
          floats[toH + j] = h0[from + j];
          floats[toC + j] = c0[from + j];
        }
      }
    });
  }

  #forward(): void {
    const { layout, plan } = this.#compiled;
    const { B, T, layers, headStaged, y } = this.#windows;
    const stateStep = B * plan.stateRow;
    layers.forEach(({ staged, gates, c, shown }, layer) => {
      const forward = this.#run[`forward${layer}`];
      const isTop = layer === layers.length - 1;
      const above = isTop ? headStaged : layers[layer + 1].staged + layout.H * FLOAT;
      const stagedStep = B * plan.stagedRow[layer];
      const aboveStep = B * plan.stagedRow[layer + 1];
      for (let t = 0; t < T; t++) {
        forward(
          B,
          staged + t * stagedStep,
          gates + t * B * plan.gatesRow,
          c + t * stateStep,
          c + (t + 1) * stateStep,
          shown + t * stateStep,
          staged + (t + 1) * stagedStep,
          above + t * aboveStep,
        );
      }
    });
    this.#run['forwardHead'](T * B, headStaged, y);
  }

  /** Sums over all outputs, step by step in double precision; y becomes its gradient. */
  #loss(): { loss: number; weightSum: number } {
    const { plan } = this.#compiled;
    const { B, T, y, target, weight } = this.#windows;
    const sums = this.#view(plan.lossSums, 8);
    const stepBytes = B * this.shape.outputs * FLOAT;
    let loss = 0;
    let weightSum = 0;
    for (let t = 0; t < T; t++) {
      const [targetAt, weightAt] = [target + t * stepBytes, weight + t * stepBytes];
      this.#run['loss'](B, y + t * B * plan.yRow, targetAt, weightAt, plan.lossSums);
      loss += sums[0] + sums[1] + sums[2] + sums[3];
      weightSum += sums[4] + sums[5] + sums[6] + sums[7];
    }
    return { loss, weightSum };
  }

  #backward(): void {
    const { layout, plan } = this.#compiled;
    const { B, T, layers, headStaged, y, dh } = this.#windows;
    this.#view(plan.gradient, layout.size).fill(0);
    const headRow = plan.stagedRow[layers.length];
    const weightsBackHead = this.#run['weightsBackHead'];
    for (let from = 0; from < T * B; from += ROWS_AT_ONCE) {
      const n = Math.min(ROWS_AT_ONCE, T * B - from);
      weightsBackHead(n, headStaged + from * headRow, y + from * plan.yRow);
    }
    this.#run['hiddenBackHead'](T * B, y, dh);
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      this.#layerBackward(layer);
      if (layer > 0) this.#run[`belowBack${layer}`](T * B, layers[layer].gates, dh);
    }
  }

  #layerBackward(layer: number): void {
    const { plan } = this.#compiled;
    const { B, T, layers, dh, dc, spare } = this.#windows;
    const { staged, gates, c, shown } = layers[layer];
    const gatesBack = this.#run[`gatesBack${layer}`];
    const hiddenBack = this.#run[`hiddenBack${layer}`];
    const stateStep = B * plan.stateRow;
    this.#view(dc, stateStep / FLOAT).fill(0);
    let waiting = 0;
    for (let t = T - 1; t >= 0; t--) {
      const gatesAt = gates + t * B * plan.gatesRow;
      const stagedAt = staged + t * B * plan.stagedRow[layer];
      const [cAt, shownAt] = [c + t * stateStep, shown + t * stateStep];
      const dhAt = dh + t * stateStep;
      const dhBefore = t > 0 ? dhAt - stateStep : spare;
      gatesBack(B, gatesAt, dhAt, dc, cAt, shownAt, stagedAt, dhBefore);
      if (t > 0) hiddenBack(B, gatesAt, dhBefore);
      waiting += B;
      if (waiting + B <= ROWS_AT_ONCE && t > 0) continue;
      this.#weightsBack(layer, t * B, waiting);
      waiting = 0;
    }
  }

  /** Adds the weights' gradient of `count` rows from row `first` on. */
  #weightsBack(layer: number, first: number, count: number): void {
    const { plan } = this.#compiled;
    const { staged, gates } = this.#windows.layers[layer];
    const weightsBack = this.#run[`weightsBack${layer}`];
    for (let from = first; from < first + count; from += ROWS_AT_ONCE) {
      const n = Math.min(ROWS_AT_ONCE, first + count - from);
      weightsBack(n, staged + from * plan.stagedRow[layer], gates + from * plan.gatesRow);
    }
  }

  #view(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }
}

/**
 * The module of truncated backpropagation: products over rows of windows, and the gates between
 * them. Which rows, in which order, is told from outside (simd-gradient.ts); every function takes
 * n ≥ 1 rows that follow each other at a fixed distance, the same for all arrays of a kind:
 *
 *   staged   [h | x | 1]      a row's h, x and a 1 that makes the bias a weight like others
 *   gates    panels of 16     sums, then gates, then gradients of sums, all in place
 *   state    H' numbers       c, tanh(c), dh, dc
 *   y        O' numbers       outputs, then their gradients
 *
 * The forward products read the weights of panel-layout.ts, those of the way back the transposed
 * ones, and the gradient of the weights is summed up in the places of the weights.
 */

import type { NetworkShape } from '../recurrent-kernel.ts';
import { type FunctionBuilder, ModuleBuilder } from './assembler.ts';
import { copyNumbers } from './copy-numbers.ts';
import { MULTIPLY_ADD, type MultiplyAdd, type SimdVariant } from './dialect.ts';
import { addInt, mulInt } from './expressions.ts';
import { GATE_FUNCTIONS, type WindowStrides } from './gate-functions.ts';
import { defineHuberLoss } from './huber-loss.ts';
import { FLOAT, MemoryPlan, rowBytes } from './memory-plan.ts';
import { PANEL, type PanelBlock, type PanelLayout, unitsOfPanel } from './panel-layout.ts';
import { defineRowPairs, type RowPairStrides } from './row-pairs.ts';
import type { TransposedBlock, TransposedLayout } from './transposed-layout.ts';

const PANEL_BYTES = PANEL * FLOAT;

/** Fixed addresses, and bytes from row to row. */
export interface GradientPlan {
  readonly weights: number;
  readonly transposed: number;
  readonly gradient: number;
  /** Sixteen zeros: the start of sums that begin with nothing. */
  readonly zeros: number;
  /** Partial sums of loss and weight. */
  readonly lossSums: number;
  /** By layer, and then the head's. */
  readonly stagedRow: readonly number[];
  readonly gatesRow: number;
  readonly stateRow: number;
  readonly yRow: number;
  /** The windows' arrays begin here. */
  readonly windows: number;
}

export function gradientPlan(layout: PanelLayout, transposed: TransposedLayout): GradientPlan {
  const plan = new MemoryPlan();
  return {
    weights: plan.numbers(layout.size),
    transposed: plan.numbers(transposed.size),
    gradient: plan.numbers(layout.size),
    zeros: plan.numbers(PANEL),
    lossSums: plan.numbers(8),
    stagedRow: [...layout.layers, layout.head].map(({ K }) => rowBytes(K + 1)),
    gatesRow: rowBytes(layout.layers[0].panels * PANEL),
    stateRow: rowBytes(layout.H),
    yRow: rowBytes(layout.O),
    windows: plan.end,
  };
}

/**
 * Bytes of the module. For each layer L it exports
 *   `forwardL(n, staged, gates, cBefore, c, shown, hAfter, above)`,
 *   `gatesBackL(n, gates, dh, dc, cBefore, shown, hBefore, dhBefore)`,
 *   `hiddenBackL(n, gates, dhBefore)`: adds; `belowBackL(n, gates, dhBelow)`: overwrites,
 *   `weightsBackL(n, staged, gates)`: adds to the gradient;
 * for the head `forwardHead(n, staged, y)`, `hiddenBackHead(n, y, dh)`, `weightsBackHead(n, staged, y)`;
 * and `spreadInputs(n, x, staged, stagedOfHead)` and `loss` (huber-loss.ts).
 */
export function gradientModule(
  shape: NetworkShape,
  layout: PanelLayout,
  transposed: TransposedLayout,
  plan: GradientPlan,
  variant: SimdVariant,
): Uint8Array {
  const module = new ModuleBuilder();
  const parts: Parts = { module, shape, layout, plan, multiplyAdd: MULTIPLY_ADD[variant] };
  defineSpreadInputs(parts);
  layout.layers.forEach((block, layer) => {
    defineLayerForward(parts, block, layer);
    defineGatesBack(parts, block, layer);
    const { toHidden, toBelow } = transposed;
    const fromGates = { parts, aRow: plan.gatesRow };
    defineBack({ ...fromGates, name: `hiddenBack${layer}`, block: toHidden[layer], adds: true });
    const below = toBelow[layer - 1];
    if (below !== undefined) {
      defineBack({ ...fromGates, name: `belowBack${layer}`, block: below, adds: false });
    }
    const rows = { staged: plan.stagedRow[layer], gradients: plan.gatesRow };
    defineWeightsBack(parts, `weightsBack${layer}`, block, rows);
  });
  const { head } = layout;
  const stagedRow = plan.stagedRow[shape.layers];
  defineHeadForward(parts, stagedRow);
  const toHead = { parts, aRow: plan.yRow, name: 'hiddenBackHead', block: transposed.head };
  defineBack({ ...toHead, adds: false });
  const rows = { staged: stagedRow, gradients: plan.yRow };
  defineWeightsBack(parts, 'weightsBackHead', head, rows);
  defineHuberLoss(module, { O: shape.outputs, paddedO: layout.O, yRow: plan.yRow });
  return module.bytes();
}

interface Parts {
  readonly module: ModuleBuilder;
  readonly shape: NetworkShape;
  readonly layout: PanelLayout;
  readonly plan: GradientPlan;
  readonly multiplyAdd: MultiplyAdd;
}

/** The addresses are those of the x within the first staged row. */
function defineSpreadInputs({ module, shape, plan }: Parts): void {
  const { inputs: count, layers } = shape;
  module.define('spreadInputs', ['i32', 'i32', 'i32', 'i32'], (body, n, x, staged, ofHead) => {
    body.countDown(n, () => {
      copyNumbers(body, { from: x, to: staged, count });
      copyNumbers(body, { from: x, to: ofHead, count });
      body.advance(x, count * FLOAT);
      body.advance(staged, plan.stagedRow[0]);
      body.advance(ofHead, plan.stagedRow[layers]);
    });
  });
}

function defineLayerForward(parts: Parts, block: PanelBlock, layer: number): void {
  const { module, shape, plan, multiplyAdd } = parts;
  const strides: RowPairStrides = {
    aRow: plan.stagedRow[layer],
    aStep: FLOAT,
    wStep: PANEL_BYTES,
    zRow: plan.gatesRow,
    startRow: 0,
  };
  const sums = defineRowPairs(module, multiplyAdd, strides);
  const { forward } = GATE_FUNCTIONS[shape.cell];
  const gatesOf = forward(module, multiplyAdd, windowStrides(plan, layer));
  const unitBytes = unitsOfPanel(shape.cell) * FLOAT;
  module.define(`forward${layer}`, Array(8).fill('i32'), (body, ...parameters) => {
    const [n, staged, gates, cBefore, c, shown, hAfter, above] = parameters;
    const [panel, w, h] = [body.int(), body.int(), body.int()];
    const bias = addInt(w, block.K * PANEL_BYTES);
    body.set(panel, block.panels);
    body.set(w, plan.weights + block.at * FLOAT);
    body.set(h, staged);
    body.countDown(panel, () => {
      body.call(sums, n, staged, w, bias, gates, bias);
      body.call(gatesOf, n, gates, cBefore, c, shown, h, hAfter, above);
      body.advance(w, (block.K + 1) * PANEL_BYTES);
      body.advance(gates, PANEL_BYTES);
      for (const at of [cBefore, c, shown, h, hAfter, above]) body.advance(at, unitBytes);
    });
  });
}

function defineGatesBack(parts: Parts, block: PanelBlock, layer: number): void {
  const { module, shape, plan, multiplyAdd } = parts;
  const { backward } = GATE_FUNCTIONS[shape.cell];
  const backwardOf = backward(module, multiplyAdd, windowStrides(plan, layer));
  const unitBytes = unitsOfPanel(shape.cell) * FLOAT;
  module.define(`gatesBack${layer}`, Array(8).fill('i32'), (body, ...parameters) => {
    const [n, gates, ...states] = parameters;
    const panel = body.int();
    body.set(panel, block.panels);
    body.countDown(panel, () => {
      body.call(backwardOf, n, gates, ...states);
      body.advance(gates, PANEL_BYTES);
      for (const at of states) body.advance(at, unitBytes);
    });
  });
}

function windowStrides(plan: GradientPlan, layer: number): WindowStrides {
  const [h, above] = [plan.stagedRow[layer], plan.stagedRow[layer + 1]];
  return { gates: plan.gatesRow, state: plan.stateRow, h, above };
}

function defineHeadForward({ module, layout, plan, multiplyAdd }: Parts, aRow: number): void {
  const { head } = layout;
  const sums = defineRowPairs(module, multiplyAdd, {
    aRow,
    aStep: FLOAT,
    wStep: PANEL_BYTES,
    zRow: plan.yRow,
    startRow: 0,
  });
  module.define('forwardHead', ['i32', 'i32', 'i32'], (body, n, staged, y) => {
    const [panel, w] = [body.int(), body.int()];
    const bias = addInt(w, head.K * PANEL_BYTES);
    body.set(panel, head.panels);
    body.set(w, plan.weights + head.at * FLOAT);
    body.countDown(panel, () => {
      body.call(sums, n, staged, w, bias, y, bias);
      body.advance(w, (head.K + 1) * PANEL_BYTES);
      body.advance(y, PANEL_BYTES);
    });
  });
}

/** `(n, gradients, target)`: gradients of sums times transposed weights, to rows of states. */
function defineBack({
  parts,
  name,
  aRow,
  block,
  adds,
}: {
  parts: Parts;
  name: string;
  aRow: number;
  block: TransposedBlock;
  adds: boolean;
}): FunctionBuilder {
  const { module, plan, multiplyAdd } = parts;
  const product = defineRowPairs(module, multiplyAdd, {
    aRow,
    aStep: FLOAT,
    wStep: PANEL_BYTES,
    zRow: plan.stateRow,
    startRow: adds ? plan.stateRow : 0,
  });
  return module.define(name, ['i32', 'i32', 'i32'], (body, n, gradients, target) => {
    const [panel, w] = [body.int(), body.int()];
    const panelBytes = block.inner * PANEL_BYTES;
    body.set(panel, block.panels);
    body.set(w, plan.transposed + block.at * FLOAT);
    body.countDown(panel, () => {
      const start = adds ? target : plan.zeros;
      body.call(product, n, gradients, w, addInt(w, panelBytes), target, start);
      body.advance(w, panelBytes);
      body.advance(target, PANEL_BYTES);
    });
  });
}

/**
 * `(n, staged, gradients)`: the columns of the staged rows are the rows of the product, so that the
 * gradient of the bias comes with the column of ones.
 */
function defineWeightsBack(
  { module, plan, multiplyAdd }: Parts,
  name: string,
  { at, panels, K }: PanelBlock,
  rows: { staged: number; gradients: number },
): FunctionBuilder {
  const product = defineRowPairs(module, multiplyAdd, {
    aRow: FLOAT,
    aStep: rows.staged,
    wStep: rows.gradients,
    zRow: PANEL_BYTES,
    startRow: PANEL_BYTES,
  });
  return module.define(name, ['i32', 'i32', 'i32'], (body, n, staged, gradients) => {
    const [panel, z, bytes] = [body.int(), body.int(), body.int()];
    body.set(bytes, mulInt(n, rows.gradients));
    body.set(panel, panels);
    body.set(z, plan.gradient + at * FLOAT);
    body.countDown(panel, () => {
      body.call(product, K + 1, staged, gradients, addInt(gradients, bytes), z, z);
      body.advance(gradients, PANEL_BYTES);
      body.advance(z, (K + 1) * PANEL_BYTES);
    });
  });
}

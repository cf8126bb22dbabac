/**
 * The module that steps many streams through a network of one shape, everything but the choice of
 * streams in one call:
 *
 *   weights │ rows, x, y of up to CHUNK streams │ staging of one block │ h and c of all streams
 *
 *   for each block of at most BLOCK streams:
 *     gather   h, c from the slabs and x into staged rows [h | x], a row a stream
 *     layers   per panel: sums of all rows, then their gates; the new h goes to the row above
 *     scatter  h and c back into the slabs
 *     head     y from the rows [h | x] of the head
 *
 * A block's staged rows stay in the first-level cache while all panels pass over them. One stream
 * alone goes through its panels in pairs. The arithmetic of a row is the same in all cases.
 */

import type { NetworkShape } from '../recurrent-kernel.ts';
import { type FunctionBuilder, ModuleBuilder } from './assembler.ts';
import { MULTIPLY_ADD, type MultiplyAdd, type SimdVariant } from './dialect.ts';
import { addInt, minInt, mulInt, notEqual, subInt } from './expressions.ts';
import { GATE_FUNCTIONS } from './gate-functions.ts';
import { FLOAT } from './memory-plan.ts';
import { PANEL, type PanelBlock, type PanelLayout, unitsOfPanel } from './panel-layout.ts';
import { defineRowPairs } from './row-pairs.ts';
import { BLOCK, hiddenAbove, type StepPlan } from './step-plan.ts';
import { defineGather, defineScatter } from './step-staging.ts';
import { definePanelPairs, defineTile } from './tile.ts';

const PANEL_BYTES = PANEL * FLOAT;
/** Rows of numbers times a panel, all starting from its bias. */
const ROW_BY_ROW = { aStep: FLOAT, wStep: PANEL_BYTES, startRow: 0 };

/** Bytes of the module; it exports `step(n, h, c)`: n ≤ CHUNK, h and c the addresses of the slabs. */
export function stepModule(
  shape: NetworkShape,
  layout: PanelLayout,
  plan: StepPlan,
  variant: SimdVariant,
): Uint8Array {
  const module = new ModuleBuilder();
  const parts: Parts = { module, shape, layout, plan, multiplyAdd: MULTIPLY_ADD[variant] };
  const gather = defineGather(module, shape, layout, plan);
  const layers = layout.layers.map((_, layer) => defineLayer(parts, layer));
  const scatter = defineScatter(module, shape, layout, plan);
  const head = defineHead(parts);
  module.define('step', ['i32', 'i32', 'i32'], (body, n, h, c) => {
    const [rows, x, y, block, full] = [0, 1, 2, 3, 4].map(() => body.int());
    body.set(rows, plan.rows);
    body.set(x, plan.x);
    body.set(y, plan.y);
    body.set(full, BLOCK);
    body.doWhile(
      () => {
        body.set(block, minInt(n, full));
        body.call(gather, block, rows, x, h, c);
        for (const layer of layers) body.call(layer, block);
        body.call(scatter, block, rows, h, c);
        body.call(head, block, y);
        body.advance(rows, mulInt(block, FLOAT));
        body.advance(x, mulInt(block, FLOAT * shape.inputs));
        body.advance(y, mulInt(block, FLOAT * shape.outputs));
        body.set(n, subInt(n, block));
      },
      () => notEqual(n, 0),
    );
  });
  return module.bytes();
}

interface Parts {
  readonly module: ModuleBuilder;
  readonly shape: NetworkShape;
  readonly layout: PanelLayout;
  readonly plan: StepPlan;
  readonly multiplyAdd: MultiplyAdd;
}

/** `(n)`: one layer over the staged rows of a block. */
function defineLayer(parts: Parts, layer: number): FunctionBuilder {
  const { module, shape, layout, plan, multiplyAdd } = parts;
  const block = layout.layers[layer];
  const { at: staged, row } = plan.staged[layer];
  const unitBytes = unitsOfPanel(shape.cell) * FLOAT;
  const sums = defineRowPairs(module, multiplyAdd, { ...ROW_BY_ROW, aRow: row, zRow: PANEL_BYTES });
  const single = defineSingleRow(parts, block, row);
  const { step } = GATE_FUNCTIONS[shape.cell];
  const above = plan.staged[layer + 1].row;
  const cRow = layout.H * FLOAT;
  const gates = step(module, multiplyAdd, { z: PANEL_BYTES, c: cRow, h: row, above });
  const along = { z: PANEL_BYTES, c: unitBytes, h: unitBytes, above: unitBytes };
  const gatesOfOne = step(module, multiplyAdd, along);
  return module.define('', ['i32'], (body, n) => {
    const [panel, w, c, h, aboveAt] = [0, 1, 2, 3, 4].map(() => body.int());
    const bias = addInt(w, block.K * PANEL_BYTES);
    body.set(c, plan.memories[layer]);
    body.set(h, staged);
    body.set(aboveAt, hiddenAbove(plan, layout, layer));
    const manyRows = () => {
      body.set(w, weightsOf(plan, block));
      body.set(panel, block.panels);
      body.countDown(panel, () => {
        body.call(sums, n, staged, w, bias, plan.sums, bias);
        body.call(gates, n, plan.sums, c, h, aboveAt);
        body.advance(w, (block.K + 1) * PANEL_BYTES);
        for (const address of [c, h, aboveAt]) body.advance(address, unitBytes);
      });
    };
    body.when(subInt(n, 1), manyRows, () => {
      body.call(single, staged, plan.sums);
      body.call(gatesOfOne, block.panels, plan.sums, c, h, aboveAt);
    });
  });
}

/** `(n, y)`: the outputs of a block. */
function defineHead(parts: Parts): FunctionBuilder {
  const { module, shape, layout, plan, multiplyAdd } = parts;
  const { head } = layout;
  const { at: staged, row } = plan.staged[shape.layers];
  const zRow = shape.outputs * FLOAT;
  const sums = defineRowPairs(module, multiplyAdd, { ...ROW_BY_ROW, aRow: row, zRow });
  const single = defineSingleRow(parts, head, row);
  const panelBytes = (head.K + 1) * PANEL_BYTES;
  return module.define('', ['i32', 'i32'], (body, n, y) => {
    const [panel, w, z] = [body.int(), body.int(), body.int()];
    const bias = addInt(w, head.K * PANEL_BYTES);
    const manyRows = () => {
      // From the last panel to the first and down the rows: what a padded panel writes beyond the
      // end of its row is overwritten by the outputs that belong there.
      body.set(panel, head.panels);
      body.set(w, weightsOf(plan, head) + (head.panels - 1) * panelBytes);
      body.set(z, addInt(y, (head.panels - 1) * PANEL_BYTES));
      body.countDown(panel, () => {
        body.call(sums, n, staged, w, bias, z, bias);
        body.advance(w, -panelBytes);
        body.advance(z, -PANEL_BYTES);
      });
    };
    body.when(subInt(n, 1), manyRows, () => body.call(single, staged, y));
  });
}

/** `(a, z)`: the sums of one row over all panels of a block. */
function defineSingleRow(
  { module, multiplyAdd, plan }: Parts,
  block: PanelBlock,
  aRow: number,
): FunctionBuilder {
  const { K, panels } = block;
  const pairs = definePanelPairs(module, multiplyAdd, K);
  const last = defineTile(module, multiplyAdd, { ...ROW_BY_ROW, aRow, zRow: 0, rows: 1 });
  const weights = weightsOf(plan, block);
  const even = panels & -2;
  return module.define('', ['i32', 'i32'], (body, a, z) => {
    if (even > 0) body.call(pairs, even / 2, a, weights, z);
    if (even === panels) return;
    const w = weights + even * (K + 1) * PANEL_BYTES;
    const bias = w + K * PANEL_BYTES;
    body.call(last, 1, a, w, bias, addInt(z, even * PANEL_BYTES), bias);
  });
}

function weightsOf(plan: StepPlan, block: PanelBlock): number {
  return plan.weights + block.at * FLOAT;
}

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
import { copyNumbers } from './copy-numbers.ts';
import { MULTIPLY_ADD, type MultiplyAdd, type SimdVariant } from './dialect.ts';
import { addInt, loadInt, minInt, mulInt, notEqual, subInt } from './expressions.ts';
import { GATE_FUNCTIONS } from './gate-functions.ts';
import { FLOAT, MemoryPlan, rowBytes } from './memory-plan.ts';
import { PANEL, type PanelBlock, type PanelLayout, unitsOfPanel } from './panel-layout.ts';
import { defineRowPairs } from './row-pairs.ts';
import { definePanelPairs, defineTile } from './tile.ts';

/** Streams that a call of `step` may take. */
export const CHUNK = 1_008;
/** Streams whose staged rows are worked on together. */
const BLOCK = 48;
const PANEL_BYTES = PANEL * FLOAT;
/** Rows of numbers times a panel, all starting from its bias. */
const ROW_BY_ROW = { aStep: FLOAT, wStep: PANEL_BYTES, startRow: 0 };

/** Addresses of everything in the module's memory, and the strides of its rows. */
export interface StepPlan {
  readonly weights: number;
  readonly rows: number;
  readonly x: number;
  readonly y: number;
  /** Staged rows [h | x] of each layer and then of the head, with the bytes from row to row. */
  readonly staged: readonly { readonly at: number; readonly row: number }[];
  /** c of a block, for each layer. */
  readonly memories: readonly number[];
  readonly sums: number;
  /** Where h of all streams begins; c follows it. */
  readonly slabs: number;
}

export function stepPlan({ inputs, outputs }: NetworkShape, layout: PanelLayout): StepPlan {
  const plan = new MemoryPlan();
  const weights = plan.numbers(layout.size);
  const rows = plan.numbers(CHUNK);
  const x = plan.numbers(CHUNK * inputs);
  // The last row's padded outputs are written beyond its end.
  const y = plan.numbers(CHUNK * outputs + PANEL);
  const staged = [...layout.layers, layout.head].map(({ K }) => {
    const row = rowBytes(K);
    return { at: plan.numbers((BLOCK * row) / FLOAT), row };
  });
  const memories = layout.layers.map(() => plan.numbers(BLOCK * layout.H));
  const sums = plan.numbers(Math.max(BLOCK, layout.H / 4 + 1) * PANEL);
  return { weights, rows, x, y, staged, memories, sums, slabs: plan.end };
}

/** Bytes of the module; it exports `step(n, h, c)`: n ≤ CHUNK, h and c the addresses of the slabs. */
export function stepModule(
  shape: NetworkShape,
  layout: PanelLayout,
  plan: StepPlan,
  variant: SimdVariant,
): Uint8Array {
  const module = new ModuleBuilder();
  const parts: Parts = { module, shape, layout, plan, multiplyAdd: MULTIPLY_ADD[variant] };
  const gather = defineGather(parts);
  const layers = layout.layers.map((_, layer) => defineLayer(parts, layer));
  const scatter = defineScatter(parts);
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

/** `(n, rows, x, h, c)`: states and inputs of n streams into the staged rows. */
function defineGather({ module, shape, layout, plan }: Parts): FunctionBuilder {
  const { cell, hidden, inputs, layers } = shape;
  return module.define('', ['i32', 'i32', 'i32', 'i32', 'i32'], (body, n, rows, x, h, c) => {
    const state = body.int();
    const staged = plan.staged.map(() => body.int());
    const memories = plan.memories.map(() => body.int());
    staged.forEach((row, i) => body.set(row, plan.staged[i].at));
    memories.forEach((row, i) => body.set(row, plan.memories[i]));
    body.countDown(n, () => {
      body.set(state, mulInt(loadInt(rows), layers * hidden * FLOAT));
      for (let i = 0; i < layers; i++) {
        const offset = i * hidden * FLOAT;
        copyNumbers(body, { from: addInt(h, state), offset, to: staged[i], count: hidden });
        if (cell !== 'lstm') continue;
        // Padded units of a stream with NaN have a NaN of their own; it must not stay for the next.
        if (hidden < layout.H) body.store(memories[i], body.constant(0), (layout.H - 4) * FLOAT);
        copyNumbers(body, { from: addInt(c, state), offset, to: memories[i], count: hidden });
      }
      for (const row of [staged[0], staged[layers]]) {
        copyNumbers(body, { from: x, to: row, toOffset: layout.H * FLOAT, count: inputs });
      }
      staged.forEach((row, i) => body.advance(row, plan.staged[i].row));
      for (const row of memories) body.advance(row, layout.H * FLOAT);
      body.advance(rows, FLOAT);
      body.advance(x, inputs * FLOAT);
    });
  });
}

/** `(n, rows, h, c)`: the new states of n streams back into the slabs. */
function defineScatter({ module, shape, layout, plan }: Parts): FunctionBuilder {
  const { cell, hidden, layers } = shape;
  return module.define('', ['i32', 'i32', 'i32', 'i32'], (body, n, rows, h, c) => {
    const state = body.int();
    const above = layout.layers.map(() => body.int());
    const memories = layout.layers.map(() => body.int());
    above.forEach((row, i) => body.set(row, hiddenAbove(plan, layout, i)));
    memories.forEach((row, i) => body.set(row, plan.memories[i]));
    body.countDown(n, () => {
      body.set(state, mulInt(loadInt(rows), layers * hidden * FLOAT));
      for (let i = 0; i < layers; i++) {
        const toOffset = i * hidden * FLOAT;
        copyNumbers(body, { from: above[i], to: addInt(h, state), toOffset, count: hidden });
        body.advance(above[i], plan.staged[i + 1].row);
        if (cell !== 'lstm') continue;
        copyNumbers(body, { from: memories[i], to: addInt(c, state), toOffset, count: hidden });
        body.advance(memories[i], layout.H * FLOAT);
      }
      body.advance(rows, FLOAT);
    });
  });
}

/** Where a layer puts its new h: the x of the next layer, or the h of the head. */
function hiddenAbove(plan: StepPlan, layout: PanelLayout, layer: number): number {
  const isTop = layer === layout.layers.length - 1;
  return plan.staged[layer + 1].at + (isTop ? 0 : layout.H * FLOAT);
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

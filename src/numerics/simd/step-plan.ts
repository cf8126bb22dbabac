/** Where everything lies in the memory of a step's module, and how much of it is worked on at once. */

import type { NetworkShape } from '../recurrent-kernel.ts';
import { FLOAT, MemoryPlan, rowBytes } from './memory-plan.ts';
import { PANEL, type PanelLayout } from './panel-layout.ts';

/** Streams that a call of `step` may take. */
export const CHUNK = 1_008;
/** Streams whose staged rows are worked on together. */
export const BLOCK = 48;

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

/** Where a layer puts its new h: the x of the next layer, or the h of the head. */
export function hiddenAbove(plan: StepPlan, layout: PanelLayout, layer: number): number {
  const isTop = layer === layout.layers.length - 1;
  return plan.staged[layer + 1].at + (isTop ? 0 : layout.H * FLOAT);
}

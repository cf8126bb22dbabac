/**
 * Where the arrays of B windows of T steps lie, time-major: the rows of one step together, one row
 * a window. Arrays of states have T + 1 blocks, block 0 being what the windows start from.
 *
 *   x target weight │ staged of the head │ y │ dh │ dc spare │ for each layer: staged gates c shown
 */

import type { NetworkShape } from '../recurrent-kernel.ts';
import type { GradientPlan } from './gradient-module.ts';
import { FLOAT, MemoryPlan } from './memory-plan.ts';

interface LayerWindows {
  readonly staged: number;
  readonly gates: number;
  readonly c: number;
  readonly shown: number;
}

/** Addresses. */
export interface WindowPlan {
  readonly B: number;
  readonly T: number;
  readonly x: number;
  readonly target: number;
  readonly weight: number;
  readonly headStaged: number;
  readonly y: number;
  /** After each step, of the layer that is on its way back. */
  readonly dh: number;
  /** One block each; what would go to the step before the first is written to `spare`. */
  readonly dc: number;
  readonly spare: number;
  readonly layers: readonly LayerWindows[];
  readonly end: number;
}

export function windowPlan(
  { cell, inputs, outputs, layers }: NetworkShape,
  { stagedRow, gatesRow, stateRow, yRow, windows }: GradientPlan,
  B: number,
  T: number,
): WindowPlan {
  const plan = new MemoryPlan(windows);
  const steps = (count: number, row: number) => plan.numbers((count * B * row) / FLOAT);
  // The loss reads whole vectors of targets and weights.
  const slack = 4;
  // Cells without c leave its arrays alone: one block is enough to point at.
  const [cBlocks, shownBlocks] = cell === 'lstm' ? [T + 1, T] : [1, 1];
  return {
    B,
    T,
    x: plan.numbers(T * B * inputs),
    target: plan.numbers(T * B * outputs + slack),
    weight: plan.numbers(T * B * outputs + slack),
    headStaged: steps(T, stagedRow[layers]),
    y: steps(T, yRow),
    dh: steps(T, stateRow),
    dc: steps(1, stateRow),
    spare: steps(1, stateRow),
    layers: Array.from({ length: layers }, (_, layer) => ({
      staged: steps(T + 1, stagedRow[layer]),
      gates: steps(T, gatesRow),
      c: steps(cBlocks, stateRow),
      shown: steps(shownBlocks, stateRow),
    })),
    end: plan.end,
  };
}

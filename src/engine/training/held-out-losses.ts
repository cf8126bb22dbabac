import type { GradientKernel } from '../../numerics/recurrent-kernel.ts';
import { WARM_UP } from './warm-up.ts';
import type { WindowBatch } from './window-batch.ts';
import type { WindowPicker } from './window-picker.ts';

/** What a judgement works with; the batch is the one that the picker fills. */
export interface HeldOutParts {
  readonly picker: WindowPicker;
  readonly batch: WindowBatch;
  readonly kernel: GradientKernel;
}

/**
 * Mean losses of two sets of weights over the same held-out targets of up to 32 windows, beginning
 * at place `start` of the pool. Null when nothing is held out. Overwrites `scratch` (parameters).
 */
export function heldOutLosses(
  { picker, batch, kernel }: HeldOutParts,
  start: number,
  pair: readonly [Float32Array, Float32Array],
  scratch: Float32Array,
): [number, number] | null {
  const sums: [number, number] = [0, 0];
  let visited = 0;
  let weight = 0;
  for (let round = 0; round < ROUNDS; round++) {
    visited = picker.pickHeldOut(start, visited, WARM_UP.windows);
    const share = batch.naive().weight;
    if (share === 0) break;
    const view = batch.view();
    sums[0] += share * kernel.gradient(pair[0], view, scratch);
    sums[1] += share * kernel.gradient(pair[1], view, scratch);
    weight += share;
  }
  return weight === 0 ? null : [sums[0] / weight, sums[1] / weight];
}

/** Batches of held-out windows, at most. */
const ROUNDS = 2;

import type { NetworkShape } from '../../numerics/recurrent-kernel.ts';

/**
 * What the engine hands to training: steps of the tracked streams of one model group, in order.
 * It is a copy; training is outside the fold and cannot reach the engine's state.
 *
 *   rows (count, width), one a step:
 *   ┌────────┬──────┬───────┬──────┬────────┬──────────┬───────────┐
 *   │ member │ step │ value │ base │ x (X)  │ scale(O) │ output(O) │
 *   └────────┴──────┴───────┴──────┴────────┴──────────┴───────────┘
 */
export interface TrainingRows {
  readonly group: string;
  readonly shape: NetworkShape;
  /** Version of the weights that the newest outputs were made with. */
  readonly version: number;
  readonly count: number;
  /** (count, rowWidth(shape)) */
  readonly rows: Float64Array;
  readonly stateCount: number;
  /** (stateCount, 2): member, step that the state stands before; in the order of their rows. */
  readonly stateAt: Float64Array;
  /** (stateCount, 2·L·H): h then c, before the step. */
  readonly states: Float32Array;
}

/** Offsets in a row. */
export const ROW_MEMBER = 0; // a number no other stream of the group ever has
export const ROW_STEP = 1; // rises by one; a jump or a fall: the state started anew
export const ROW_VALUE = 2; // y, relative to the stream's origin; NaN when missing: no target, nothing is learnt from it
export const ROW_BASE = 3; // the value the outputs are relative to: ŷ_{t+h} = base + scale_h · output_h
export const ROW_INPUTS = 4;

/** Numbers in a row. */
export function rowWidth(shape: NetworkShape): number {
  return ROW_INPUTS + shape.inputs + 2 * shape.outputs;
}

/** A state goes with every step whose number is a multiple of this. */
export const STATE_EVERY_STEPS = 8;

/** Training targets and network outputs are kept within ± this. */
export const TARGET_MAX = 8;

/**
 * Index of the state that the member stood in before the step of the row at offset `at`; −1 when
 * none came with it. The search begins at `cursor`, since states lie in the order of their rows.
 */
export function findState(rows: TrainingRows, at: number, cursor: number): number {
  const member = rows.rows[at + ROW_MEMBER];
  const step = rows.rows[at + ROW_STEP];
  if (step % STATE_EVERY_STEPS !== 0) return -1;
  for (let k = 0; k < rows.stateCount; k++) {
    const index = (cursor + k) % rows.stateCount;
    if (rows.stateAt[2 * index] === member && rows.stateAt[2 * index + 1] === step) return index;
  }
  return -1;
}

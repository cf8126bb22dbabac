/**
 * What a cell does with the sums of one panel, for several rows: the part of a step that is not a
 * matrix product. Each cell has a file of its own; a function goes down n ≥ 1 rows (or, with other
 * strides, along the panels of one row) and reads and writes vectors at fixed distances.
 */

import type { CellKind } from '../recurrent-kernel.ts';
import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { defineGruBackward, defineGruForward, defineGruStep } from './gru-gates.ts';
import { defineLstmBackward, defineLstmForward, defineLstmStep } from './lstm-gates.ts';
import { defineRnnBackward, defineRnnForward, defineRnnStep } from './rnn-gates.ts';

/** Bytes from row to row. */
export interface StepStrides {
  readonly z: number;
  readonly c: number;
  readonly h: number;
  readonly above: number;
}

/** Bytes from row to row: gates; all of c, shown, dh and dc; h; and what the layer above reads. */
export interface WindowStrides {
  readonly gates: number;
  readonly state: number;
  readonly h: number;
  readonly above: number;
}

export interface GateFunctions {
  /**
   * `(n, z, c, h, above)`: from the sums z, c and the old h to the new c, in place, and the new h,
   * written to `above`; z is scratch.
   */
  readonly step: Define<StepStrides>;
  /**
   * `(n, gates, cBefore, c, shown, hBefore, h, above)`: the same, kept for the way back: gates hold
   * sums and then what they became, `shown` tanh(c); the new h goes to `h` and to `above`.
   */
  readonly forward: Define<WindowStrides>;
  /**
   * `(n, gates, dh, dc, cBefore, shown, hBefore, dhBefore)`: overwrites the gates with the gradient
   * of their sums, dc with its share for the step before, and adds the share of h itself, if the
   * cell hands h on, to dhBefore.
   */
  readonly backward: Define<WindowStrides>;
}

type Define<Strides> = (
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: Strides,
) => FunctionBuilder;

export const GATE_FUNCTIONS: Readonly<Record<CellKind, GateFunctions>> = {
  rnn: { step: defineRnnStep, forward: defineRnnForward, backward: defineRnnBackward },
  gru: { step: defineGruStep, forward: defineGruForward, backward: defineGruBackward },
  lstm: { step: defineLstmStep, forward: defineLstmForward, backward: defineLstmBackward },
};

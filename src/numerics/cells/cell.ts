/**
 * What the three cells share: named views into the flat array that holds their weights, and the
 * arrays of one step of N streams. A step fills `h`, `c`, `gates` and `recurrent`; the backward
 * pass of the same step reads them again. Nothing here allocates while stepping: the caller owns
 * every array, all are dense and row-major, one row per stream.
 *
 *   flat: … │ wx (G·H, X) │ wh (G·H, H) │ b (G·H) │ bn (H), GRU only │ …
 */

import type { Floats } from '../linear-map.ts';
import type { CellKind } from '../recurrent-kernel.ts';

/** G: blocks of H rows in the weights and in `gates`. */
export const GATE_COUNT: Readonly<Record<CellKind, number>> = { rnn: 1, gru: 3, lstm: 4 };

/** Weights of a layer, or their gradients: views, so writing to them writes to the flat array. */
export interface CellParameters {
  readonly X: number;
  readonly H: number;
  /** (G·H, X), gate-major */
  readonly wx: Floats;
  /** (G·H, H), gate-major */
  readonly wh: Floats;
  /** (G·H) */
  readonly b: Floats;
  /** (H) for the GRU: the bias inside r∘(…); empty for the others */
  readonly bn: Floats;
}

/** The arrays of one step of N streams; outputs must not overlap inputs. */
export interface CellStep {
  /** (N, X) in */
  readonly x: Floats;
  /** (N, H) in */
  readonly hBefore: Floats;
  /** (N, H) in, LSTM only */
  readonly cBefore: Floats;
  /** (N, H) out */
  readonly h: Floats;
  /** (N, H) out, LSTM only */
  readonly c: Floats;
  /** (N, G·H) out: activated gates; the RNN does not use it */
  readonly gates: Floats;
  /** (N, 3H) out, GRU only: what the gates got from the state */
  readonly recurrent: Floats;
}

/** Gradients of the loss with respect to the arrays of one step. */
export interface CellStepGradient {
  /** (N, X) accumulated; null where nobody asks for it */
  readonly dx: Floats | null;
  /** (N, H) in */
  readonly dh: Floats;
  /** (N, H) in and out, LSTM only: on return it includes what comes through h */
  readonly dc: Floats;
  /** (N, H) accumulated */
  readonly dhBefore: Floats;
  /** (N, H) accumulated, LSTM only */
  readonly dcBefore: Floats;
  /** (N, G·H) overwritten: before the activation */
  readonly dgates: Floats;
  /** (N, 3H) overwritten, GRU only */
  readonly drecurrent: Floats;
}

/** Numbers in the flat weights of one layer. */
export function cellParameterCount(cell: CellKind, X: number, H: number): number {
  return GATE_COUNT[cell] * H * (X + H + 1) + (cell === 'gru' ? H : 0);
}

/** The views of the layer that begins at `offset` of `flat`. */
export function cellParameters(
  cell: CellKind,
  flat: Floats,
  offset: number,
  X: number,
  H: number,
): CellParameters {
  const rows = GATE_COUNT[cell] * H;
  const whAt = offset + rows * X;
  const bAt = whAt + rows * H;
  const bnAt = bAt + rows;
  const end = offset + cellParameterCount(cell, X, H);
  return {
    X,
    H,
    wx: flat.subarray(offset, whAt),
    wh: flat.subarray(whAt, bAt),
    b: flat.subarray(bAt, bnAt),
    bn: flat.subarray(bnAt, end),
  };
}

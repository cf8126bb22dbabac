/**
 * The linear head of a network, y = wo·h + ws·x + bo. The skip ws from the inputs spares the
 * recurrent layers from carrying what is linear in the newest values.
 */

import {
  addLinear,
  addLinearInputGradient,
  addLinearWeightGradient,
  addRowSum,
  type Floats,
  fillRows,
} from './linear-map.ts';

/** Weights of the head, or their gradients: views into the network's flat array. */
export interface HeadParameters {
  readonly X: number;
  readonly H: number;
  readonly O: number;
  /** (O, H) */
  readonly wo: Floats;
  /** (O, X) */
  readonly ws: Floats;
  /** (O) */
  readonly bo: Floats;
}

/** Numbers in the flat weights of a head. */
export function headParameterCount(X: number, H: number, O: number): number {
  return O * (H + X + 1);
}

/** The views of the head that begins at `offset` of `flat`. */
export function headParameters(
  flat: Floats,
  offset: number,
  { X, H, O }: { X: number; H: number; O: number },
): HeadParameters {
  const wsAt = offset + O * H;
  const boAt = wsAt + O * X;
  return {
    X,
    H,
    O,
    wo: flat.subarray(offset, wsAt),
    ws: flat.subarray(wsAt, boAt),
    bo: flat.subarray(boAt, boAt + O),
  };
}

/** The outputs of N rows. */
export function headForward(
  p: HeadParameters,
  N: number,
  /** (N, H) the top layer's */
  h: Floats,
  /** (N, X) the network's inputs */
  x: Floats,
  /** (N, O) out */
  y: Floats,
): void {
  fillRows(y, p.bo, N, p.O);
  addLinear(y, h, p.wo, N, p.H, p.O);
  addLinear(y, x, p.ws, N, p.X, p.O);
}

/** The way back through `headForward`: accumulates into dp and dh; inputs get no gradient. */
export function headBackward(
  p: HeadParameters,
  dp: HeadParameters,
  N: number,
  /** (N, H) */
  h: Floats,
  /** (N, X) */
  x: Floats,
  /** (N, O) */
  dy: Floats,
  /** (N, H) accumulated */
  dh: Floats,
): void {
  addRowSum(dp.bo, dy, N, p.O);
  addLinearWeightGradient(dp.wo, dy, h, N, p.H, p.O);
  addLinearWeightGradient(dp.ws, dy, x, N, p.X, p.O);
  addLinearInputGradient(dh, dy, p.wo, N, p.H, p.O);
}

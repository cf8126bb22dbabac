/**
 * The vanilla recurrent cell, written to be read: h' = tanh(wx·x + wh·h + b).
 * Its gradient shrinks or grows by wh at each step back, which is what the gated cells cure.
 */

import { tanh } from '../activation.ts';
import {
  addLinear,
  addLinearInputGradient,
  addLinearWeightGradient,
  addRowSum,
  fillRows,
} from '../linear-map.ts';
import type { CellParameters, CellStep, CellStepGradient } from './cell.ts';

/** One step of N streams: reads x and hBefore, writes h. */
export function rnnStep(p: CellParameters, N: number, step: CellStep): void {
  const { X, H } = p;
  const { x, hBefore, h } = step;
  fillRows(h, p.b, N, H);
  addLinear(h, x, p.wx, N, X, H);
  addLinear(h, hBefore, p.wh, N, H, H);
  for (let j = 0; j < N * H; j++) h[j] = tanh(h[j]);
}

/** The way back through `rnnStep`: accumulates into dp, dx and dhBefore. */
export function rnnStepBackward(
  p: CellParameters,
  dp: CellParameters,
  N: number,
  step: CellStep,
  gradient: CellStepGradient,
): void {
  const { X, H } = p;
  const { x, hBefore, h } = step;
  const { dx, dh, dhBefore, dgates: da } = gradient;
  // tanh' = 1 − tanh²
  for (let j = 0; j < N * H; j++) da[j] = dh[j] * (1 - h[j] * h[j]);
  addRowSum(dp.b, da, N, H);
  addLinearWeightGradient(dp.wx, da, x, N, X, H);
  addLinearWeightGradient(dp.wh, da, hBefore, N, H, H);
  addLinearInputGradient(dhBefore, da, p.wh, N, H, H);
  if (dx !== null) addLinearInputGradient(dx, da, p.wx, N, X, H);
}

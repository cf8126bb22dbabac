/**
 * The long short-term memory cell, written to be read:
 *
 *   i = σ(wx_i·x + wh_i·h + b_i)       input gate
 *   f = σ(wx_f·x + wh_f·h + b_f)       forget gate
 *   g = tanh(wx_g·x + wh_g·h + b_g)    candidate
 *   o = σ(wx_o·x + wh_o·h + b_o)       output gate
 *   c' = f∘c + i∘g                     the memory: added to, not squashed
 *   h' = o∘tanh(c')
 *
 * Rows of wx, wh and b are gate-major in the order i f g o, and so is a row of `gates`.
 */

import { sigmoid, tanh } from '../activation.ts';
import {
  addLinear,
  addLinearInputGradient,
  addLinearWeightGradient,
  addRowSum,
  fillRows,
} from '../linear-map.ts';
import type { CellParameters, CellStep, CellStepGradient } from './cell.ts';

/** One step of N streams: reads x, hBefore and cBefore, writes h, c and gates. */
export function lstmStep(p: CellParameters, N: number, step: CellStep): void {
  const { X, H } = p;
  const { x, hBefore, gates } = step;
  fillRows(gates, p.b, N, 4 * H);
  addLinear(gates, x, p.wx, N, X, 4 * H);
  addLinear(gates, hBefore, p.wh, N, H, 4 * H);
  lstmUpdate(H, N, step);
}

/** From the gates before their activation to the activated gates, c and h. */
function lstmUpdate(H: number, N: number, { cBefore, h, c, gates }: CellStep): void {
  for (let n = 0; n < N; n++) {
    for (let j = n * H, iAt = 4 * n * H; j < (n + 1) * H; j++, iAt++) {
      const fAt = iAt + H;
      const gAt = fAt + H;
      const oAt = gAt + H;
      const i = sigmoid(gates[iAt]);
      const f = sigmoid(gates[fAt]);
      const g = tanh(gates[gAt]);
      const o = sigmoid(gates[oAt]);
      gates[iAt] = i;
      gates[fAt] = f;
      gates[gAt] = g;
      gates[oAt] = o;
      const memory = f * cBefore[j] + i * g;
      c[j] = memory;
      h[j] = o * tanh(memory);
    }
  }
}

/** The way back through `lstmStep`: accumulates into dp, dx, dhBefore and dcBefore. */
export function lstmStepBackward(
  p: CellParameters,
  dp: CellParameters,
  N: number,
  step: CellStep,
  gradient: CellStepGradient,
): void {
  const { X, H } = p;
  const { dx, dhBefore, dgates } = gradient;
  lstmGateGradients(H, N, step, gradient);
  addRowSum(dp.b, dgates, N, 4 * H);
  addLinearWeightGradient(dp.wx, dgates, step.x, N, X, 4 * H);
  addLinearWeightGradient(dp.wh, dgates, step.hBefore, N, H, 4 * H);
  addLinearInputGradient(dhBefore, dgates, p.wh, N, H, 4 * H);
  if (dx !== null) addLinearInputGradient(dx, dgates, p.wx, N, X, 4 * H);
}

/** From dh and dc to the gradients before the activations, and c's share of dcBefore. */
function lstmGateGradients(
  H: number,
  N: number,
  { cBefore, c, gates }: CellStep,
  { dh, dc, dcBefore, dgates }: CellStepGradient,
): void {
  for (let n = 0; n < N; n++) {
    for (let j = n * H, iAt = 4 * n * H; j < (n + 1) * H; j++, iAt++) {
      const fAt = iAt + H;
      const gAt = fAt + H;
      const oAt = gAt + H;
      const i = gates[iAt];
      const f = gates[fAt];
      const g = gates[gAt];
      const o = gates[oAt];
      const shown = tanh(c[j]);
      const dmemory = dc[j] + dh[j] * o * (1 - shown * shown);
      dc[j] = dmemory;
      dgates[iAt] = dmemory * g * i * (1 - i);
      dgates[fAt] = dmemory * cBefore[j] * f * (1 - f);
      dgates[gAt] = dmemory * i * (1 - g * g);
      dgates[oAt] = dh[j] * shown * o * (1 - o);
      dcBefore[j] += dmemory * f;
    }
  }
}

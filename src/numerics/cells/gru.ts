/**
 * The gated recurrent unit, written to be read, in the form of cuDNN and PyTorch where the reset
 * gate acts after the recurrent product:
 *
 *   r = σ(wx_r·x + wh_r·h + b_r)                   reset
 *   z = σ(wx_z·x + wh_z·h + b_z)                   update
 *   n = tanh(wx_n·x + b_n + r∘(wh_n·h + bn))       candidate
 *   h' = (1 − z)∘n + z∘h
 *
 * Rows of wx, wh and b are gate-major in the order r z n. `recurrent` keeps wh·h (+ bn) apart
 * from the inputs' share, since the candidate needs its own part on the way back.
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

/** One step of N streams: reads x and hBefore, writes h, gates (r z n) and recurrent. */
export function gruStep(p: CellParameters, N: number, step: CellStep): void {
  const { X, H } = p;
  const { x, hBefore, h, gates, recurrent } = step;
  fillRows(gates, p.b, N, 3 * H);
  addLinear(gates, x, p.wx, N, X, 3 * H);
  fillRecurrentBias(recurrent, p.bn, N, H);
  addLinear(recurrent, hBefore, p.wh, N, H, 3 * H);
  for (let i = 0; i < N; i++) {
    for (let j = i * H, rAt = 3 * i * H; j < (i + 1) * H; j++, rAt++) {
      const zAt = rAt + H;
      const nAt = zAt + H;
      const r = sigmoid(gates[rAt] + recurrent[rAt]);
      const z = sigmoid(gates[zAt] + recurrent[zAt]);
      const n = tanh(gates[nAt] + r * recurrent[nAt]);
      gates[rAt] = r;
      gates[zAt] = z;
      gates[nAt] = n;
      h[j] = (1 - z) * n + z * hBefore[j];
    }
  }
}

/** The way back through `gruStep`: accumulates into dp, dx and dhBefore. */
export function gruStepBackward(
  p: CellParameters,
  dp: CellParameters,
  N: number,
  step: CellStep,
  gradient: CellStepGradient,
): void {
  const { X, H } = p;
  const { dx, dhBefore, dgates, drecurrent } = gradient;
  gruGateGradients(H, N, step, gradient);
  for (let i = 0; i < N; i++) {
    const nAt = (3 * i + 2) * H;
    for (let j = 0; j < H; j++) dp.bn[j] += drecurrent[nAt + j];
  }
  addRowSum(dp.b, dgates, N, 3 * H);
  addLinearWeightGradient(dp.wx, dgates, step.x, N, X, 3 * H);
  addLinearWeightGradient(dp.wh, drecurrent, step.hBefore, N, H, 3 * H);
  addLinearInputGradient(dhBefore, drecurrent, p.wh, N, H, 3 * H);
  if (dx !== null) addLinearInputGradient(dx, dgates, p.wx, N, X, 3 * H);
}

/** From dh to the gradients before the activations, and h's own share of dhBefore. */
function gruGateGradients(
  H: number,
  N: number,
  { hBefore, gates, recurrent }: CellStep,
  { dh, dhBefore, dgates, drecurrent }: CellStepGradient,
): void {
  for (let i = 0; i < N; i++) {
    for (let j = i * H, rAt = 3 * i * H; j < (i + 1) * H; j++, rAt++) {
      const zAt = rAt + H;
      const nAt = zAt + H;
      const r = gates[rAt];
      const z = gates[zAt];
      const n = gates[nAt];
      const dn = dh[j] * (1 - z) * (1 - n * n);
      const dr = dn * recurrent[nAt] * r * (1 - r);
      const dz = dh[j] * (hBefore[j] - n) * z * (1 - z);
      dgates[rAt] = dr;
      dgates[zAt] = dz;
      dgates[nAt] = dn;
      drecurrent[rAt] = dr;
      drecurrent[zAt] = dz;
      drecurrent[nAt] = dn * r;
      dhBefore[j] += dh[j] * z;
    }
  }
}

/** recurrent (N, 3H) = [0, 0, bn] in each row. */
function fillRecurrentBias(
  recurrent: CellStep['recurrent'],
  bn: CellParameters['bn'],
  N: number,
  H: number,
): void {
  for (let i = 0; i < N; i++) {
    const rAt = 3 * i * H;
    for (let j = 0; j < 2 * H; j++) recurrent[rAt + j] = 0;
    for (let j = 0; j < H; j++) recurrent[rAt + 2 * H + j] = bn[j];
  }
}

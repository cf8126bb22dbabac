/**
 * Loss and its gradient over rows of outputs, one pass:
 *
 *   e = y − target,  d = e held within ±1,  huber(e) = d·(e − d/2)
 *   Σ weight·huber(e) and Σ weight are added up;  y becomes weight·d
 *
 * The division by Σ weight is left to whoever reads the gradient, since it is linear. Where the
 * weight is 0, target and output may be anything, NaN too.
 */

import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import {
  add,
  addInt,
  and,
  firstLanes,
  type Local,
  load,
  lowerOf,
  mul,
  notEqual,
  notEqualLanes,
  sub,
  upperOf,
} from './expressions.ts';
import { FLOAT } from './memory-plan.ts';

/**
 * Exports `loss(n, y, target, weight, sums)`: n ≥ 1 rows of O outputs. Rows of y are `yRow` bytes
 * long and padded to whole panels of 0; targets and weights lie densely, with 12 bytes of slack.
 * Writes four partial sums of the loss to `sums`, and four of the weights after them.
 */
export function defineHuberLoss(
  module: ModuleBuilder,
  { O, paddedO, yRow }: { O: number; paddedO: number; yRow: number },
): FunctionBuilder {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define('loss', parameters, (body, n, y, target, weight, sums) => {
    const [w, error, held, mask, lossSum, weightSum] = body.vectors(6);
    const at = body.int();
    const takeLanes = (lanes: number) => {
      const here = (base: Local) => addInt(base, at);
      const weights = load(here(weight));
      body.set(w, lanes === 4 ? weights : and(weights, firstLanes(lanes)));
      body.set(mask, notEqualLanes(w, body.constant(0)));
      body.set(error, sub(load(here(y)), load(here(target))));
      body.set(held, upperOf(lowerOf(error, body.constant(1)), body.constant(-1)));
      const loss = mul(w, mul(held, sub(error, mul(body.constant(0.5), held))));
      body.set(lossSum, add(lossSum, and(mask, loss)));
      body.set(weightSum, add(weightSum, w));
      body.store(here(y), and(mask, mul(w, held)));
    };
    const whole = Math.floor(O / 4) * 4;
    body.countDown(n, () => {
      body.set(at, 0);
      if (whole > 0) {
        body.doWhile(
          () => {
            takeLanes(4);
            body.advance(at, 16);
          },
          () => notEqual(at, whole * FLOAT),
        );
      }
      if (O > whole) takeLanes(O - whole);
      for (let pad = whole + (O > whole ? 4 : 0); pad < paddedO; pad += 4) {
        body.store(y, body.constant(0), pad * FLOAT);
      }
      body.advance(y, yRow);
      body.advance(target, O * FLOAT);
      body.advance(weight, O * FLOAT);
    });
    body.store(sums, lossSum);
    body.store(sums, weightSum, 16);
  });
}

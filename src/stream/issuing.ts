import {
  BOUNDS,
  LSTM,
  MEDIAN,
  type MemberColumns,
  type MemberLayout,
  PERSISTENCE,
  pendingWidth,
  SEASONAL,
} from './member-columns.ts';
import { bestNaive, recurrentWeight } from './trust.ts';

/**
 * Issues the forecast that follows a step: combines the experts over all leads, puts the bounds
 * around the result at the knots, and keeps what will be scored when its target arrives.
 *
 *   lstm_h = y + c_h · o_h        c: running RMS of the persistence error h steps ahead
 *   naive_h = y or seasonal_h     whichever has erred less at the next knot
 *   median_h = w lstm_h + (1 − w) naive_h
 *   bounds_k = median_k + σ_k q_k
 */

/** Errors that the prior scale counts as. */
const PRIOR_ERRORS = 5;
const OUTPUT_MAX = 8;
/** σ of a normal distribution per mean absolute error, √(π/2). */
const DEVIATION_PER_ERROR = 1.2533;

/** Working memory for one issue; overwritten by the next. */
export interface IssueScratch {
  /** (H) base scale of each lead. */
  readonly scale: Float64Array;
  /** (H) seasonal naive forecast of each lead, persistence where there is none. */
  readonly seasonal: Float64Array;
  /** (K) */
  readonly scaleAtKnot: Float64Array;
  readonly weightAtKnot: Float64Array;
  readonly naiveAtKnot: Uint8Array;
}

export function issueScratch(layout: MemberLayout): IssueScratch {
  const { horizon, knots } = layout.leads;
  return {
    scale: new Float64Array(horizon),
    seasonal: new Float64Array(horizon),
    scaleAtKnot: new Float64Array(knots.length),
    weightAtKnot: new Float64Array(knots.length),
    naiveAtKnot: new Uint8Array(knots.length),
  };
}

/** Fills `scale`, `weightAtKnot` and `naiveAtKnot` from what has been scored so far. */
function prepare(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  differenceDeviation: number,
  scratch: IssueScratch,
): void {
  const { knots, below, share, horizon } = layout.leads;
  for (let k = 0; k < knots.length; k++) {
    const record = member * knots.length + k;
    const n = columns.scored[record];
    const prior = differenceDeviation * Math.sqrt(knots[k]);
    const square =
      (n * columns.baseSquare[record] + PRIOR_ERRORS * prior * prior) / (n + PRIOR_ERRORS);
    scratch.scaleAtKnot[k] = Math.sqrt(square);
    scratch.weightAtKnot[k] = recurrentWeight(columns, member, record);
    scratch.naiveAtKnot[k] = bestNaive(columns, record);
  }
  for (let i = 0; i < horizon; i++) {
    const k = below[i];
    const s = share[i];
    const low = scratch.scaleAtKnot[k];
    scratch.scale[i] = s === 0 ? low : low + s * (scratch.scaleAtKnot[k + 1] - low);
  }
}

/**
 * Writes `median` and `bounds` of the member. `outputs[at … at + H)` are the network's; `seasonal`
 * of the scratch must be filled. Returns false when an output is not finite: then the naive
 * forecast stands alone.
 */
export function issueForecast(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  y: number,
  differenceDeviation: number,
  outputs: Float32Array,
  at: number,
  scratch: IssueScratch,
): boolean {
  prepare(columns, layout, member, differenceDeviation, scratch);
  const { below, share, horizon } = layout.leads;
  const { scale, seasonal, weightAtKnot, naiveAtKnot } = scratch;
  let finite = true;
  for (let i = 0; i < horizon; i++) {
    const k = below[i];
    const s = share[i];
    const above = s === 0 ? k : k + 1;
    const naive = naiveAtKnot[above] === SEASONAL ? seasonal[i] : y;
    const output = outputs[at + i];
    let w = weightAtKnot[k] + s * (weightAtKnot[above] - weightAtKnot[k]);
    if (!Number.isFinite(output)) {
      finite = false;
      w = 0;
    }
    const lstm = w > 0 ? recurrentForecast(y, scale[i], output) : 0;
    columns.median[member * horizon + i] = w * lstm + (1 - w) * naive;
  }
  issueBounds(columns, layout, member, scratch);
  return finite;
}

function recurrentForecast(y: number, scale: number, output: number): number {
  return y + scale * Math.max(-OUTPUT_MAX, Math.min(OUTPUT_MAX, output));
}

/** Bounds at the knots as distances from the median, lower ≤ 0 ≤ upper, nested by level. */
function issueBounds(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  scratch: IssueScratch,
): void {
  const { knots } = layout.leads;
  const L = layout.levels.length;
  for (let k = 0; k < knots.length; k++) {
    const record = member * knots.length + k;
    const n = columns.scored[record];
    const fast = 0.5 / (1 + knots[k] / 12);
    const error = fast * columns.errorFast[record] + (1 - fast) * columns.errorSlow[record];
    const prior = scratch.scaleAtKnot[k];
    const sigma = (n * DEVIATION_PER_ERROR * error + PRIOR_ERRORS * prior) / (n + PRIOR_ERRORS);
    let lower = 0;
    let upper = 0;
    for (let i = 0; i < L; i++) {
      const at = record * 2 * L + i;
      lower = Math.min(lower, sigma * columns.quantile[at]);
      upper = Math.max(upper, sigma * columns.quantile[at + L]);
      columns.bounds[at] = lower;
      columns.bounds[at + L] = upper;
    }
  }
}

/** Keeps the forecasts of this step that will be scored: each knot's, every `stride` steps. */
export function keepPending(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  step: number,
  y: number,
  outputs: Float32Array,
  outputsAt: number,
  scratch: IssueScratch,
): void {
  const { knots, stride, pendingStart, horizon } = layout.leads;
  const L = layout.levels.length;
  const pendings = pendingStart[knots.length];
  for (let k = 0; k < knots.length; k++) {
    if (step % stride[k] !== 0) continue;
    const slots = pendingStart[k + 1] - pendingStart[k];
    const slot = member * pendings + pendingStart[k] + ((step / stride[k]) % slots);
    const at = slot * pendingWidth(L);
    const lead = knots[k] - 1;
    const median = columns.median[member * horizon + lead];
    columns.pendingStep[slot] = step;
    const output = outputs[outputsAt + lead];
    columns.pending[at + LSTM] = Number.isFinite(output)
      ? recurrentForecast(y, scratch.scale[lead], output)
      : y;
    columns.pending[at + PERSISTENCE] = y;
    columns.pending[at + SEASONAL] = scratch.seasonal[lead];
    columns.pending[at + MEDIAN] = median;
    const bound = (member * knots.length + k) * 2 * L;
    for (let i = 0; i < 2 * L; i++) {
      columns.pending[at + BOUNDS + i] = median + columns.bounds[bound + i];
    }
  }
}

import {
  BOUNDS,
  EXPERTS,
  MEDIAN,
  type MemberColumns,
  type MemberLayout,
  PERSISTENCE,
  pendingWidth,
} from './member-columns.ts';

/**
 * Scores the forecasts whose target has just arrived, and lets the calibrator and the experts'
 * records learn from them. Nothing else ever sees a target, so no forecast can depend on one.
 *
 * Interval tracker, per knot: e = y − median, σ from two exponentially weighted mean |e|, and
 * for each quantile τ of the standardised error  q ← q + 3 g (τ − 1{y ≤ issued bound}),
 * the lower ones kept at or below 0 and the upper ones at or above, so that no bound crosses the median.
 */

const ERROR_RATE_FAST = 0.02;
const ERROR_RATE_SLOW = 0.003;
const EXPERT_RATE = 0.005;
const BASE_RATE = 0.002;
const COVERAGE_RATE = 0.002;
const TRACKER_GAIN_FIRST = 0.05;
const TRACKER_GAIN = 0.02;
const TRACKER_FIRST_ERRORS = 300;
const QUANTILE_MAX = 30;
/** A squared error counts at most as this many times the running mean square. */
const BASE_CLIP = 25;

/** Scores everything due at this step. `y` is relative to the stream's origin and finite. */
export function scoreDue(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  step: number,
  y: number,
): void {
  const { knots, stride, pendingStart } = layout.leads;
  // In the precision of what was kept: a value that repeats exactly must hit exactly.
  const target = Math.fround(y);
  const pendings = pendingStart[knots.length];
  for (let k = 0; k < knots.length; k++) {
    const issuedAt = step - knots[k];
    if (issuedAt < 1 || issuedAt % stride[k] !== 0) continue;
    const slots = pendingStart[k + 1] - pendingStart[k];
    const slot = member * pendings + pendingStart[k] + ((issuedAt / stride[k]) % slots);
    if (columns.pendingStep[slot] !== issuedAt) continue;
    columns.pendingStep[slot] = 0;
    scoreOne(columns, layout, member, k, slot, target);
  }
}

function scoreOne(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  knot: number,
  slot: number,
  y: number,
): void {
  const knots = layout.leads.knots.length;
  const at = slot * pendingWidth(layout.levels.length);
  const record = member * knots + knot;
  columns.scored[record] += 1;
  const n = columns.scored[record];
  const error = Math.abs(y - columns.pending[at + MEDIAN]);
  columns.errorFast[record] +=
    Math.max(ERROR_RATE_FAST, 1 / n) * (error - columns.errorFast[record]);
  columns.errorSlow[record] +=
    Math.max(ERROR_RATE_SLOW, 1 / n) * (error - columns.errorSlow[record]);
  for (let expert = 0; expert < EXPERTS; expert++) {
    const e = record * EXPERTS + expert;
    const expertError = Math.abs(y - columns.pending[at + expert]);
    columns.expertError[e] += Math.max(EXPERT_RATE, 1 / n) * (expertError - columns.expertError[e]);
  }
  const base = y - columns.pending[at + PERSISTENCE];
  const mean = columns.baseSquare[record];
  const square = n > 20 ? Math.min(base * base, BASE_CLIP * mean) : base * base;
  columns.baseSquare[record] += Math.max(BASE_RATE, 1 / n) * (square - mean);
  trackQuantiles(columns, layout, member, knot, at, y, n);
}

/** Moves the quantile trackers of one knot and notes the coverage of its levels. */
function trackQuantiles(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  knot: number,
  /** Offset of the pending forecast. */
  at: number,
  y: number,
  n: number,
): void {
  const { levels, leads } = layout;
  const L = levels.length;
  const gain = n <= TRACKER_FIRST_ERRORS ? TRACKER_GAIN_FIRST : TRACKER_GAIN;
  const move = (3 * gain) / (1 + leads.knots[knot] / 24);
  const q = (member * leads.knots.length + knot) * 2 * L;
  columns.coveredCount[member] += 1;
  const coverageRate = Math.max(COVERAGE_RATE, 1 / columns.coveredCount[member]);
  for (let i = 0; i < L; i++) {
    const lower = columns.pending[at + BOUNDS + i];
    const upper = columns.pending[at + BOUNDS + L + i];
    const tail = (1 - levels[i]) / 2;
    const inside = y >= lower && y <= upper ? 1 : 0;
    // A hit in a band without width says that nothing has varied: no evidence about the tails.
    // A miss does, or a band that has once closed would stay closed.
    if (lower < upper || inside === 0) {
      columns.quantile[q + i] = Math.max(
        -QUANTILE_MAX,
        Math.min(0, columns.quantile[q + i] + move * (tail - (y < lower ? 1 : 0))),
      );
      columns.quantile[q + L + i] = Math.max(
        0,
        Math.min(
          QUANTILE_MAX,
          columns.quantile[q + L + i] + move * (1 - tail - (y <= upper ? 1 : 0)),
        ),
      );
    }
    const c = member * L + i;
    columns.covered[c] += coverageRate * (inside - columns.covered[c]);
  }
}

/** Drops every pending forecast of a member: their targets will not come. */
export function dropPending(columns: MemberColumns, layout: MemberLayout, member: number): void {
  const pendings = layout.leads.pendingStart[layout.leads.knots.length];
  columns.pendingStep.fill(0, member * pendings, (member + 1) * pendings);
}

import { DAY_MS } from './season.ts';

/**
 * The inputs of the recurrent network for one step of one stream, all of order 1:
 *
 *   0  (y − μ)/σ                         5, 6    sin and cos of the day
 *   1  Δy/σ_Δ                            7, 8    the same, twice a day
 *   2–4  (seasonal − y)/σ at the first,  9, 10   sin and cos of the week
 *      a middle and the last lead        11      1 when the value is missing
 *                                        12      log of the gap in cadences
 * Each is clipped to ± INPUT_MAX.
 */

export const INPUTS = 13;
const INPUT_MAX = 6;

/** What one step shows the network; values relative to the stream's origin. */
export interface StepView {
  time: number;
  y: number;
  mean: number;
  deviation: number;
  difference: number;
  differenceDeviation: number;
  /** Seasonal naive forecasts; NaN where unknown. */
  seasonalFirst: number;
  seasonalMiddle: number;
  seasonalLast: number;
  missing: boolean;
  /** Gap to the step before in cadences. */
  gap: number;
}

/** Writes the inputs to x[offset … offset + INPUTS). */
export function writeInputs(view: StepView, x: Float32Array, offset: number): void {
  const { y, deviation } = view;
  x[offset] = scaled(y - view.mean, deviation);
  x[offset + 1] = scaled(view.difference, view.differenceDeviation);
  x[offset + 2] = scaled(view.seasonalFirst - y, deviation);
  x[offset + 3] = scaled(view.seasonalMiddle - y, deviation);
  x[offset + 4] = scaled(view.seasonalLast - y, deviation);
  const day = (2 * Math.PI * (view.time % DAY_MS)) / DAY_MS;
  const week = (2 * Math.PI * (view.time % (7 * DAY_MS))) / (7 * DAY_MS);
  x[offset + 5] = Math.sin(day);
  x[offset + 6] = Math.cos(day);
  x[offset + 7] = Math.sin(2 * day);
  x[offset + 8] = Math.cos(2 * day);
  x[offset + 9] = Math.sin(week);
  x[offset + 10] = Math.cos(week);
  x[offset + 11] = view.missing ? 1 : 0;
  x[offset + 12] = Math.min(INPUT_MAX, Math.max(-INPUT_MAX, Math.log(Math.max(view.gap, 1e-3))));
}

/** difference / scale within ± INPUT_MAX; 0 when either is unknown or the scale is 0. */
function scaled(difference: number, scale: number): number {
  const value = difference / scale;
  if (!(scale > 0) || Number.isNaN(value)) return 0;
  return Math.max(-INPUT_MAX, Math.min(INPUT_MAX, value));
}

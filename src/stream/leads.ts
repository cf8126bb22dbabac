/**
 * Lead groups: forecasts are made for every lead 1..H, but scored, calibrated and trusted only at
 * the knots 1, 2, 4, 8, 16, …, H, and interpolated between them over log₂ of the lead.
 */
export interface Leads {
  /** H: the longest lead in steps. */
  readonly horizon: number;
  /** (K) ascending, the last is H. */
  readonly knots: Uint32Array;
  /** (H) for lead h = i + 1: the knot at or below it. */
  readonly below: Uint8Array;
  /** (H) share of the knot above: 0 at a knot itself. */
  readonly share: Float32Array;
  /** (K) a forecast for this knot is kept for scoring each so many steps. */
  readonly stride: Uint32Array;
  /** (K) where a knot's pending forecasts start; entry K is the number of all. */
  readonly pendingStart: Uint32Array;
}

/** Pending forecasts kept per knot: errors of overlapping forecasts say nearly the same. */
const PENDING_PER_KNOT = 8;

/** Longest horizon in steps. */
export const HORIZON_MAX = 1_000;

/** Lays out the leads of a horizon of H steps, 1 ≤ H ≤ HORIZON_MAX. */
export function leadsOf(horizon: number): Leads {
  const knots: number[] = [];
  for (let lead = 1; lead < horizon; lead *= 2) knots.push(lead);
  knots.push(horizon);
  const below = new Uint8Array(horizon);
  const share = new Float32Array(horizon);
  for (let i = 0; i < horizon; i++) {
    let knot = 0;
    while (knot + 1 < knots.length && knots[knot + 1] <= i + 1) knot++;
    below[i] = knot;
    if (knot + 1 < knots.length) {
      share[i] = Math.log2((i + 1) / knots[knot]) / Math.log2(knots[knot + 1] / knots[knot]);
    }
  }
  const stride = knots.map((lead) => Math.ceil(lead / PENDING_PER_KNOT));
  const pendingStart = [0];
  knots.forEach((lead, k) => {
    pendingStart.push(pendingStart[k] + Math.ceil(lead / stride[k]));
  });
  return {
    horizon,
    knots: Uint32Array.from(knots),
    below,
    share,
    stride: Uint32Array.from(stride),
    pendingStart: Uint32Array.from(pendingStart),
  };
}

/** Smallest of the usual horizons that holds `steps`: streams of like horizon share a model group. */
export function horizonClass(steps: number): number {
  for (const size of [1, 2, 4, 8, 16, 24, 48, 96, 192, 384]) if (steps <= size) return size;
  return HORIZON_MAX;
}

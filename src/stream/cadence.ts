/**
 * A stream's cadence: the median gap of its newest readings, rounded to a natural period.
 *
 * The first gap already gives a provisional cadence, so that forecasts can start; it counts as
 * established after ESTABLISHED_GAPS gaps and is revised when the median of a full ring of gaps
 * moves away from it by more than REVISION_RATIO.
 */

/** Gaps remembered per stream. */
export const GAP_RING = 16;
/** Before that many gaps no missing steps are inserted: the cadence is only a guess. */
export const ESTABLISHED_GAPS = 4;
const REVISION_RATIO = 1.2;
const ROUNDING_TOLERANCE = 0.1;
const CADENCE_MIN_MS = 1;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Periods people choose, in milliseconds, ascending. */
const naturalPeriods: readonly number[] = [
  ...[1, 2, 5, 10, 20, 25, 40, 50, 100, 200, 250, 500],
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((n) => n * SECOND),
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((n) => n * HOUR),
  ...[1, 7].map((n) => n * DAY),
];

/** The natural period within 10 % of the gap, or else the gap itself in whole milliseconds. */
export function naturalPeriod(gapMs: number): number {
  let best = Math.max(CADENCE_MIN_MS, Math.round(gapMs));
  let bestDistance = ROUNDING_TOLERANCE;
  for (const period of naturalPeriods) {
    const distance = Math.abs(gapMs / period - 1);
    if (distance < bestDistance) {
      best = period;
      bestDistance = distance;
    }
  }
  return best;
}

/** Notes a gap in the stream's ring. `gaps` (rows, GAP_RING), `count` (rows). */
export function noteGap(gaps: Float64Array, count: Uint32Array, row: number, gapMs: number): void {
  gaps[row * GAP_RING + (count[row] % GAP_RING)] = gapMs;
  count[row] += 1;
}

const sorted = new Float64Array(GAP_RING);

/**
 * The cadence after the newest gap was noted: `current` unless the gaps say otherwise.
 * While the ring fills, the median of what is there counts; then only a clear change does.
 */
export function revisedCadence(
  gaps: Float64Array,
  count: Uint32Array,
  row: number,
  current: number,
): number {
  const filled = Math.min(count[row], GAP_RING);
  const start = row * GAP_RING;
  for (let i = 0; i < filled; i++) sorted[i] = gaps[start + i];
  const window = sorted.subarray(0, filled).sort();
  const candidate = naturalPeriod(window[(filled - 1) >> 1]);
  if (filled < GAP_RING || Number.isNaN(current)) return candidate;
  const ratio = candidate / current;
  return ratio > REVISION_RATIO || ratio < 1 / REVISION_RATIO ? candidate : current;
}

/** Steps that are missing between two readings: 0 when the gap is at most 1.5 cadences. */
export function missingSteps(gapMs: number, cadenceMs: number): number {
  if (!(gapMs > 1.5 * cadenceMs)) return 0;
  return Math.max(1, Math.round(gapMs / cadenceMs) - 1);
}

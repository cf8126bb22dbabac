/**
 * Running mean and deviation of many streams, one slab element per stream:
 *
 *   n ← min(n + 1, memory)      r = max(1/n, 1/memory)      d = value − μ
 *   μ ← μ + r·d                 σ² ← (1 − r)·(σ² + r·d²)
 *
 * Until `memory` values have come this is the exact mean and population deviation of all of them
 * (Welford's recurrence); from then on older values fade with a time constant of `memory` values.
 * Nothing here remembers values, so a level shift is forgotten rather than detected.
 */

type Column = Float64Array | Float32Array;

/**
 * Columns of a slab; element `index` belongs to one stream. The caller owns them; zero is the
 * state before the first value.
 */
export interface ScalerColumns {
  /** Values seen, stops at `memory`. */
  readonly count: Column;
  readonly mean: Column;
  readonly variance: Column;
}

/**
 * Takes a finite value into the statistics of stream `index`. `memory` is a number of values, at
 * least 1, and the same at each call. Missing values are left out by the caller.
 */
export function updateScaler(
  columns: ScalerColumns,
  index: number,
  value: number,
  memory: number,
): void {
  const count = Math.min(columns.count[index] + 1, memory);
  const rate = Math.max(1 / count, 1 / memory);
  const difference = value - columns.mean[index];
  columns.count[index] = count;
  columns.mean[index] += rate * difference;
  columns.variance[index] = (1 - rate) * (columns.variance[index] + rate * difference * difference);
}

/** σ of stream `index`, in the unit of its values; at least `deviationMin`. */
export function scalerDeviation(
  columns: ScalerColumns,
  index: number,
  deviationMin: number,
): number {
  return Math.max(Math.sqrt(columns.variance[index]), deviationMin);
}

/** (value − μ)/σ of stream `index`, with σ at least `deviationMin` (greater than 0). */
export function standardise(
  columns: ScalerColumns,
  index: number,
  value: number,
  deviationMin: number,
): number {
  return (value - columns.mean[index]) / scalerDeviation(columns, index, deviationMin);
}

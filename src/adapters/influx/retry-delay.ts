const firstMs = 500;

/** Longest pause that is ours to choose. */
export const retryMsMax = 30_000;

/**
 * How long to wait before the `attempt`-th repetition (from 0), in milliseconds: doubling up to 30 s,
 * of which a random half, so that many writers do not come back to one server in the same moment.
 * `random` answers 0 ≤ x < 1.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  const full = Math.min(retryMsMax, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(full / 2 + (full / 2) * random());
}

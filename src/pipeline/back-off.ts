const FIRST_MS = 500;

/** Longest pause, in milliseconds. */
export const BACK_OFF_MS_MAX = 30_000;

/**
 * How long to wait before the `attempt`-th repetition (from 0), in milliseconds: doubling up to 30 s,
 * of which a random half, so that many clients do not come back to one server in the same moment.
 * `random` answers 0 ≤ x < 1.
 */
export function backOffMs(attempt: number, random: () => number): number {
  const full = Math.min(BACK_OFF_MS_MAX, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full / 2 + (full / 2) * random());
}

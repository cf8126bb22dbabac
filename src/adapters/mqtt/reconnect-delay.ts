const firstMs = 500;
const longestMs = 30_000;

/**
 * How long to wait before the `attempt`-th reconnection (from 0): doubling up to 30 s, of which a
 * random half, so that many clients of one broker do not come back in the same moment.
 * `random` answers 0 ≤ x < 1. Milliseconds.
 */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(full / 2 + (full / 2) * random());
}

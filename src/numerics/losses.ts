/**
 * The Huber loss with δ = 1: a parabola near 0, a line beyond, so that one wild target cannot
 * pull harder than a moderate one.
 *
 *   huber(e) = e²/2 where |e| ≤ 1, else |e| − 1/2        huber'(e) = e clipped to ±1
 */

/** The loss of an error; NaN stays NaN. */
export function huber(error: number): number {
  const size = Math.abs(error);
  return size <= 1 ? 0.5 * error * error : size - 0.5;
}

/** Its derivative with respect to the error, in −1..1. */
export function huberDerivative(error: number): number {
  return Math.max(-1, Math.min(1, error));
}

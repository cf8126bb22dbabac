/**
 * The two squashing functions of the cells, in double precision. Both come from one exponential:
 * it overflows to Infinity or vanishes to 0 exactly where the functions reach their limits, so no
 * argument needs special care, and NaN stays NaN.
 */

/** 1/(1 + e⁻ᵃ), in 0..1. */
export function sigmoid(a: number): number {
  return 1 / (1 + Math.exp(-a));
}

/** The hyperbolic tangent, in −1..1, to 2·10⁻¹⁶ absolute (not relative: near 0 digits are lost). */
export function tanh(a: number): number {
  return 1 - 2 / (1 + Math.exp(2 * a));
}

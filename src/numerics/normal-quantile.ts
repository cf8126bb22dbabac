/**
 * Quantiles of the standard normal distribution, to start quantile trackers with. Found by bisecting
 * a fit of the distribution function, which is slow and simple: it is needed once per new stream.
 */

/**
 * Φ(z) through the error function's rational fit of Abramowitz & Stegun, Handbook of Mathematical
 * Functions, formula 7.1.26 (|error| < 1.5e-7).
 */
function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-x * x);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** z with Φ(z) = p, for 0 < p < 1; accurate to 1e-4 for .001 ≤ p ≤ .999. */
export function normalQuantile(p: number): number {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

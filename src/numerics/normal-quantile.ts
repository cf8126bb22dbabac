/**
 * The quantile function of the standard normal distribution, by bisection on a series-free
 * approximation of the distribution function; used to start quantile trackers, never per reading.
 */

/**
 * Φ(z) by the complementary error function of W. J. Cody's kind of rational fit
 * (Abramowitz & Stegun 7.1.26, |error| < 1.5e-7).
 */
export function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-x * x);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** z with Φ(z) = p, for 0 < p < 1; accurate to 1e-6 for .001 ≤ p ≤ .999. */
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

/**
 * The oracle that needs no other library: central differences in float64. With a step of 1e-5 the
 * truncation error is about 1e-10 and the rounding error 1e-11 for losses near 1, so a gradient
 * that is right agrees to far better than 1e-7, and one with a wrong or missing term does not.
 */
export function centralDifferences(parameters: Float64Array, loss: () => number): Float64Array {
  const step = 1e-5;
  return parameters.map((value, i) => {
    parameters[i] = value + step;
    const above = loss();
    parameters[i] = value - step;
    const below = loss();
    parameters[i] = value;
    return (above - below) / (2 * step);
  });
}

/** The largest difference of two arrays and where it is, in words a failing test can show. */
export function largestDifference(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { readonly difference: number; readonly message: string } {
  let at = 0;
  let difference = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (distance <= difference) continue; // NaN is not, and so it is reported
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    at = i;
  }
  const values = `got ${actual[at]}, expected ${expected[at]}`;
  return {
    difference,
    message: `${name}[${at}] of ${actual.length}: ${values}, differs by ${difference}`,
  };
}

/**
 * Clipping by the norm of the whole gradient: a recurrent network meets cliffs in its loss, and a
 * step from the edge must not be longer than others. The direction is kept.
 */

import type { Floats } from './linear-map.ts';

/** Less than 1 by more than the rounding of single precision, so that the clipped norm is ≤ max. */
const ROUNDING_MARGIN = 1 - 2 ** -22;

/** The Euclidean norm; not finite when an element is not. */
export function gradientNorm(gradient: Floats): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i] * gradient[i];
  return Math.sqrt(squares);
}

/**
 * Shortens `gradient` in place to a norm of at most `max` (greater than 0) and returns the norm
 * before. A gradient that is not finite is left as it is; the returned norm tells the caller.
 */
export function clipGradientNorm(gradient: Floats, max: number): number {
  const norm = gradientNorm(gradient);
  if (norm > max && Number.isFinite(norm)) {
    const scale = (max / norm) * ROUNDING_MARGIN;
    for (let i = 0; i < gradient.length; i++) gradient[i] *= scale;
  }
  return norm;
}

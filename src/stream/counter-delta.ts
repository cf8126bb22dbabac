/**
 * `transform: delta`: a counter's reading becomes what was added since the reading before. A
 * counter that falls was reset and has counted from zero since: its new reading is the difference.
 */
export interface Delta {
  /** NaN: the first reading, or one of the two is missing. */
  readonly value: number;
  readonly reset: boolean;
}

/** The difference of two counter readings; NaN stands for a missing one. */
export function counterDelta(before: number, now: number): Delta {
  if (Number.isNaN(before) || Number.isNaN(now)) return { value: Number.NaN, reset: false };
  if (now < before) return { value: now, reset: true };
  return { value: now - before, reset: false };
}

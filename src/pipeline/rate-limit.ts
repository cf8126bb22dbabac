/**
 * A token bucket: admits `perSecond` readings a second on average and one second's worth at once.
 * Time is a parameter, in milliseconds; it may stand still or jump back without harm.
 */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = Number.NaN;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** How many of `count` readings may pass now; the others are the caller's to count as lost. */
  admit(count: number, nowMs: number): number {
    const elapsed = nowMs - this.#filledAt;
    if (elapsed > 0) {
      this.#tokens = Math.min(this.#perSecond, this.#tokens + (elapsed / 1000) * this.#perSecond);
    }
    this.#filledAt = nowMs;
    const admitted = Math.min(count, Math.floor(this.#tokens));
    this.#tokens -= admitted;
    return admitted;
  }
}

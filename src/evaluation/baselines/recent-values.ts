/**
 * The newest values of one stream as a ring; a missing one repeats the value before it, and what
 * was before the first is as the first.
 */
export class RecentValues {
  readonly #values: Float64Array;
  #count: number;

  /** `reach`: how many steps back it remembers, the newest apart. */
  constructor(reach: number) {
    this.#values = new Float64Array(reach + 1);
    this.#count = 0;
  }

  /** Steps so far, from the first value on. */
  get count(): number {
    return this.#count;
  }

  /** NaN: missing. */
  add(y: number): void {
    if (this.#count === 0) {
      if (Number.isNaN(y)) return;
      this.#values.fill(y);
    }
    const value = Number.isNaN(y) ? this.back(0) : y;
    this.#values[this.#count % this.#values.length] = value;
    this.#count += 1;
  }

  /** The value `lag` steps before the newest, 0 ≤ lag ≤ reach; there must have been one. */
  back(lag: number): number {
    const size = this.#values.length;
    return this.#values[(this.#count - 1 - lag + size) % size]!;
  }
}

/**
 * When a stream's whole forecast (its fan) is written: the first at once, then the newest each
 * `everyMs` by arrival time, also when no further reading comes.
 *
 *     readings   │   │ │  │                          │
 *     fans       F         ·····F (newest of three)  F (long due)
 *                └─ everyMs ────┘
 *
 * Per row: when the next fan may be written, and whether there is a forecast newer than the written
 * one. Rows that have been written wait in a queue by that time; as the distance is the same for all, the
 * order of writing is the order of the queue. It has no clock: every `now` is milliseconds since 1970.
 */
export class FanSchedule {
  readonly #everyMs: number;
  /** By row: from when on a fan may be written; −Infinity: at once. */
  #dueAt: Float64Array;
  /** By row: 1, when there is a forecast newer than the one written. */
  #newer: Uint8Array;
  /** Rows written and not yet due again, by the time they are; entries of rows written since are void. */
  #waiting: { readonly row: number; readonly at: number }[];
  /** Entries of `#waiting` that are done with. */
  #done: number;
  /** Rows that were due when a forecast came that was not built. */
  readonly #missed: Set<number>;

  /** 0: no fan is ever due. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
    this.#dueAt = new Float64Array(64).fill(Number.NEGATIVE_INFINITY);
    this.#newer = new Uint8Array(64);
    this.#waiting = [];
    this.#done = 0;
    this.#missed = new Set();
  }

  /** Whether the next forecast of this row is to be written at once. */
  isDue(row: number, now: number): boolean {
    if (this.#everyMs === 0) return false;
    const at = row < this.#dueAt.length ? this.#dueAt[row]! : Number.NEGATIVE_INFINITY;
    // A time further ahead than the distance comes from a clock that was put back since.
    return now >= at || at - now > this.#everyMs;
  }

  /** The fan of this row has been written. */
  written(row: number, now: number): void {
    this.#reserve(row);
    const at = now + this.#everyMs;
    this.#dueAt[row] = at;
    this.#newer[row] = 0;
    this.#missed.delete(row);
    this.#waiting.push({ row, at });
  }

  /** A forecast of this row was made and not written. */
  passed(row: number, now: number): void {
    if (this.#everyMs === 0) return;
    this.#reserve(row);
    this.#newer[row] = 1;
    if (this.isDue(row, now)) this.#missed.add(row);
  }

  /**
   * Rows whose newest forecast is to be written now. Each is told once; when it is not `written`,
   * its next forecast is due at once.
   */
  due(now: number): number[] {
    const rows = new Set(this.#missed);
    this.#missed.clear();
    while (this.#done < this.#waiting.length) {
      const { row, at } = this.#waiting[this.#done]!;
      if (now < at && at - now <= this.#everyMs) break;
      this.#done += 1;
      if (this.#dueAt[row] === at && this.#newer[row] === 1) rows.add(row);
    }
    this.#compact();
    return [...rows];
  }

  /** The row belongs to another stream from now on, or to none. */
  reset(row: number): void {
    if (row >= this.#dueAt.length) return;
    this.#dueAt[row] = Number.NEGATIVE_INFINITY;
    this.#newer[row] = 0;
    this.#missed.delete(row);
  }

  #compact(): void {
    if (this.#done < 1_024 || this.#done < this.#waiting.length / 2) return;
    this.#waiting = this.#waiting.slice(this.#done);
    this.#done = 0;
  }

  #reserve(row: number): void {
    if (row < this.#dueAt.length) return;
    const size = Math.max(row + 1, 2 * this.#dueAt.length);
    const dueAt = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    const newer = new Uint8Array(size);
    dueAt.set(this.#dueAt);
    newer.set(this.#newer);
    this.#dueAt = dueAt;
    this.#newer = newer;
  }
}

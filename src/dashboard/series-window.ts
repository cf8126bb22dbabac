import type { ReadingItem } from '../protocol/items.ts';

/** As `/v1/streams/{id}/history` answers: ascending times, null for a missing value. */
export interface History {
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
}

/** Room kept before old points are cut, so that cutting is rare: twice this is never exceeded. */
const slackPoints = 256;

/**
 * The newest readings of one stream as two columns, ascending in time without equal times. At most
 * `pointsMax` are shown and `pointsMax + 256` held; the oldest go first. A reading of a time
 * already there corrects it.
 */
export class SeriesWindow {
  readonly #pointsMax: number;
  #t: number[];
  #v: (number | null)[];

  constructor(pointsMax: number) {
    this.#pointsMax = pointsMax;
    this.#t = [];
    this.#v = [];
  }

  /** Views of the columns, valid until the next change. Times in milliseconds. */
  get columns(): History {
    return { t: this.#t, v: this.#v };
  }

  /**
   * Puts older readings beneath those already there; where times are equal the live reading stays.
   */
  merge(history: History): void {
    const live = { t: this.#t, v: this.#v };
    this.#t = [...history.t];
    this.#v = [...history.v];
    live.t.forEach((t, index) => {
      this.#place(t, live.v[index] ?? null);
    });
    this.#trim(this.#pointsMax);
  }

  push(reading: Pick<ReadingItem, 't' | 'v'>): void {
    this.#place(reading.t, reading.v);
    if (this.#t.length > this.#pointsMax + slackPoints) this.#trim(this.#pointsMax);
  }

  #place(t: number, v: number | null): void {
    let index = this.#t.length;
    while (index > 0 && this.#t[index - 1]! > t) index--;
    const same = index > 0 && this.#t[index - 1] === t;
    this.#t.splice(same ? index - 1 : index, same ? 1 : 0, t);
    this.#v.splice(same ? index - 1 : index, same ? 1 : 0, v);
  }

  #trim(pointsMax: number): void {
    const excess = this.#t.length - pointsMax;
    if (excess <= 0) return;
    this.#t.splice(0, excess);
    this.#v.splice(0, excess);
  }
}

import { missingSteps } from '../stream/cadence.ts';
import type { RowPlace, RowPlacing } from './row-clock.ts';

/** As many missing rows are inserted as the engine inserts missing steps by default. */
const MISSING_MAX = 24;

/**
 * Places rows by the file's own times, under the rules of live readings: missing rows are inserted,
 * rows that are late or repeat a time are dropped. After a longer gap nothing is inserted; the
 * engine starts anew there.
 */
export class LiveClock implements RowPlacing {
  readonly #step: number;
  #last: number | null;

  constructor(stepMs: number) {
    this.#step = stepMs;
    this.#last = null;
  }

  place(fileTime: number | null): RowPlace | null {
    const before = this.#last;
    const time = fileTime ?? (before ?? 0) + this.#step;
    if (before === null) {
      this.#last = time;
      return { missing: [], time };
    }
    if (time <= before) return null;
    this.#last = time;
    const count = missingSteps(time - before, this.#step);
    if (count > MISSING_MAX) return { missing: [], time };
    const distance = (time - before) / (count + 1);
    const missing = Array.from({ length: count }, (_, i) =>
      Math.round(before + (i + 1) * distance),
    );
    return { missing, time };
  }
}

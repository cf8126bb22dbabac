import { naturalPeriod } from '../stream/cadence.ts';

/**
 * Times for rows that are taken one by one, whatever the file's own times say. Each row is one step
 * after the row before it, so that nothing is inserted, merged or late; where the file's times are
 * regular they are exactly these. Where they jump, the clock goes up to a tenth faster or slower
 * until it shows the file's time of the week again, since days and weeks are what times are for.
 */

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const MONDAY = Date.UTC(1970, 0, 5);
const DRIFT_SHARE = 0.1;
const GAPS_MAX = 64;

/** The usual time between rows by the first ones, in whole ms; null: they have no usable times. */
export function stepOfTimes(times: readonly (number | null)[]): number | null {
  const gaps: number[] = [];
  for (let i = 1; i < Math.min(times.length, GAPS_MAX); i++) {
    const [before, after] = [times[i - 1], times[i]];
    if (typeof before === 'number' && typeof after === 'number') gaps.push(after - before);
  }
  gaps.sort((a, b) => a - b);
  const median = gaps[(gaps.length - 1) >> 1];
  return median === undefined || median <= 0 ? null : naturalPeriod(median);
}

/** Steps of the day for a step of so many ms, of the week where a step is a day; 0: neither. */
export function seasonSteps(stepMs: number | null): number {
  if (stepMs === null) return 0;
  const steps = Math.round((stepMs < DAY ? DAY : WEEK) / stepMs);
  return steps >= 2 && steps <= SEASON_MAX ? steps : 0;
}

/** Longer seasons are left out: a stream would have to keep them whole. */
const SEASON_MAX = 8_640;

/** Where a row stands: the times of missing rows before it, and its own, whole ms, rising strictly. */
export interface RowPlace {
  readonly missing: readonly number[];
  readonly time: number;
}

/** Gives rows their times. */
export interface RowPlacing {
  /** Null: the row is left out. */
  place(fileTime: number | null): RowPlace | null;
}

export class RowClock implements RowPlacing {
  readonly #step: number;
  readonly #hasTimes: boolean;
  #last: number | null;

  /** `stepMs`: null for rows without usable times, which then have neither days nor weeks. */
  constructor(stepMs: number | null) {
    this.#step = stepMs ?? WEEK;
    this.#hasTimes = stepMs !== null;
    this.#last = null;
  }

  /** Every row has its place, and nothing is missing. */
  place(fileTime: number | null): RowPlace {
    return { missing: [], time: this.#next(fileTime) };
  }

  #next(fileTime: number | null): number {
    if (this.#last === null) {
      this.#last = this.#hasTimes ? (fileTime ?? MONDAY) : MONDAY;
      return this.#last;
    }
    const expected = this.#last + this.#step;
    const limit = DRIFT_SHARE * this.#step;
    const drift = this.#hasTimes && fileTime !== null ? weekDrift(fileTime - expected) : 0;
    const moved = Math.round(expected + Math.max(-limit, Math.min(limit, drift)));
    this.#last = Math.max(this.#last + 1, moved);
    return this.#last;
  }
}

/** The shortest way on the circle of the week, ±3½ days. */
function weekDrift(ms: number): number {
  const inWeek = ((ms % WEEK) + WEEK) % WEEK;
  return inWeek > WEEK / 2 ? inWeek - WEEK : inWeek;
}

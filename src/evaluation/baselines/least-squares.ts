import { RecursiveLeastSquares } from '../../numerics/recursive-least-squares.ts';
import type { StreamForecaster } from '../forecaster.ts';
import { RecentValues } from './recent-values.ts';

/**
 * Online ridge regression on a stream's own past and the calendar, relative to its last value:
 *
 *   x_t = [1, y_t − μ_t, y_{t−i} − y_t (i = 1..23), y_{t+h−m} − y_t (h = 1..H),
 *          sin and cos of the day, of half a day and of the week]
 *   forecast of lead h:  y_t + w_hᵀ x_t
 *
 * in units of the deviation of the first 48 values, or of more while these do not vary; until then
 * it says the last value.
 */

const LAGS = 23;
const UNIT_VALUES = 48;
/** Far enough out that only what would ruin the regression is clipped: sentinels, broken sensors. */
const CLIP_DEVIATIONS = 30;
/** The level that the last value is compared with follows this slowly. */
const LEVEL_STEPS = 2_000;
/** A forecast further from the last value than so many deviations is none. */
const DEVIATIONS_MAX = 50;
const DAY = 86_400_000;
const cycles: readonly number[] = [DAY, DAY / 2, 7 * DAY];

export interface LeastSquaresForecasterOptions {
  /** m: steps of the season; 0: none. */
  readonly period: number;
  readonly leads: number;
  readonly forgetting: number;
}

export class LeastSquares implements StreamForecaster {
  readonly #leads: number;
  /** Steps back of every lagged feature. */
  readonly #lags: readonly number[];
  readonly #recent: RecentValues;
  readonly #regression: RecursiveLeastSquares;
  readonly #features: Float64Array;
  #level: number;
  /** Mean, and sum of squared distances from it, of all values seen. */
  #mean: number;
  #squares: number;
  #seen: number;
  /** The unit of everything; 0 until it is known. */
  #unit: number;

  constructor({ period, leads, forgetting }: LeastSquaresForecasterOptions) {
    this.#leads = leads;
    this.#lags = lagsOf(period, leads);
    this.#recent = new RecentValues(Math.max(...this.#lags));
    const features = 2 + this.#lags.length + 2 * cycles.length;
    this.#regression = new RecursiveLeastSquares({
      features,
      leads,
      forgetting,
      clipDeviations: CLIP_DEVIATIONS,
    });
    this.#features = new Float64Array(features);
    this.#level = 0;
    this.#mean = 0;
    this.#squares = 0;
    this.#seen = 0;
    this.#unit = 0;
  }

  learn(y: number, time: number): void {
    this.#recent.add(y);
    if (this.#recent.count === 0) return;
    const isMissing = Number.isNaN(y);
    if (!isMissing) this.#note(y);
    if (this.#unit === 0) return;
    this.#regression.learn(y / this.#unit);
    this.#fillFeatures(time);
    const base = isMissing ? Number.NaN : this.#recent.back(0) / this.#unit;
    this.#regression.advance(this.#features, base);
  }

  forecast(into: Float64Array, at: number): void {
    const leads = this.#leads;
    if (this.#recent.count === 0) {
      into.fill(Number.NaN, at, at + leads);
      return;
    }
    const last = this.#recent.back(0);
    if (this.#unit === 0) {
      into.fill(last, at, at + leads);
      return;
    }
    this.#regression.predict(this.#features, into, at);
    const limit = DEVIATIONS_MAX * Math.sqrt(this.#squares / this.#seen);
    for (let h = 0; h < leads; h++) {
      const change = into[at + h]! * this.#unit;
      into[at + h] = Math.abs(change) < limit ? last + change : last;
    }
  }

  #note(y: number): void {
    this.#seen += 1;
    const distance = y - this.#mean;
    this.#mean += distance / this.#seen;
    this.#squares += distance * (y - this.#mean);
    this.#level += Math.max(1 / LEVEL_STEPS, 1 / this.#seen) * (y - this.#level);
    if (this.#unit === 0 && this.#seen >= UNIT_VALUES && this.#squares > 0) {
      this.#unit = Math.sqrt(this.#squares / this.#seen);
    }
  }

  #fillFeatures(time: number): void {
    const last = this.#recent.back(0);
    const x = this.#features;
    x[0] = 1;
    x[1] = (last - this.#level) / this.#unit;
    for (let i = 0; i < this.#lags.length; i++) {
      x[2 + i] = (this.#recent.back(this.#lags[i]!) - last) / this.#unit;
    }
    cycles.forEach((cycle, i) => {
      const at = 2 + this.#lags.length + 2 * i;
      const angle = (2 * Math.PI * (time % cycle)) / cycle;
      x[at] = Math.sin(angle);
      x[at + 1] = Math.cos(angle);
    });
  }
}

/** The newest lags, and the block of the season before over the horizon. */
function lagsOf(period: number, leads: number): number[] {
  const lags = new Set(Array.from({ length: LAGS }, (_, i) => i + 1));
  for (let h = 1; h <= leads && period > 0; h++) lags.add(period * Math.ceil(h / period) - h);
  lags.delete(0);
  return [...lags];
}

import type { StreamForecaster } from '../forecaster.ts';
import { RecentValues } from './recent-values.ts';

/** The value one season before the target; the last value where there is no season. */
export class SeasonalNaive implements StreamForecaster {
  readonly #leads: number;
  readonly #period: number;
  readonly #recent: RecentValues;

  /** `period`: steps of the season; 0: none. */
  constructor({ period, leads }: { readonly period: number; readonly leads: number }) {
    this.#leads = leads;
    this.#period = period;
    this.#recent = new RecentValues(Math.max(0, period - 1));
  }

  learn(y: number): void {
    this.#recent.add(y);
  }

  forecast(into: Float64Array, at: number): void {
    const recent = this.#recent;
    const isSeasonal = this.#period > 0 && recent.count >= this.#period;
    for (let h = 1; h <= this.#leads; h++) {
      const lag = isSeasonal ? this.#period - 1 - ((h - 1) % this.#period) : 0;
      into[at + h - 1] = recent.count === 0 ? Number.NaN : recent.back(lag);
    }
  }
}

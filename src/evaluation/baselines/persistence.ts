import type { StreamForecaster } from '../forecaster.ts';

/** The last value, for ever. */
export class Persistence implements StreamForecaster {
  readonly #leads: number;
  #last = Number.NaN;

  constructor(leads: number) {
    this.#leads = leads;
  }

  learn(y: number): void {
    if (!Number.isNaN(y)) this.#last = y;
  }

  forecast(into: Float64Array, at: number): void {
    into.fill(this.#last, at, at + this.#leads);
  }
}

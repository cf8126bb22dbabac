import type { Forecasts } from './forecaster.ts';

/**
 * Forecasts whose targets have not come, as a ring for every lead that is as long as the lead:
 *
 *   lead 1  ┌─┐                     the forecast of lead h issued at row t is kept in cell
 *   lead 2  ├─┼─┐                   h(h − 1)/2 + t mod h, and overwritten when row t + h has come
 *   lead 3  ├─┼─┼─┐                 and the next one is issued: H(H + 1)/2 cells a stream
 *   …       └─┴─┴─┴─ ─
 *
 * Bounds are kept as float32 distances from the median, which is exact enough for whether a value
 * is inside, whatever its level.
 */
export class PendingForecasts {
  readonly #leads: number;
  readonly #streams: number;
  readonly #width: number;
  readonly #cells: number;
  readonly #median: Float64Array;
  readonly #bounds: Float32Array;

  /** `width`: bounds of one forecast of one lead. */
  constructor({ streams, leads, width }: { streams: number; leads: number; width: number }) {
    this.#leads = leads;
    this.#streams = streams;
    this.#width = width;
    this.#cells = (leads * (leads + 1)) / 2;
    this.#median = new Float64Array(streams * this.#cells).fill(Number.NaN);
    this.#bounds = new Float32Array(streams * this.#cells * width);
  }

  /** Where the forecast of `lead` from row `origin` is, for `median` and `distance`. */
  cell(stream: number, lead: number, origin: number): number {
    return stream * this.#cells + (lead * (lead - 1)) / 2 + (origin % lead);
  }

  median(cell: number): number {
    return this.#median[cell]!;
  }

  /** Distance of a bound from the median. */
  distance(cell: number, bound: number): number {
    return this.#bounds[cell * this.#width + bound]!;
  }

  /** Keeps a copy of everything forecast from row `origin`. */
  keep(origin: number, { median, bounds }: Forecasts): void {
    for (let stream = 0; stream < this.#streams; stream++) {
      for (let lead = 1; lead <= this.#leads; lead++) {
        const from = stream * this.#leads + lead - 1;
        const cell = this.cell(stream, lead, origin);
        const value = median[from]!;
        this.#median[cell] = value;
        for (let bound = 0; bound < this.#width; bound++) {
          const distance = bounds[from * this.#width + bound]! - value;
          this.#bounds[cell * this.#width + bound] = distance;
        }
      }
    }
  }
}

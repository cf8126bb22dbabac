/**
 * How well streams are forecast when they have just joined: the mean absolute error of all leads up
 * to a horizon, from the 5th to the 60th reading of each, in one-step differences of the scale rows.
 */

const READING_FROM = 5;
const READING_TO = 60;

export class JoiningErrors {
  /** (S) the first row of each; 0: it was there from the beginning. */
  readonly #firstRows: readonly number[];
  /** (horizons) */
  readonly #sum: Float64Array;
  readonly #count: Float64Array;

  constructor(firstRows: readonly number[], horizons: number) {
    this.#firstRows = firstRows;
    this.#sum = new Float64Array(horizons);
    this.#count = new Float64Array(horizons);
  }

  /** Adds an error of a forecast from row `origin`, where the stream was young then. */
  add(stream: number, origin: number, horizon: number, error: number): void {
    const first = this.#firstRows[stream]!;
    const reading = origin - first + 1;
    if (first === 0 || reading < READING_FROM || reading > READING_TO) return;
    this.#sum[horizon]! += error;
    this.#count[horizon]! += 1;
  }

  /** Null when no stream joined among the scored rows. */
  mean(horizon: number): number | null {
    return this.#count[horizon] === 0 ? null : this.#sum[horizon]! / this.#count[horizon]!;
  }
}

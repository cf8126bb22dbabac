/**
 * What errors are divided by, per stream, measured on the scale rows alone: the population
 * deviation (`mse`, `mae`, `crps`), and the mean absolute difference between neighbours (`mase`).
 * Missing values are left out, and so are differences to them.
 */
export class MetricScale {
  /** (S) means, sums of squared distances from them, and values seen. */
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  readonly #count: Float64Array;
  /** (S) sums of absolute differences, and differences seen. */
  readonly #change: Float64Array;
  readonly #changes: Float64Array;
  readonly #before: Float64Array;

  constructor(streams: number) {
    this.#mean = new Float64Array(streams);
    this.#squares = new Float64Array(streams);
    this.#count = new Float64Array(streams);
    this.#change = new Float64Array(streams);
    this.#changes = new Float64Array(streams);
    this.#before = new Float64Array(streams).fill(Number.NaN);
  }

  /** One of the scale rows: (S), NaN where missing. */
  add(values: Float64Array): void {
    for (let stream = 0; stream < values.length; stream++) {
      const value = values[stream]!;
      const change = Math.abs(value - this.#before[stream]!);
      this.#before[stream] = value;
      if (Number.isNaN(value)) continue;
      const count = this.#count[stream]! + 1;
      const distance = value - this.#mean[stream]!;
      this.#count[stream] = count;
      this.#mean[stream]! += distance / count;
      this.#squares[stream]! += distance * (value - this.#mean[stream]!);
      if (Number.isNaN(change)) continue;
      this.#change[stream]! += change;
      this.#changes[stream]! += 1;
    }
  }

  /** The deviation; 1 where the stream did not vary or was not there. */
  deviation(stream: number): number {
    const count = this.#count[stream]!;
    const deviation = count === 0 ? 0 : Math.sqrt(this.#squares[stream]! / count);
    return deviation > 0 ? deviation : 1;
  }

  /** The mean absolute one-step difference; NaN where there is none to divide by. */
  change(stream: number): number {
    const change = this.#change[stream]! / this.#changes[stream]!;
    return change > 0 ? change : Number.NaN;
  }
}

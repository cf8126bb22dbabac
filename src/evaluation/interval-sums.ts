/**
 * How well intervals fit, per cell (a horizon and a lead): the share of targets inside, overall and
 * in the worst stretches, and the pinball loss of all their bounds.
 *
 * A stretch is 250 scored targets of one stream in a row. Only how many stretches had how many hits
 * is kept, so that memory does not grow with the recording.
 */

const STRETCH = 250;
/** `worst` is this quantile of the stretches. */
const WORST = 0.05;

export interface IntervalSumsOptions {
  readonly streams: number;
  readonly cells: number;
  /** Ascending, in (0, 1). */
  readonly levels: readonly number[];
}

export class IntervalSums {
  readonly #levels: readonly number[];
  readonly #cells: number;
  /** (cells) targets, and Σ of the mean pinball loss over all quantiles. */
  readonly #count: Float64Array;
  readonly #pinball: Float64Array;
  /** (cells, L) */
  readonly #inside: Float64Array;
  /** (streams, cells) targets and (streams, cells, L) hits of the running stretch. */
  readonly #stretch: Uint8Array;
  readonly #hits: Uint8Array;
  /** (cells, L, STRETCH + 1) stretches with so many hits. */
  readonly #stretches: Uint32Array;

  constructor({ streams, cells, levels }: IntervalSumsOptions) {
    this.#levels = levels;
    this.#cells = cells;
    this.#count = new Float64Array(cells);
    this.#pinball = new Float64Array(cells);
    this.#inside = new Float64Array(cells * levels.length);
    this.#stretch = new Uint8Array(streams * cells);
    this.#hits = new Uint8Array(streams * cells * levels.length);
    this.#stretches = new Uint32Array(cells * levels.length * (STRETCH + 1));
  }

  /**
   * Adds one target. `error` is target − median and `distances` the bounds' distances from the
   * median, lower ones first, all in the unit of the stream.
   */
  add(stream: number, cell: number, error: number, /** (2L) */ distances: Float64Array): void {
    const L = this.#levels.length;
    const own = stream * this.#cells + cell;
    let pinball = 0.5 * Math.abs(error);
    for (let level = 0; level < L; level++) {
      const tail = (1 - this.#levels[level]!) / 2;
      const lower = error - distances[level]!;
      const upper = error - distances[L + level]!;
      pinball += pinballLoss(tail, lower) + pinballLoss(1 - tail, upper);
      if (lower < 0 || upper > 0) continue;
      this.#inside[cell * L + level]! += 1;
      this.#hits[own * L + level]! += 1;
    }
    this.#count[cell]! += 1;
    this.#pinball[cell]! += pinball / (2 * L + 1);
    this.#stretch[own]! += 1;
    if (this.#stretch[own] === STRETCH) this.#endStretch(cell, own);
  }

  /** Twice the mean pinball loss over the median and all bounds; NaN without targets. */
  crps(cell: number): number {
    return (2 * this.#pinball[cell]!) / this.#count[cell]!;
  }

  /** Share of targets inside; NaN without targets. */
  coverage(cell: number, level: number): number {
    return this.#inside[cell * this.#levels.length + level]! / this.#count[cell]!;
  }

  /** The 5th percentile of the stretches' coverage; NaN before a stretch is over. */
  worst(cell: number, level: number): number {
    const width = STRETCH + 1;
    const at = (cell * this.#levels.length + level) * width;
    const counts = this.#stretches.subarray(at, at + width);
    const total = counts.reduce((sum, count) => sum + count, 0);
    let below = 0;
    for (let hits = 0; hits < width; hits++) {
      below += counts[hits]!;
      if (below > Math.floor(WORST * total)) return hits / STRETCH;
    }
    return Number.NaN;
  }

  #endStretch(cell: number, own: number): void {
    const L = this.#levels.length;
    for (let level = 0; level < L; level++) {
      const hits = this.#hits[own * L + level]!;
      this.#stretches[(cell * L + level) * (STRETCH + 1) + hits]! += 1;
      this.#hits[own * L + level] = 0;
    }
    this.#stretch[own] = 0;
  }
}

/** Loss of the quantile τ when the target is `excess` above it. */
function pinballLoss(tau: number, excess: number): number {
  return excess >= 0 ? tau * excess : (tau - 1) * excess;
}

import type { Forecasts } from './forecaster.ts';
import { IntervalSums } from './interval-sums.ts';
import { JoiningErrors } from './joining-errors.ts';
import type { MetricScale } from './metric-scale.ts';
import { PendingForecasts } from './pending-forecasts.ts';
import type { Sections } from './presets.ts';

/** Figures of one forecaster at one horizon H, in deviations of the scale rows; null: no targets. */
export interface HorizonScores {
  /** Means over leads 1..H, streams and origins. */
  readonly mse: number | null;
  readonly mae: number | null;
  /** At exactly H; `…Mean` is the mean of the same over leads 1..H. */
  readonly mase: number | null;
  readonly maseMean: number | null;
  readonly crps: number | null;
  readonly crpsMean: number | null;
  /** By level, as "0.8"; null: it has no intervals. */
  readonly coverage: LevelScores | null;
  readonly coverageMean: LevelScores | null;
  readonly coverageWorst: LevelScores | null;
  readonly coverageWorstMean: LevelScores | null;
  /** As `maseMean`, of streams that joined, over their readings 5 to 60; null: none did. */
  readonly maseJoining: number | null;
}

type LevelScores = Readonly<Record<string, number | null>>;

export interface ScoreBoardOptions {
  readonly streams: number;
  /** Ascending. */
  readonly horizons: readonly number[];
  /** Of the forecaster's intervals; none: it has none. */
  readonly levels: readonly number[];
  readonly sections: Sections;
  readonly scale: MetricScale;
  /** (S) first row of each stream. */
  readonly firstRows: readonly number[];
}

/**
 * Keeps the forecasts of one forecaster until their targets come, and the sums that its figures are
 * made of. The origins of a horizon H are rows A − 1 … B − 1 − H, so each horizon has sums of its
 * own: cell c of horizon H and lead h.
 */
export class ScoreBoard {
  readonly #options: ScoreBoardOptions;
  readonly #pending: PendingForecasts;
  readonly #intervals: IntervalSums | null;
  /** First cell of each horizon. */
  readonly #begin: readonly number[];
  /** (cells) targets, Σ squared, Σ absolute errors in deviations; Σ absolute errors in one-step differences. */
  readonly #count: Float64Array;
  readonly #square: Float64Array;
  readonly #absolute: Float64Array;
  readonly #scaled: Float64Array;
  readonly #scaledCount: Float64Array;
  readonly #distances: Float64Array;
  readonly #joining: JoiningErrors;

  constructor(options: ScoreBoardOptions) {
    const { streams, horizons, levels } = options;
    const leads = horizons.at(-1)!;
    const begin = [0];
    for (const horizon of horizons) begin.push(begin.at(-1)! + horizon);
    const cells = begin.at(-1)!;
    this.#options = options;
    this.#begin = begin;
    this.#pending = new PendingForecasts({ streams, leads, width: 2 * levels.length });
    this.#intervals = levels.length > 0 ? new IntervalSums({ streams, cells, levels }) : null;
    this.#count = new Float64Array(cells);
    this.#square = new Float64Array(cells);
    this.#absolute = new Float64Array(cells);
    this.#scaled = new Float64Array(cells);
    this.#scaledCount = new Float64Array(cells);
    this.#distances = new Float64Array(2 * levels.length);
    this.#joining = new JoiningErrors(options.firstRows, horizons.length);
  }

  /** Scores every forecast whose target is this row. */
  score(index: number, /** (S) NaN: missing, not scored */ values: Float64Array): void {
    const { streams, horizons, sections } = this.#options;
    if (index < sections.scoredFrom || index >= sections.scoredEnd) return;
    const leads = Math.min(horizons.at(-1)!, index - sections.scoredFrom + 1);
    for (let stream = 0; stream < streams; stream++) {
      const value = values[stream]!;
      if (Number.isNaN(value)) continue;
      for (let lead = 1; lead <= leads; lead++) this.#scoreLead(stream, lead, index - lead, value);
    }
  }

  /** Keeps what was forecast from this row, where it will be scored. */
  keep(index: number, forecasts: Forecasts): void {
    const { scoredFrom, scoredEnd } = this.#options.sections;
    if (index >= scoredFrom - 1 && index < scoredEnd) this.#pending.keep(index, forecasts);
  }

  /** The figures of the horizon with this number in `horizons`. */
  scores(index: number): HorizonScores {
    const from = this.#begin[index]!;
    const to = this.#begin[index + 1]!;
    const cells = Array.from({ length: to - from }, (_, i) => from + i);
    const last = to - 1;
    const mase = (cell: number) => this.#scaled[cell]! / this.#scaledCount[cell]!;
    const crps = (cell: number) => this.#crps(cell);
    const coverage = this.#byLevel((level, cell) => this.#intervals!.coverage(cell, level));
    const worst = this.#byLevel((level, cell) => this.#intervals!.worst(cell, level));
    return {
      mse: ratio(this.#square, this.#count, cells),
      mae: ratio(this.#absolute, this.#count, cells),
      mase: known(mase(last)),
      maseMean: meanOf(cells, mase),
      crps: known(crps(last)),
      crpsMean: meanOf(cells, crps),
      coverage: coverage([last]),
      coverageMean: coverage(cells),
      coverageWorst: worst([last]),
      coverageWorstMean: worst(cells),
      maseJoining: this.#joining.mean(index),
    };
  }

  #scoreLead(stream: number, lead: number, origin: number, value: number): void {
    const { horizons, sections } = this.#options;
    const pending = this.#pending.cell(stream, lead, origin);
    const error = value - this.#pending.median(pending);
    if (Number.isNaN(error)) return;
    const unit = this.#options.scale.deviation(stream);
    const scaled = Math.abs(error) / this.#options.scale.change(stream);
    const z = error / unit;
    if (this.#intervals !== null) this.#measureBounds(pending, unit);
    for (let index = 0; index < horizons.length; index++) {
      const horizon = horizons[index]!;
      if (lead > horizon || origin > sections.scoredEnd - 1 - horizon) continue;
      const cell = this.#begin[index]! + lead - 1;
      this.#count[cell]! += 1;
      this.#square[cell]! += z * z;
      this.#absolute[cell]! += Math.abs(z);
      this.#intervals?.add(stream, cell, z, this.#distances);
      if (Number.isNaN(scaled)) continue;
      this.#scaled[cell]! += scaled;
      this.#scaledCount[cell]! += 1;
      this.#joining.add(stream, origin, index, scaled);
    }
  }

  #measureBounds(pending: number, unit: number): void {
    for (let bound = 0; bound < this.#distances.length; bound++) {
      this.#distances[bound] = this.#pending.distance(pending, bound) / unit;
    }
  }

  /** A forecast without intervals has the same number as every quantile: that is its absolute error. */
  #crps(cell: number): number {
    return this.#intervals?.crps(cell) ?? this.#absolute[cell]! / this.#count[cell]!;
  }

  #byLevel(figure: (level: number, cell: number) => number) {
    const { levels } = this.#options;
    return (cells: readonly number[]): LevelScores | null => {
      if (levels.length === 0) return null;
      const entries = levels.map((level, index) => {
        return [String(level), meanOf(cells, (cell) => figure(index, cell))] as const;
      });
      return Object.fromEntries(entries);
    };
  }
}

function ratio(sums: Float64Array, counts: Float64Array, cells: readonly number[]): number | null {
  const total = (numbers: Float64Array) => cells.reduce((sum, cell) => sum + numbers[cell]!, 0);
  return known(total(sums) / total(counts));
}

/** Mean over the cells that have a figure; null when none has. */
function meanOf(cells: readonly number[], figure: (cell: number) => number): number | null {
  const figures = cells.map(figure).filter((value) => !Number.isNaN(value));
  return known(figures.reduce((sum, value) => sum + value, 0) / figures.length);
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

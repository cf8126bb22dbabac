import { Engine } from '../engine/engine.ts';
import type { EngineOptions } from '../engine/engine-options.ts';
import type { OutcomeDemand } from '../engine/outcome.ts';
import type { ForecastItem } from '../protocol/items.ts';
import type { Reading } from '../stream/reading.ts';
import { EngineTraining, type EngineTrainingOptions } from './engine-training.ts';
import type { Forecaster, Forecasts, Row } from './forecaster.ts';

/** All forecasts are taken, as by a page that shows every stream. */
const everything: OutcomeDemand = { forecast: () => true, intervals: false };

export interface EngineForecasterOptions {
  /** The rule for every stream must ask for each lead up to the horizon. */
  readonly engine: EngineOptions;
  readonly training: EngineTrainingOptions;
  readonly columns: readonly string[];
  /** Time the process has computed for, µs. */
  readonly cpuTimeUs: () => number;
}

/**
 * The engine itself as a forecaster: a row is one event with a reading of every stream that is
 * there, and training follows it at once.
 */
export class EngineForecaster implements Forecaster {
  readonly name = 'inkling';
  readonly levels: readonly number[];
  readonly engine: Engine;
  readonly #columns: readonly string[];
  readonly #training: EngineTraining;
  readonly #cpuTimeUs: () => number;
  /** Column of each stream; the newest forecast of each column. */
  readonly #columnOf: ReadonlyMap<string, number>;
  readonly #newest: (ForecastItem | null)[];
  /** (S) the last value, which stands in while there is no forecast yet. */
  readonly #last: Float64Array;
  #trainingUs = 0;

  constructor({ engine, training, columns, cpuTimeUs }: EngineForecasterOptions) {
    this.levels = engine.rules.at(-1)!.levels;
    this.engine = new Engine(engine);
    this.#columns = columns;
    this.#training = new EngineTraining(this.engine, training);
    this.#cpuTimeUs = cpuTimeUs;
    this.#columnOf = new Map(columns.map((column, index) => [column, index]));
    this.#newest = columns.map(() => null);
    this.#last = new Float64Array(columns.length).fill(Number.NaN);
  }

  get trainingUs(): number {
    return this.#trainingUs;
  }

  learn(row: Row): void {
    const readings = this.#readings(row);
    const { steps } = this.engine.apply(
      { kind: 'readings', arrivedAt: row.time, readings },
      everything,
    );
    for (const { forecast } of steps) {
      if (forecast !== null) this.#newest[this.#columnOf.get(forecast.stream)!] = forecast;
    }
    const begin = this.#cpuTimeUs();
    this.#training.afterRow();
    this.#trainingUs += this.#cpuTimeUs() - begin;
  }

  forecast({ median, bounds }: Forecasts): void {
    const streams = this.#columns.length;
    const leads = median.length / streams;
    for (let stream = 0; stream < streams; stream++) {
      const item = this.#newest[stream];
      const at = stream * leads;
      if (item) this.#write(item, { median, bounds }, at, leads);
      else {
        median.fill(this.#last[stream]!, at, at + leads);
        const width = 2 * this.levels.length;
        bounds.fill(this.#last[stream]!, at * width, (at + leads) * width);
      }
    }
  }

  #readings({ time, values, joined }: Row): Reading[] {
    const readings: Reading[] = [];
    for (let column = 0; column < this.#columns.length; column++) {
      if (joined[column] === 0) continue;
      const number = values[column]!;
      const value = Number.isNaN(number) ? null : number;
      if (value !== null) this.#last[column] = value;
      const stream = this.#columns[column]!;
      readings.push({ stream, time, value, unit: null, retained: false, labels: null });
    }
    return readings;
  }

  #write(item: ForecastItem, { median, bounds }: Forecasts, at: number, leads: number): void {
    const L = this.levels.length;
    for (let lead = 0; lead < leads; lead++) {
      median[at + lead] = item.median[lead]!;
      const width = (at + lead) * 2 * L;
      for (let level = 0; level < L; level++) {
        bounds[width + level] = item.levels[level]!.lower[lead]!;
        bounds[width + L + level] = item.levels[level]!.upper[lead]!;
      }
    }
  }
}

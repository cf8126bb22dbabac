import type { Outcomes, StepOutcome } from '../engine/outcome.ts';
import type { StreamQuality } from '../engine/stream-quality.ts';
import { forecastDigits } from '../protocol/encode-item.ts';
import type { AlertItem, AnomalyItem, ForecastItem, ModelItem } from '../protocol/items.ts';
import { FanSchedule } from './influx-fan.ts';
import { LeadBook } from './influx-leads.ts';
import { LevelPlans, plannedBound } from './influx-levels.ts';
import { alertPoint, anomalyPoint, modelPoint } from './influx-notices.ts';
import type { InfluxPoint } from './influx-point.ts';
import { qualityPoint, RowRound } from './influx-quality.ts';
import { type TaggedStream, TaggedStreams } from './influx-streams.ts';

/**
 * Outcomes as points of InfluxDB:
 *
 *     inkling_reading   each reading received, with what was expected of it
 *     inkling_forecast  the fan: each target of a forecast, now and then (see influx-fan)
 *     inkling_lead      what was forecast so many steps ahead, beside what came true (see influx-leads)
 *     inkling_anomaly, inkling_alert, inkling_model   as they happen
 *     inkling_quality   each minute, of streams that had a reading since the last time
 *
 * Points of a forecast always have bounds at 50, 80 and 95 %; levels that a stream is not configured
 * with are derived from those it is (see influx-levels). Steps that were filled in are no points.
 */

export interface InfluxPointsOptions {
  /** A stream's fan is written at most each so many seconds; 0: never. */
  readonly fanSeconds: number;
  /** Steps ahead whose forecasts are kept until their actual value comes. */
  readonly leads: readonly number[];
  /** The newest forecast of the stream in a row; null: none. */
  readonly forecast: (row: number) => ForecastItem | null;
  /** Null: nothing is known of the stream in this row. */
  readonly quality: (row: number) => StreamQuality | null;
  /** Forecasts that wait for their actual value, at most; 500,000 when left out (about 60 MB). */
  readonly waitingLeadsMax?: number;
}

const WAITING_LEADS_MAX = 500_000;
const QUALITY_MS = 60_000;
const FAN_LEVELS = [0.5, 0.8, 0.95] as const;

interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Turns outcomes into points. It has no clock: `now` is the arrival time in whole ms since 1970. */
export class InfluxPoints {
  readonly #options: InfluxPointsOptions;
  readonly #streams: TaggedStreams;
  readonly #fans: FanSchedule;
  readonly #leads: LeadBook;
  readonly #plans: LevelPlans;
  readonly #qualities: RowRound;

  constructor(options: InfluxPointsOptions) {
    this.#options = options;
    this.#streams = new TaggedStreams();
    this.#fans = new FanSchedule(options.fanSeconds * 1000);
    this.#leads = new LeadBook(options.leads, options.waitingLeadsMax ?? WAITING_LEADS_MAX);
    this.#plans = new LevelPlans(FAN_LEVELS);
    this.#qualities = new RowRound(QUALITY_MS);
  }

  /** Forecasts at leads that were not kept because too many waited. */
  get droppedLeads(): number {
    return this.#leads.dropped;
  }

  /** Whether the next forecast of this row makes points, so that it has to be built. A look-up. */
  demand(row: number, now: number): boolean {
    return this.#options.leads.length > 0 || this.#fans.isDue(row, now);
  }

  /** The points of one event's outcomes. */
  take(outcomes: Outcomes, now: number): InfluxPoint[] {
    const points: InfluxPoint[] = [];
    for (const id of outcomes.removed) this.#forget(id);
    for (const step of outcomes.steps) this.#takeStep(step, now, points);
    for (const notice of outcomes.notices) points.push(this.notice(notice, now));
    return points;
  }

  /** Points that are due without a reading: fans and qualities. To be called about each second. */
  tick(now: number): InfluxPoint[] {
    const points: InfluxPoint[] = [];
    for (const row of this.#fans.due(now)) {
      const known = this.#streams.at(row);
      const forecast = this.#options.forecast(row);
      if (known === undefined || forecast?.stream !== known.stream) continue;
      this.#writeFan(known, forecast, now, points);
    }
    this.#writeQualities(now, points);
    return points;
  }

  /** The point of something that happened at `now`; an anomaly has its own time. */
  notice(item: AnomalyItem | ModelItem | AlertItem, now: number): InfluxPoint {
    if (item.kind === 'model') return modelPoint(item, now);
    const tags = this.#streams.of(item.stream)?.tags ?? { stream: item.stream };
    return item.kind === 'anomaly' ? anomalyPoint(item, tags) : alertPoint(item, tags, now);
  }

  #takeStep(step: StepOutcome, now: number, points: InfluxPoint[]): void {
    const { row, reading, forecast } = step;
    const before = this.#streams.at(row);
    if (before !== undefined && before.stream !== reading.stream) this.#forget(before.stream);
    const known = this.#streams.note(row, reading.stream, step.labels);
    const isReceived = !reading.flags.includes('imputed');
    if (isReceived) {
      known.hasNews = true;
      points.push(this.#readingPoint(step, known));
    }
    // These change history, or show what was: no forecast is about them and none follows.
    if (reading.flags.includes('late') || reading.flags.includes('retained')) return;
    this.#settleLeads(known, reading.t, reading.v, points);
    this.#takeForecast(known, forecast, now, points);
  }

  #takeForecast(
    known: TaggedStream,
    forecast: ForecastItem | null,
    now: number,
    points: InfluxPoint[],
  ): void {
    if (forecast !== null && this.#options.leads.length > 0) {
      this.#leads.keep(forecast, (index) => this.#boundsOf(forecast, index, 1));
    }
    if (forecast !== null && this.#fans.isDue(known.row, now)) {
      this.#writeFan(known, forecast, now, points);
    } else {
      this.#fans.passed(known.row, now);
    }
  }

  #readingPoint({ reading, interval }: StepOutcome, { tags }: TaggedStream): InfluxPoint {
    const { v: value, t: timeMs, expected, score } = reading;
    if (interval === null || interval.length === 0) {
      const fields = { value, expected, score };
      return { measurement: 'inkling_reading', tags, fields, timeMs };
    }
    const [, plan80, plan95] = this.#plans.of(interval);
    const median = expected ?? (interval[0]!.lower + interval[0]!.upper) / 2;
    const lower = (index: number): number => interval[index]!.lower;
    const upper = (index: number): number => interval[index]!.upper;
    return {
      measurement: 'inkling_reading',
      tags,
      fields: {
        value,
        expected,
        lower80: plannedBound(plan80!, median, lower),
        upper80: plannedBound(plan80!, median, upper),
        lower95: plannedBound(plan95!, median, lower),
        upper95: plannedBound(plan95!, median, upper),
        score,
      },
      timeMs,
    };
  }

  #writeFan(
    { row, tags }: TaggedStream,
    forecast: ForecastItem,
    now: number,
    points: InfluxPoint[],
  ): void {
    this.#fans.written(row, now);
    const { targets, median, issued } = forecast;
    const digits = forecastDigits(forecast);
    for (let index = 0; index < targets.length; index++) {
      const half = this.#boundsOf(forecast, index, 0);
      const most = this.#boundsOf(forecast, index, 1);
      const nearlyAll = this.#boundsOf(forecast, index, 2);
      points.push({
        measurement: 'inkling_forecast',
        tags,
        fields: {
          median: median[index],
          lower50: half.lower,
          upper50: half.upper,
          lower80: most.lower,
          upper80: most.upper,
          lower95: nearlyAll.lower,
          upper95: nearlyAll.upper,
          lead: (targets[index]! - issued) / 1000,
          issued,
        },
        timeMs: targets[index]!,
        digits,
      });
    }
  }

  /** The forecast's interval for one target; `which` of FAN_LEVELS. */
  #boundsOf({ levels, median }: ForecastItem, index: number, which: 0 | 1 | 2): Interval {
    const plan = this.#plans.of(levels)[which]!;
    // Without any configured level nothing is known but the median.
    if (plan === null) return { lower: median[index]!, upper: median[index]! };
    return {
      lower: plannedBound(plan, median[index]!, (level) => levels[level]!.lower[index]!),
      upper: plannedBound(plan, median[index]!, (level) => levels[level]!.upper[index]!),
    };
  }

  #settleLeads(
    { stream, tags }: TaggedStream,
    time: number,
    actual: number | null,
    points: InfluxPoint[],
  ): void {
    if (this.#options.leads.length === 0) return;
    for (const settled of this.#leads.settle(stream, time, actual === null)) {
      const { lead, target, median, lower, upper } = settled;
      points.push({
        measurement: 'inkling_lead',
        tags: { ...tags, lead: String(lead) },
        fields: {
          median,
          lower80: lower,
          upper80: upper,
          actual,
          // Positive when the forecast was too low.
          error: actual! - median,
        },
        timeMs: target,
      });
    }
  }

  #writeQualities(now: number, points: InfluxPoint[]): void {
    for (const row of this.#qualities.advance(this.#streams.rows, now)) {
      const known = this.#streams.at(row);
      if (known?.hasNews !== true) continue;
      known.hasNews = false;
      const quality = this.#options.quality(row);
      if (quality !== null) points.push(qualityPoint(quality, known.tags, now));
    }
  }

  #forget(stream: string): void {
    const known = this.#streams.remove(stream);
    if (known !== undefined) this.#fans.reset(known.row);
    this.#leads.forget(stream);
  }
}

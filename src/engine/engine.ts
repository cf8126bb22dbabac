import type { ForecastItem, ModelEvent, ModelItem } from '../protocol/items.ts';
import { compileRules, leadsAsked } from '../stream/stream-rule.ts';
import type { Collector } from './collector.ts';
import { type EngineCounters, type EngineOptions, zeroCounters } from './engine-options.ts';
import type { EngineEvent, WeightsEvent } from './event.ts';
import { forecastItem } from './forecast-item.ts';
import { Intake } from './intake.ts';
import { Membership } from './membership.ts';
import type { OutcomeDemand, Outcomes } from './outcome.ts';
import { Showing } from './showing.ts';
import { type MutableOutcome, Stepper } from './stepper.ts';
import { StreamTable } from './stream-table.ts';
import { Timeline } from './timeline.ts';
import type { TrainingRows } from './training/training-rows.ts';

/** Of an engine whose outcomes nobody takes. */
const nothing: OutcomeDemand = { forecast: () => false, intervals: false };

/** A stream is stale after this many of its usual times between arrivals, and never before STALE_MIN_MS. */
const STALE_GAPS = 5;
const STALE_MIN_MS = 10_000;

/**
 * The forecaster of many streams as a fold over events: `state' = apply(state, event)`.
 *
 * It has no clock, no I/O and no randomness but its seed. The same events give the same bits,
 * whether folded in one go or from a snapshot in the middle, and no forecast depends on a later
 * event. It never throws on data; broken calls (an unknown group's weights) are refused and counted.
 */
export class Engine {
  readonly options: EngineOptions;
  readonly table = new StreamTable();
  readonly membership: Membership;
  readonly counters: EngineCounters = zeroCounters();
  readonly #stepper: Stepper;
  readonly #intake: Intake;
  #training = false;
  #position = 0;

  constructor(options: EngineOptions) {
    this.options = options;
    this.membership = new Membership(this.table, options);
    this.#stepper = new Stepper({
      table: this.table,
      groups: this.membership.groups,
      counters: this.counters,
      build: (row) => this.forecast(row),
    });
    const parts = {
      table: this.table,
      membership: this.membership,
      stepper: this.#stepper,
      counters: this.counters,
    };
    this.#intake = new Intake({
      ...parts,
      timeline: new Timeline(parts),
      showing: new Showing({ ...parts, rules: options.rules }),
      rules: options.rules,
      ruleOf: compileRules(options.rules),
      streamsMax: options.limits.streams,
    });
  }

  /** Events applied so far. */
  get position(): number {
    return this.#position;
  }

  /** Applies one event. What `demand` does not name is not built. */
  apply(event: EngineEvent, demand: OutcomeDemand = nothing): Outcomes {
    this.#position += 1;
    switch (event.kind) {
      case 'readings': {
        const steps: MutableOutcome[] = [];
        const into: Collector = { steps, notices: [], created: [], demand };
        for (const reading of event.readings) this.#intake.take(reading, event.arrivedAt, into);
        this.#stepper.flush();
        return { steps, notices: into.notices, created: into.created, removed: [] };
      }
      case 'tick':
        this.#tick(event.at);
        return outcomes([], []);
      case 'weights':
        return outcomes(this.#swapWeights(event), []);
      case 'checkpoint':
        return outcomes([modelItem(event.group, { ...event, seconds: null }, 'checkpoint')], []);
      case 'remove':
        return outcomes([], this.#remove(event.stream) ? [event.stream] : []);
    }
  }

  /** Streams whose rule lets them expire and whose last reading arrived that long before `at`. */
  expired(at: number): string[] {
    const { columns, rows } = this.table;
    const ids: string[] = [];
    for (let row = 0; row < rows; row++) {
      const id = this.table.idOf(row);
      const { expireMs } = this.options.rules[columns.rule[row]];
      if (id !== null && expireMs !== null && at - columns.arrival[row] > expireMs) ids.push(id);
    }
    return ids;
  }

  /** The newest forecast of the stream in this row; null before its first. */
  forecast(row: number): ForecastItem | null {
    const stream = this.table.idOf(row);
    const { columns } = this.table;
    const group = this.membership.groups[columns.group[row] - 1];
    if (stream === null || group === undefined) return null;
    const rule = this.options.rules[columns.rule[row]];
    return forecastItem({
      stream,
      group,
      member: columns.member[row],
      origin: columns.origin[row],
      cadence: columns.cadence[row],
      stale: columns.stale[row] === 1,
      leads: leadsAsked(rule, columns.cadence[row]),
      limits: rule.limits.range,
    });
  }

  /** From now on steps of tracked streams are collected for training. */
  openTraining(): void {
    this.#training = true;
    this.#stepper.openTaps(this.options.trackedStreams);
  }

  /** What was collected for training since the last call, per group. */
  takeTrainingRows(): TrainingRows[] {
    if (!this.#training) return [];
    return this.membership.groups.flatMap((_, index) => {
      const rows = this.#stepper.tap(index)?.take() ?? null;
      return rows === null ? [] : [rows];
    });
  }

  /** Sets the position that a snapshot was taken at. */
  restorePosition(position: number): void {
    this.#position = position;
  }

  #tick(at: number): void {
    const { columns, rows } = this.table;
    for (let row = 0; row < rows; row++) {
      const usual = Math.max(STALE_MIN_MS, STALE_GAPS * (columns.arrivalGap[row] || 0));
      if (at - columns.arrival[row] > usual) columns.stale[row] = 1;
    }
  }

  #swapWeights(event: WeightsEvent): ModelItem[] {
    const index = this.membership.indexOf(event.group);
    const group = index === undefined ? undefined : this.membership.groups[index];
    const usable =
      group !== undefined &&
      event.weights.length === group.weights.length &&
      event.weights.every(Number.isFinite);
    if (!usable) {
      this.counters.weightsRefused += 1;
      return [];
    }
    group.swapWeights(event.weights, event.version, event.loss);
    return [modelItem(group.name, event, event.reason)];
  }

  #remove(id: string): boolean {
    const row = this.table.rowOf(id);
    if (row === undefined) return false;
    const { columns } = this.table;
    const index = columns.group[row] - 1;
    if (index >= 0 && this.#training) {
      const group = this.membership.groups[index];
      this.#stepper.tap(index)?.forget(group.columns.serial[columns.member[row]]);
    }
    this.membership.leave(row);
    this.table.remove(row);
    this.counters.removed += 1;
    return true;
  }
}

function modelItem(
  model: string,
  { version, loss, seconds }: { version: number; loss: number | null; seconds: number | null },
  event: ModelEvent,
): ModelItem {
  return { kind: 'model', model, version, event, loss, seconds };
}

function outcomes(notices: ModelItem[], removed: string[]): Outcomes {
  return { steps: [], notices, created: [], removed };
}

import type { AnomalyItem, ReadingFlag } from '../protocol/items.ts';
import { addToBucket, bucketValue, openBucket } from '../stream/aggregation.ts';
import { counterDelta } from '../stream/counter-delta.ts';
import { appendHistory, correctHistory } from '../stream/history.ts';
import type { Reading } from '../stream/reading.ts';
import { breaksLimits, type LimitBreak } from '../stream/reading-limits.ts';
import type { StreamRule } from '../stream/stream-rule.ts';
import type { Collector } from './collector.ts';
import type { EngineCounters } from './engine-options.ts';
import type { OneStepInterval } from './outcome.ts';
import { judgeTime } from './reading-verdict.ts';
import type { Showing } from './showing.ts';
import type { MutableOutcome, Stepper } from './stepper.ts';
import type { StreamTable } from './stream-table.ts';
import type { Timeline } from './timeline.ts';

/** A reading on its way in: its stream's row, its time, and its value after the transform. */
interface Arrival {
  readonly row: number;
  readonly time: number;
  /** NaN: missing. */
  readonly value: number;
  readonly rule: StreamRule;
}

/**
 * Takes one reading in: finds or makes its stream, judges its time, and makes it a step, a part of a
 * bucket, or a correction. Everything that is not a step is shown and counted.
 */
export class Intake {
  readonly #table: StreamTable;
  readonly #timeline: Timeline;
  readonly #stepper: Stepper;
  readonly #showing: Showing;
  readonly #rules: readonly StreamRule[];
  readonly #ruleOf: (id: string) => number;
  readonly #counters: EngineCounters;
  readonly #streamsMax: number;

  constructor(options: {
    table: StreamTable;
    timeline: Timeline;
    stepper: Stepper;
    showing: Showing;
    rules: readonly StreamRule[];
    ruleOf: (id: string) => number;
    counters: EngineCounters;
    streamsMax: number;
  }) {
    this.#table = options.table;
    this.#timeline = options.timeline;
    this.#stepper = options.stepper;
    this.#showing = options.showing;
    this.#rules = options.rules;
    this.#ruleOf = options.ruleOf;
    this.#counters = options.counters;
    this.#streamsMax = options.streamsMax;
  }

  /** Never throws on data; what cannot be used is counted. */
  take(reading: Reading, arrivedAt: number, into: Collector): void {
    const row = this.#table.rowOf(reading.stream) ?? this.#create(reading, into);
    if (row === null) return;
    const { columns } = this.#table;
    this.#counters.readings += 1;
    if (reading.unit !== null) this.#table.noteUnit(row, reading.unit);
    const newest = Math.max(finiteOr(columns.latest[row], 0), finiteOr(columns.shownTime[row], 0));
    const time = reading.time ?? Math.max(arrivedAt, newest + 1);
    this.#noteArrival(row, arrivedAt);
    const rule = this.#rules[columns.rule[row]];
    const arrival = { row, time, value: reading.value ?? Number.NaN, rule };
    if (reading.retained) {
      this.#counters.retained += 1;
      if (!(time <= columns.shownTime[row])) this.#showing.show(row, arrival, ['retained'], into);
      return;
    }
    const verdict = judgeTime(time, columns.latest[row], arrivedAt, rule.latenessMs);
    if (verdict === 'future') this.#drop(row, 'future');
    else if (verdict === 'too-late') this.#drop(row, 'tooLate');
    else if (verdict === 'step') this.#advance(this.#transformed(arrival), into);
    else this.#correct(arrival, into);
  }

  #drop(row: number, why: 'future' | 'tooLate'): void {
    this.#counters[why] += 1;
    this.#table.columns.droppedCount[row] += 1;
  }

  #create(reading: Reading, into: Collector): number | null {
    if (this.#table.count >= this.#streamsMax) {
      this.#counters.streamLimit += 1;
      return null;
    }
    const row = this.#table.add(reading.stream, reading.labels);
    this.#table.columns.rule[row] = this.#ruleOf(reading.stream);
    into.created.push(reading.stream);
    return row;
  }

  #noteArrival(row: number, arrivedAt: number): void {
    const { columns } = this.#table;
    const gap = arrivedAt - columns.arrival[row];
    if (gap > 0) {
      const usual = columns.arrivalGap[row];
      columns.arrivalGap[row] = Number.isNaN(usual) ? gap : usual + 0.2 * (gap - usual);
    }
    columns.arrival[row] = arrivedAt;
    columns.stale[row] = 0;
  }

  /** A counter's reading becomes what was added to it; other streams stay as they are. */
  #transformed(arrival: Arrival): Arrival {
    const { row, rule } = arrival;
    if (rule.transform === 'none') return arrival;
    const { columns } = this.#table;
    const { value, reset } = counterDelta(columns.counter[row], arrival.value);
    if (!Number.isNaN(arrival.value)) columns.counter[row] = arrival.value;
    if (reset) this.#counters.counterResets += 1;
    return { ...arrival, value };
  }

  /** A reading that only corrects what is known: the recurrent state has moved on. */
  #correct(arrival: Arrival, into: Collector): void {
    const { row, time, value, rule } = arrival;
    const { columns } = this.#table;
    if (rule.transform === 'delta') {
      // What a counter said in between is part of a difference that has been taken.
      const isRepeated = time === columns.latest[row] && value === columns.counter[row];
      if (isRepeated) this.#counters.duplicates += 1;
      else this.#drop(row, 'tooLate');
      return;
    }
    const effect = correctHistory(columns, row, time, value);
    if (effect === 'duplicate') {
      this.#counters.duplicates += 1;
      return;
    }
    if (effect === 'corrected') this.#counters.corrected += 1;
    else this.#counters.late += 1;
    columns.lateCount[row] += 1;
    if (time === columns.shownTime[row]) columns.shownValue[row] = value;
    this.#showing.pass(row, arrival, ['late'], into);
  }

  #advance(arrival: Arrival, into: Collector): void {
    const { row, time, value, rule } = arrival;
    const { columns } = this.#table;
    columns.latest[row] = time;
    const { keptValue, keptTime } = columns;
    const broken = breaksLimits(value, time, keptValue[row], keptTime[row], rule.limits);
    if (broken !== null) this.#counters.limitBreaks += 1;
    else if (Number.isNaN(value)) this.#counters.missing += 1;
    else {
      keptValue[row] = value;
      keptTime[row] = time;
    }
    const learnt = broken === null ? value : Number.NaN;
    if (rule.cadence === 'auto') this.#step(arrival, learnt, time, broken, into);
    else this.#aggregate(arrival, learnt, rule.cadence, broken, into);
    appendHistory(columns, row, time, value);
  }

  /** The first reading of a later bucket closes the open one, which is a step. */
  #aggregate(
    arrival: Arrival,
    learnt: number,
    cadence: number,
    broken: LimitBreak | null,
    into: Collector,
  ): void {
    const { row, time, rule } = arrival;
    const { columns } = this.#table;
    const start = Math.floor(time / cadence) * cadence;
    const open = columns.bucketStart[row];
    if (start === open) {
      addToBucket(columns, row, learnt);
      this.#show(arrival, broken, into);
      return;
    }
    const value = Number.isNaN(open) ? Number.NaN : bucketValue(columns, row, rule.aggregate);
    openBucket(columns, row, start);
    addToBucket(columns, row, learnt);
    if (Number.isNaN(open)) this.#show(arrival, broken, into);
    else this.#step(arrival, value, open, broken, into);
  }

  /** Takes the stream one step on, to `value` at `stepTime`, and shows the reading that led to it. */
  #step(
    arrival: Arrival,
    value: number,
    stepTime: number,
    broken: LimitBreak | null,
    into: Collector,
  ): void {
    const { row, rule } = arrival;
    if (!this.#timeline.hasBegun(row) && !this.#timeline.begin(row, value, stepTime)) {
      this.#show(arrival, broken, into);
      return;
    }
    const { imputed, restart } = this.#timeline.place(row, stepTime, rule);
    for (const time of imputed) {
      this.#showing.pass(row, { time, value: Number.NaN }, ['imputed'], into);
      this.#stepper.stage(row, Number.NaN, time, 1, null);
      this.#counters.imputed += 1;
    }
    if (restart) this.#timeline.restart(row);
    const outcome = this.#show(arrival, broken, into);
    const gap = this.#timeline.gap(row, stepTime);
    const taken = into.demand.forecast(row) ? outcome : null;
    this.#stepper.stage(row, value, stepTime, gap, taken);
  }

  #show(arrival: Arrival, broken: LimitBreak | null, into: Collector): MutableOutcome {
    const flags: ReadingFlag[] = broken === null ? [] : ['limit'];
    const outcome = this.#showing.show(arrival.row, arrival, flags, into);
    if (broken === null) return outcome;
    const widest = this.#showing.intervals(arrival.row).at(-1) ?? null;
    into.notices.push(limitAnomaly(outcome, broken, widest));
    return outcome;
  }
}

/** A reading that breaks a limit is an anomaly, whatever the model thinks of it. */
function limitAnomaly(
  { reading }: MutableOutcome,
  { direction, text }: LimitBreak,
  interval: OneStepInterval | null,
): AnomalyItem {
  const { stream, t, v: value, expected, score } = reading;
  const lower = interval?.lower ?? null;
  const upper = interval?.upper ?? null;
  const reasons = [text];
  return { kind: 'anomaly', stream, t, value, expected, lower, upper, score, direction, reasons };
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : value;
}

import type { AnomalyItem, ReadingFlag, ReadingItem } from '../protocol/items.ts';
import { ESTABLISHED_GAPS, missingSteps, noteGap, revisedCadence } from '../stream/cadence.ts';
import { appendHistory, correctHistory } from '../stream/history.ts';
import type { Reading } from '../stream/reading.ts';
import { breaksLimits } from '../stream/reading-limits.ts';
import { clearSeason, slotsPerDay } from '../stream/season.ts';
import type { StreamRule } from '../stream/stream-rule.ts';
import type { EngineCounters } from './engine-options.ts';
import type { Membership } from './membership.ts';
import { judgeTime } from './reading-verdict.ts';
import type { MutableOutcome, Stepper } from './stepper.ts';
import type { StreamTable } from './stream-table.ts';

/** Where one event's outcomes are collected, and whose forecasts are taken. */
export interface Collector {
  readonly steps: MutableOutcome[];
  readonly notices: AnomalyItem[];
  readonly created: string[];
  readonly wants: (row: number) => boolean;
}

/** Flags of the newest reading as bits of `shownFlags`. */
export const flagNames: readonly ReadingFlag[] = ['late', 'imputed', 'retained', 'limit'];

/**
 * Takes one reading in: finds or makes its stream, judges its time, keeps cadence, fills gaps,
 * and stages the step. Everything that is not a step is shown and counted.
 */
export class Intake {
  readonly #table: StreamTable;
  readonly #membership: Membership;
  readonly #stepper: Stepper;
  readonly #rules: readonly StreamRule[];
  readonly #ruleOf: (id: string) => number;
  readonly #counters: EngineCounters;
  readonly #streamsMax: number;

  constructor(options: {
    table: StreamTable;
    membership: Membership;
    stepper: Stepper;
    rules: readonly StreamRule[];
    ruleOf: (id: string) => number;
    counters: EngineCounters;
    streamsMax: number;
  }) {
    this.#table = options.table;
    this.#membership = options.membership;
    this.#stepper = options.stepper;
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
    const newest = Math.max(finiteOr(columns.time[row], 0), finiteOr(columns.shownTime[row], 0));
    const time = reading.time ?? Math.max(arrivedAt, newest + 1);
    this.#noteArrival(row, arrivedAt);
    if (reading.retained) {
      this.#counters.retained += 1;
      if (!(time <= columns.shownTime[row])) this.#show(row, reading, time, ['retained'], into);
      return;
    }
    const rule = this.#rules[columns.rule[row]];
    const verdict = judgeTime(time, columns.time[row], arrivedAt, rule.latenessMs);
    if (verdict === 'future') this.#counters.future += 1;
    else if (verdict === 'too-late') this.#counters.tooLate += 1;
    else if (verdict === 'step') this.#step(row, reading, time, into);
    else this.#correct(row, reading, time, into);
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

  /** A reading that only corrects what is known: the recurrent state has moved on. */
  #correct(row: number, reading: Reading, time: number, into: Collector): void {
    const effect = correctHistory(this.#table.columns, row, time, reading.value ?? Number.NaN);
    if (effect === 'duplicate') {
      this.#counters.duplicates += 1;
      return;
    }
    if (effect === 'corrected') this.#counters.corrected += 1;
    else this.#counters.late += 1;
    const { columns } = this.#table;
    if (time === columns.shownTime[row]) columns.shownValue[row] = reading.value ?? Number.NaN;
    into.steps.push({
      row,
      reading: readingItem(reading.stream, time, reading.value, ['late'], null),
      forecast: null,
    });
  }

  #step(row: number, reading: Reading, time: number, into: Collector): void {
    const { columns } = this.#table;
    const rule = this.#rules[columns.rule[row]];
    const before = columns.time[row];
    const value = reading.value ?? Number.NaN;
    if (Number.isNaN(before) || Number.isNaN(columns.origin[row])) {
      this.#begin(row, reading, time, into);
      return;
    }
    const gap = time - before;
    this.#keepCadence(row, gap, rule);
    const missing =
      columns.gapCount[row] > ESTABLISHED_GAPS ? missingSteps(gap, columns.cadence[row]) : 0;
    if (missing > 0) this.#fillGap(row, reading.stream, before, time, missing, rule, into);
    const broken = breaksLimits(value, time, columns.value[row], columns.time[row], rule.limits);
    if (broken !== null) {
      this.#counters.limitBreaks += 1;
      into.notices.push(this.#limitAnomaly(row, reading.stream, time, value, broken));
    } else if (reading.value === null) this.#counters.missing += 1;
    const outcome = this.#show(row, reading, time, broken === null ? [] : ['limit'], into);
    appendHistory(columns, row, time, value);
    const stepGap = (time - columns.time[row]) / columns.cadence[row];
    const learnt = broken === null ? value : Number.NaN;
    this.#stepper.stage(row, learnt, time, stepGap, into.wants(row) ? outcome : null);
  }

  /** The first reading: there is nothing to compare it with yet. */
  #begin(row: number, reading: Reading, time: number, into: Collector): void {
    const { columns } = this.#table;
    const value = reading.value ?? Number.NaN;
    const { limits } = this.#rules[columns.rule[row]];
    const broken = breaksLimits(value, time, Number.NaN, Number.NaN, limits);
    if (broken === null) {
      columns.value[row] = value;
      columns.origin[row] = value;
      if (reading.value === null) this.#counters.missing += 1;
    } else {
      this.#counters.limitBreaks += 1;
      into.notices.push(this.#limitAnomaly(row, reading.stream, time, value, broken));
    }
    columns.time[row] = time;
    this.#show(row, reading, time, broken === null ? [] : ['limit'], into);
    appendHistory(columns, row, time, value);
  }

  #keepCadence(row: number, gap: number, rule: StreamRule): void {
    const { columns } = this.#table;
    const before = columns.cadence[row];
    noteGap(columns.gaps, columns.gapCount, row, gap);
    const cadence =
      rule.cadence === 'auto'
        ? revisedCadence(columns.gaps, columns.gapCount, row, before)
        : rule.cadence;
    if (cadence !== before) {
      columns.cadence[row] = cadence;
      if (!Number.isNaN(before)) this.#changeCadence(row, before, cadence);
    }
    this.#membership.assign(row);
  }

  /** Steps mean another time now: what was learnt about the old ones does not hold. */
  #changeCadence(row: number, before: number, cadence: number): void {
    const { columns } = this.#table;
    if (slotsPerDay(before) !== slotsPerDay(cadence)) clearSeason(columns, row);
    if (columns.gapCount[row] <= ESTABLISHED_GAPS) return;
    this.#counters.cadenceChanges += 1;
    this.#stepper.flush();
    const group = this.#membership.groups[columns.group[row] - 1];
    group?.restartState(columns.member[row]);
  }

  /** Inserts the missing steps, at most `maxGapSteps`; a longer gap starts the state anew. */
  #fillGap(
    row: number,
    stream: string,
    from: number,
    to: number,
    missing: number,
    rule: StreamRule,
    into: Collector,
  ): void {
    const { columns } = this.#table;
    const inserted = Math.min(missing, rule.maxGapSteps);
    const distance = (to - from) / (missing + 1);
    for (let i = 1; i <= inserted; i++) {
      const time = Math.round(from + i * distance);
      const expected = this.#expected(row);
      into.steps.push({
        row,
        reading: readingItem(stream, time, null, ['imputed'], expected),
        forecast: null,
      });
      this.#stepper.stage(row, Number.NaN, time, 1, null);
      this.#counters.imputed += 1;
    }
    if (missing > rule.maxGapSteps) {
      this.#stepper.flush();
      this.#membership.groups[columns.group[row] - 1].restartState(columns.member[row]);
      this.#counters.gapRestarts += 1;
    }
  }

  /** Shows a reading: it becomes the stream's newest, and an outcome. */
  #show(
    row: number,
    reading: Reading,
    time: number,
    flags: ReadingFlag[],
    into: Collector,
  ): MutableOutcome {
    const { columns } = this.#table;
    const expected = flags.includes('retained') ? null : this.#expected(row);
    columns.shownTime[row] = time;
    columns.shownValue[row] = reading.value ?? Number.NaN;
    columns.shownExpected[row] = expected ?? Number.NaN;
    columns.shownFlags[row] = flags.reduce(
      (bits, flag) => bits | (1 << flagNames.indexOf(flag)),
      0,
    );
    const outcome: MutableOutcome = {
      row,
      reading: readingItem(reading.stream, time, reading.value, flags, expected),
      forecast: null,
    };
    into.steps.push(outcome);
    return outcome;
  }

  /** Median of the one-step forecast issued before; flushes first, so that it has been issued. */
  #expected(row: number): number | null {
    const { columns } = this.#table;
    const index = columns.group[row] - 1;
    if (index < 0) return null;
    this.#stepper.settle(row);
    const group = this.#membership.groups[index];
    const member = columns.member[row];
    if (Number.isNaN(group.columns.issued[member])) return null;
    return columns.origin[row] + group.columns.median[member * group.layout.leads.horizon];
  }

  #limitAnomaly(
    row: number,
    stream: string,
    t: number,
    value: number,
    reason: { direction: 'up' | 'down'; text: string },
  ): AnomalyItem {
    return {
      kind: 'anomaly',
      stream,
      t,
      value,
      expected: this.#expected(row),
      lower: null,
      upper: null,
      score: null,
      direction: reason.direction,
      reasons: [reason.text],
    };
  }
}

function readingItem(
  stream: string,
  t: number,
  v: number | null,
  flags: ReadingFlag[],
  expected: number | null,
): ReadingItem {
  return { kind: 'reading', stream, t, v, flags, expected, score: null };
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : value;
}

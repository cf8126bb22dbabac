import { ESTABLISHED_GAPS, missingSteps, noteGap, revisedCadence } from '../stream/cadence.ts';
import { clearSeason, slotsPerDay } from '../stream/season.ts';
import type { StreamRule } from '../stream/stream-rule.ts';
import type { EngineCounters } from './engine-options.ts';
import type { Membership } from './membership.ts';
import type { Stepper } from './stepper.ts';
import type { StreamTable } from './stream-table.ts';

/** Where a step stands: what a gap before it calls for. */
export interface StepPlace {
  /** Times of the missing steps to insert before it. */
  readonly imputed: readonly number[];
  /** The gap is longer than the rule allows: the state starts anew before the step. */
  readonly restart: boolean;
}

const NO_GAP: StepPlace = { imputed: [], restart: false };

/** A stream's steps in time: keeps its cadence, finds the gaps, and moves it between model groups. */
export class Timeline {
  readonly #table: StreamTable;
  readonly #membership: Membership;
  readonly #stepper: Stepper;
  readonly #counters: EngineCounters;

  constructor(options: {
    table: StreamTable;
    membership: Membership;
    stepper: Stepper;
    counters: EngineCounters;
  }) {
    this.#table = options.table;
    this.#membership = options.membership;
    this.#stepper = options.stepper;
    this.#counters = options.counters;
  }

  /** Whether the stream has had a value to compare with. */
  hasBegun(row: number): boolean {
    return !Number.isNaN(this.#table.columns.origin[row]);
  }

  /**
   * The first value (NaN: still none). True when a reading without one came before: their gap is
   * known, and the value is a step already.
   */
  begin(row: number, value: number, time: number): boolean {
    const { columns } = this.#table;
    const isStep = !Number.isNaN(value) && !Number.isNaN(columns.time[row]);
    if (!isStep) columns.time[row] = time;
    columns.value[row] = value;
    columns.origin[row] = value;
    return isStep;
  }

  /** Notes the time of the next step and says what has to happen before it. */
  place(row: number, time: number, rule: StreamRule): StepPlace {
    const { columns } = this.#table;
    const before = columns.time[row];
    this.#keepCadence(row, time - before, rule);
    const established = rule.cadence !== 'auto' || columns.gapCount[row] > ESTABLISHED_GAPS;
    const missing = established ? missingSteps(time - before, columns.cadence[row]) : 0;
    if (missing === 0) return NO_GAP;
    const distance = (time - before) / (missing + 1);
    const imputed = Array.from({ length: Math.min(missing, rule.maxGapSteps) }, (_, i) =>
      Math.round(before + (i + 1) * distance),
    );
    return { imputed, restart: missing > rule.maxGapSteps };
  }

  /** Gap between the newest step and `time`, in cadences. */
  gap(row: number, time: number): number {
    const { columns } = this.#table;
    return (time - columns.time[row]) / columns.cadence[row];
  }

  /** h and c start at zero: what they hold is from before a long gap. */
  restart(row: number): void {
    this.#restartState(row);
    this.#counters.gapRestarts += 1;
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
    this.#restartState(row);
  }

  #restartState(row: number): void {
    const { columns } = this.#table;
    this.#stepper.settle(row);
    const group = this.#membership.groups[columns.group[row] - 1];
    group?.restartState(columns.member[row]);
  }
}

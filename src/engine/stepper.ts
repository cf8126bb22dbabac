import { updateScaler } from '../numerics/running-scaler.ts';
import type { ForecastItem, ReadingItem } from '../protocol/items.ts';
import { issueForecast, keepPending } from '../stream/issuing.ts';
import { INPUTS, type StepView, writeInputs } from '../stream/recurrent-inputs.ts';
import { scoreDue } from '../stream/scoring.ts';
import { noteInSeason, seasonalValue, slotsPerDay } from '../stream/season.ts';
import { reviewTrust } from '../stream/trust.ts';
import type { EngineCounters } from './engine-options.ts';
import { type ModelGroup, STAGE_MAX } from './model-group.ts';
import type { StepOutcome } from './outcome.ts';
import type { StreamTable } from './stream-table.ts';
import { TrainingTap } from './training-tap.ts';

/**
 * Takes streams one step on, in three phases so that the kernel sees many streams at once:
 *
 *   stage   score the forecasts whose target this is, learn scale and season, write the inputs
 *   kernel  one recurrent step for everything staged
 *   issue   the forecast that follows, and the outcome's forecast item where somebody takes it
 *
 * A stream is staged at most once; a further step of it flushes its group first. The bits of a
 * stream do not depend on what else is staged.
 */

/** Older scales fade with this many readings, or two days of them where that is more. */
const SCALE_MEMORY = 500;

interface StagedStep {
  row: number;
  value: number;
  time: number;
  tracked: boolean;
  /** Its forecast is filled in after the kernel; null: nobody takes it. */
  outcome: MutableOutcome | null;
}

export interface MutableOutcome extends StepOutcome {
  forecast: ForecastItem | null;
  readonly reading: ReadingItem;
}

export class Stepper {
  readonly #table: StreamTable;
  readonly #groups: readonly ModelGroup[];
  readonly #counters: EngineCounters;
  readonly #build: (row: number) => ForecastItem | null;
  readonly #staged: StagedStep[][] = [];
  readonly #taps: TrainingTap[] = [];
  #tapSlots = 0;
  /** Stage number + 1 of each stream row; 0: not staged. */
  #stageOf = new Uint32Array(64);
  readonly #view: StepView = {
    time: 0,
    y: 0,
    mean: 0,
    deviation: 0,
    difference: 0,
    differenceDeviation: 0,
    seasonalFirst: Number.NaN,
    seasonalMiddle: Number.NaN,
    seasonalLast: Number.NaN,
    missing: false,
    gap: 1,
  };

  constructor(options: {
    table: StreamTable;
    /** Shared with the owner, who may append. */
    groups: readonly ModelGroup[];
    counters: EngineCounters;
    build: (row: number) => ForecastItem | null;
  }) {
    this.#table = options.table;
    this.#groups = options.groups;
    this.#counters = options.counters;
    this.#build = options.build;
  }

  /** From now on the steps of up to `slots` streams of each group are copied for training. */
  openTaps(slots: number): void {
    this.#tapSlots = slots;
  }

  /** The tap of a group, made when first asked for; undefined while taps are closed. */
  tap(index: number): TrainingTap | undefined {
    if (this.#tapSlots === 0) return undefined;
    let tap = this.#taps[index];
    if (tap === undefined) {
      tap = new TrainingTap(this.#groups[index], this.#tapSlots);
      this.#taps[index] = tap;
    }
    return tap;
  }

  /**
   * Stages one step. `value` is NaN when missing; `gap` is the time since the step before in
   * cadences. The stream must have a cadence and a group.
   */
  stage(
    row: number,
    value: number,
    time: number,
    gap: number,
    outcome: MutableOutcome | null,
  ): void {
    const { columns } = this.#table;
    const index = columns.group[row] - 1;
    const group = this.#groups[index];
    this.settle(row);
    if (group.staged === STAGE_MAX) this.#flushGroup(index);
    const member = columns.member[row];
    group.columns.step[member] += 1;
    const step = group.columns.step[member];
    const stage = group.staged;
    this.#observe(row, group, member, step, value, time, gap, stage);
    const tap = this.tap(index);
    const tracked = tap?.tracks(member) ?? false;
    if (tracked) tap?.noteState(member, step);
    group.stagedMembers[stage] = member;
    group.staged += 1;
    this.#noteStage(row, stage + 1);
    this.#staged[index] ??= [];
    this.#staged[index].push({ row, value, time, tracked, outcome });
    this.#counters.steps += 1;
  }

  /** Makes sure that the forecast after the stream's newest step is issued. */
  settle(row: number): void {
    if (row < this.#stageOf.length && this.#stageOf[row] !== 0) {
      this.#flushGroup(this.#table.columns.group[row] - 1);
    }
  }

  /** Runs the kernels for everything staged and issues the forecasts. */
  flush(): void {
    for (let index = 0; index < this.#groups.length; index++) this.#flushGroup(index);
  }

  #noteStage(row: number, stage: number): void {
    if (row >= this.#stageOf.length) {
      const bigger = new Uint32Array(Math.max(row + 1, this.#stageOf.length * 2));
      bigger.set(this.#stageOf);
      this.#stageOf = bigger;
    }
    this.#stageOf[row] = stage;
  }

  /** Scores, learns scale and season, and writes the inputs of the step. */
  #observe(
    row: number,
    group: ModelGroup,
    member: number,
    step: number,
    value: number,
    time: number,
    gap: number,
    stage: number,
  ): void {
    const { columns } = this.#table;
    const slots = slotsPerDay(columns.cadence[row]);
    const view = this.#view;
    const before = columns.value[row] - columns.origin[row];
    view.missing = Number.isNaN(value);
    view.y = view.missing ? before : value - columns.origin[row];
    view.difference = view.y - before;
    if (!view.missing) {
      scoreDue(group.columns, group.layout, member, step, view.y);
      reviewTrust(group.columns, group.layout, member, group.version > 0);
      this.#learnScale(row, view.y, view.difference, slots);
      noteInSeason(columns, row, time, view.y, slots);
      columns.value[row] = value;
    }
    columns.time[row] = time;
    const { horizon } = group.layout.leads;
    const cadence = columns.cadence[row];
    view.time = time;
    view.mean = columns.mean[row];
    view.deviation = Math.sqrt(columns.variance[row]);
    view.differenceDeviation = Math.sqrt(columns.differenceSquare[row]);
    view.seasonalFirst = seasonalValue(columns, row, time + cadence, slots);
    view.seasonalMiddle = seasonalValue(columns, row, time + ((horizon + 1) >> 1) * cadence, slots);
    view.seasonalLast = seasonalValue(columns, row, time + horizon * cadence, slots);
    view.gap = gap;
    writeInputs(view, group.x, stage * INPUTS);
  }

  #learnScale(row: number, y: number, difference: number, slots: number): void {
    const { columns } = this.#table;
    updateScaler(columns, row, y, Math.max(SCALE_MEMORY, 2 * slots));
    const n = Math.min(columns.differenceCount[row] + 1, SCALE_MEMORY);
    columns.differenceCount[row] = n;
    columns.differenceSquare[row] += (difference * difference - columns.differenceSquare[row]) / n;
  }

  #flushGroup(index: number): void {
    const group = this.#groups[index];
    if (group.staged === 0) return;
    group.kernel.step(group.stagedMembers, group.staged, group.x, group.y);
    const staged = this.#staged[index];
    for (let stage = 0; stage < staged.length; stage++) this.#issue(index, staged[stage], stage);
    staged.length = 0;
    group.staged = 0;
  }

  #issue(index: number, staged: StagedStep, stage: number): void {
    const group = this.#groups[index];
    const { columns } = this.#table;
    const { row, value, time } = staged;
    const member = group.stagedMembers[stage];
    this.#stageOf[row] = 0;
    const { horizon } = group.layout.leads;
    const cadence = columns.cadence[row];
    const slots = slotsPerDay(cadence);
    const y = columns.value[row] - columns.origin[row];
    const { seasonal } = group.scratch;
    for (let i = 0; i < horizon; i++) {
      const day = seasonalValue(columns, row, time + (i + 1) * cadence, slots);
      seasonal[i] = Number.isNaN(day) ? y : day;
    }
    const deviation = Math.sqrt(columns.differenceSquare[row]);
    const at = stage * horizon;
    const finite = issueForecast(
      group.columns,
      group.layout,
      member,
      y,
      deviation,
      group.y,
      at,
      group.scratch,
    );
    const step = group.columns.step[member];
    group.columns.issued[member] = time;
    if (!Number.isNaN(value)) {
      keepPending(group.columns, group.layout, member, step, y, group.y, at, group.scratch);
    }
    if (staged.tracked) {
      this.#taps[index]?.noteStep(member, step, value - columns.origin[row], y, stage);
    }
    if (!finite) {
      group.restartState(member);
      this.#counters.stateRestarts += 1;
    }
    if (staged.outcome !== null) staged.outcome.forecast = this.#build(row);
  }
}

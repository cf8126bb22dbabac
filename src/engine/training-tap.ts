import type { ModelGroup } from './model-group.ts';
import {
  ROW_BASE,
  ROW_INPUTS,
  ROW_MEMBER,
  ROW_STEP,
  ROW_VALUE,
  rowWidth,
  STATE_EVERY_STEPS,
  type TrainingRows,
} from './training/training-rows.ts';

/**
 * Copies the steps of some streams of a group for training. At most `slots` streams are tracked at
 * a time; where there are more, each keeps its slot for TURN_STEPS steps and hands it on, so
 * that in time all are learnt from. The tap reads the engine's state and never changes it.
 */

const TURN_STEPS = 1_024;
/** Rows collected before they are handed over, at most; older ones are dropped and counted. */
const ROWS_MAX = 4_096;

export class TrainingTap {
  readonly #group: ModelGroup;
  readonly #slots: number;
  /** Serial of a tracked member → steps left in its turn. */
  readonly #tracked = new Map<number, number>();
  readonly #width: number;
  readonly #stateWidth: number;
  #rows: Float64Array;
  #count = 0;
  #stateAt: Float64Array;
  #states: Float32Array;
  #stateCount = 0;
  /** Rows that found no room. */
  dropped = 0;

  constructor(group: ModelGroup, slots: number) {
    this.#group = group;
    this.#slots = slots;
    this.#width = rowWidth(group.shape);
    this.#stateWidth = 2 * group.shape.hidden * group.shape.layers;
    this.#rows = new Float64Array(64 * this.#width);
    this.#stateAt = new Float64Array(2 * 16);
    this.#states = new Float32Array(16 * this.#stateWidth);
  }

  /** Whether this member's steps are taken; gives it a free slot. */
  tracks(member: number): boolean {
    const serial = this.#group.columns.serial[member];
    if (this.#tracked.has(serial)) return true;
    if (this.#tracked.size >= this.#slots) return false;
    this.#tracked.set(serial, TURN_STEPS);
    return true;
  }

  /** Notes h and c before the member's step, where one is due. */
  noteState(member: number, step: number): void {
    if (step % STATE_EVERY_STEPS !== 0 || this.#stateCount >= ROWS_MAX / STATE_EVERY_STEPS) return;
    const { kernel, columns } = this.#group;
    const half = this.#stateWidth / 2;
    if ((this.#stateCount + 1) * this.#stateWidth > this.#states.length) this.#growStates();
    this.#stateAt[2 * this.#stateCount] = columns.serial[member];
    this.#stateAt[2 * this.#stateCount + 1] = step;
    const at = this.#stateCount * this.#stateWidth;
    this.#states.set(kernel.h.subarray(member * half, (member + 1) * half), at);
    this.#states.set(kernel.c.subarray(member * half, (member + 1) * half), at + half);
    this.#stateCount += 1;
  }

  /** Notes a step after its forecast: staged at `stage` in the group's x and y, scales in its scratch. */
  noteStep(member: number, step: number, value: number, base: number, stage: number): void {
    const serial = this.#group.columns.serial[member];
    this.#endTurn(serial);
    if (this.#count >= ROWS_MAX) {
      this.dropped += 1;
      return;
    }
    if ((this.#count + 1) * this.#width > this.#rows.length) {
      const bigger = new Float64Array(this.#rows.length * 2);
      bigger.set(this.#rows);
      this.#rows = bigger;
    }
    const { shape, x, y, scratch } = this.#group;
    const at = this.#count * this.#width;
    const rows = this.#rows;
    rows[at + ROW_MEMBER] = serial;
    rows[at + ROW_STEP] = step;
    rows[at + ROW_VALUE] = value;
    rows[at + ROW_BASE] = base;
    const { inputs, outputs } = shape;
    const scaleAt = at + ROW_INPUTS + inputs;
    for (let i = 0; i < inputs; i++) rows[at + ROW_INPUTS + i] = x[stage * inputs + i];
    for (let i = 0; i < outputs; i++) {
      rows[scaleAt + i] = scratch.scale[i];
      rows[scaleAt + outputs + i] = y[stage * outputs + i];
    }
    this.#count += 1;
  }

  /** Hands over what was collected; null when there is nothing. The arrays belong to the caller. */
  take(): TrainingRows | null {
    if (this.#count === 0) return null;
    const rows: TrainingRows = {
      group: this.#group.name,
      shape: this.#group.shape,
      version: this.#group.version,
      count: this.#count,
      rows: this.#rows.slice(0, this.#count * this.#width),
      stateCount: this.#stateCount,
      stateAt: this.#stateAt.slice(0, 2 * this.#stateCount),
      states: this.#states.slice(0, this.#stateCount * this.#stateWidth),
    };
    this.#count = 0;
    this.#stateCount = 0;
    return rows;
  }

  /** Frees the slot of a member that left its group. */
  forget(serial: number): void {
    this.#tracked.delete(serial);
  }

  /** Rows waiting to be taken. */
  get waiting(): number {
    return this.#count;
  }

  /** Counts down the member's turn; when it is over and others wait, the slot is free for the next. */
  #endTurn(serial: number): void {
    const left = (this.#tracked.get(serial) ?? 0) - 1;
    if (left <= 0 && this.#group.count > this.#slots) this.#tracked.delete(serial);
    else this.#tracked.set(serial, Math.max(left, 0));
  }

  #growStates(): void {
    const states = new Float32Array(this.#states.length * 2);
    states.set(this.#states);
    this.#states = states;
    const stateAt = new Float64Array(this.#stateAt.length * 2);
    stateAt.set(this.#stateAt);
    this.#stateAt = stateAt;
  }
}

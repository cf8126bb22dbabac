import type { NetworkShape } from '../../numerics/recurrent-kernel.ts';
import {
  ROW_BASE,
  ROW_INPUTS,
  ROW_MEMBER,
  ROW_STEP,
  ROW_VALUE,
  rowWidth,
  STATE_EVERY_STEPS,
  type TrainingRows,
} from './training-rows.ts';

/**
 * The newest steps of the tracked members of one group. A member lives in a slot; a slot is one
 * ring of C steps, step s at place s mod C, and one ring of the states that were handed over with
 * every eighth step:
 *
 *   slot   member · lastStep · run (serial number of the unbroken run) · runSteps (its length)
 *     steps  (C)  value · base · inputs (X) · scales (O) · live outputs (O)
 *     states (R)  step · h, c (2·L·H)
 *
 * C holds one window and the O steps after it, so a window can be cut once all of its targets are
 * known. A jump or a fall of the step number starts a new run: nothing reaches across it.
 *
 * Everything is allocated at once: slots · (C · (16 + 4X + 8·O) + R · (8 + 8·L·H)) bytes, that is
 * 2.0 MB for 64 slots at X = 13, O = 24, H = 64 and windows of 64. A member beyond the slots takes
 * over the slot that has been silent longest, or is refused (and counted) while all are busy.
 */
export class StepHistory {
  readonly shape: NetworkShape;
  readonly slots: number;
  /** C */
  readonly capacity: number;
  /** (slots) number of the member, −1 when free. */
  readonly member: Float64Array;
  /** (slots) */
  readonly lastStep: Float64Array;
  /** (slots) */
  readonly run: Float64Array;
  /** (slots) */
  readonly runSteps: Float64Array;
  /** (slots, C, X) */
  readonly inputs: Float32Array;
  /** (slots, C, O) */
  readonly outputs: Float32Array;
  readonly #seenAt: Float64Array;
  readonly #values: Float64Array;
  readonly #bases: Float64Array;
  readonly #scales: Float32Array;
  readonly #stateRing: number;
  readonly #stateSteps: Float64Array;
  readonly #states: Float32Array;
  /** accepted, refused, runs begun */
  readonly #counters: Float64Array;
  readonly #slotOfMember: Map<number, number>;

  constructor(shape: NetworkShape, slots: number, windowSteps: number) {
    const capacity =
      Math.ceil((windowSteps + shape.outputs) / STATE_EVERY_STEPS + 1) * STATE_EVERY_STEPS;
    const stateWidth = 2 * shape.layers * shape.hidden;
    this.shape = shape;
    this.slots = slots;
    this.capacity = capacity;
    this.member = new Float64Array(slots).fill(-1);
    this.lastStep = new Float64Array(slots);
    this.run = new Float64Array(slots).fill(-1);
    this.runSteps = new Float64Array(slots);
    this.inputs = new Float32Array(slots * capacity * shape.inputs);
    this.outputs = new Float32Array(slots * capacity * shape.outputs);
    this.#seenAt = new Float64Array(slots);
    this.#values = new Float64Array(slots * capacity);
    this.#bases = new Float64Array(slots * capacity);
    this.#scales = new Float32Array(slots * capacity * shape.outputs);
    this.#stateRing = capacity / STATE_EVERY_STEPS;
    this.#stateSteps = new Float64Array(slots * this.#stateRing).fill(-1);
    this.#states = new Float32Array(slots * this.#stateRing * stateWidth);
    this.#counters = new Float64Array(3);
    this.#slotOfMember = new Map();
  }

  /** Steps taken in since the beginning. */
  get acceptedSteps(): number {
    return this.#counters[0];
  }

  /** Rows that were not taken: an input that is no usable number, or no slot free. */
  get refusedRows(): number {
    return this.#counters[1];
  }

  /** Members of which a row came lately, compared with the others. */
  activeMembers(): number {
    let count = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.member[slot] >= 0 && !this.#isSilent(slot)) count++;
    }
    return count;
  }

  /**
   * Takes one row in and returns its slot, or −1 when it is refused. A missing value, base or
   * scale is kept as it is and yields no target; an unusable input ends the member's run, since
   * the state after it is worth nothing.
   */
  accept(rows: TrainingRows, index: number): number {
    const at = index * rowWidth(this.shape);
    const memberNumber = rows.rows[at + ROW_MEMBER];
    const step = rows.rows[at + ROW_STEP];
    if (!Number.isSafeInteger(step) || step < 0 || !this.#inputsUsable(rows.rows, at)) {
      return this.#refuse(memberNumber);
    }
    const slot = this.#slotFor(memberNumber);
    if (slot < 0) return this.#refuse(memberNumber);
    if (this.runSteps[slot] === 0 || step !== this.lastStep[slot] + 1) this.#beginRun(slot);
    this.lastStep[slot] = step;
    this.runSteps[slot]++;
    this.#counters[0]++;
    this.#seenAt[slot] = this.#counters[0];
    this.#store(rows.rows, at, this.place(slot, step));
    return slot;
  }

  /** Keeps the state that the member stood in before `step`, which must be its newest. */
  acceptState(slot: number, step: number, rows: TrainingRows, index: number): void {
    const width = 2 * this.shape.layers * this.shape.hidden;
    const place = this.#statePlace(slot, step);
    const state = rows.states.subarray(index * width, (index + 1) * width);
    if (!state.every(Number.isFinite)) return;
    this.#stateSteps[place] = step;
    this.#states.set(state, place * width);
  }

  /** Index of a step among all steps: multiply by X or O to find its inputs or outputs. */
  place(slot: number, step: number): number {
    return slot * this.capacity + (step % this.capacity);
  }

  /** The oldest step of the newest run that is still here. */
  firstStep(slot: number): number {
    return this.lastStep[slot] + 1 - Math.min(this.runSteps[slot], this.capacity);
  }

  /** (2·L·H) h then c before `step`, a view; null when none was handed over. */
  stateBefore(slot: number, step: number): Float32Array | null {
    if (step % STATE_EVERY_STEPS !== 0) return null;
    const width = 2 * this.shape.layers * this.shape.hidden;
    const place = this.#statePlace(slot, step);
    if (this.#stateSteps[place] !== step) return null;
    return this.#states.subarray(place * width, (place + 1) * width);
  }

  /**
   * (y_{s+h} − base_s) / scale_{s,h}, unclipped, for h of 1..O; NaN where one of the three is
   * missing or the scale is not positive. Both steps must still be here.
   */
  target(slot: number, step: number, h: number): number {
    const place = this.place(slot, step);
    const scale = this.#scales[place * this.shape.outputs + h - 1];
    if (!(scale > 0) || scale === Infinity) return Number.NaN;
    const target = (this.#values[this.place(slot, step + h)] - this.#bases[place]) / scale;
    return Number.isFinite(target) ? target : Number.NaN;
  }

  /** Every array that together are the state, in a fixed order; sizes follow from the shape. */
  arrays(): readonly (Float32Array | Float64Array)[] {
    return [
      this.#counters,
      this.member,
      this.lastStep,
      this.run,
      this.runSteps,
      this.#seenAt,
      this.#values,
      this.#bases,
      this.#scales,
      this.inputs,
      this.outputs,
      this.#stateSteps,
      this.#states,
    ];
  }

  /** Must be called after the arrays were overwritten. */
  restored(): void {
    this.#slotOfMember.clear();
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.member[slot] >= 0) this.#slotOfMember.set(this.member[slot], slot);
    }
  }

  #inputsUsable(rows: Float64Array, at: number): boolean {
    for (let k = 0; k < this.shape.inputs; k++) {
      if (!(Math.abs(rows[at + ROW_INPUTS + k]) <= INPUT_MAX)) return false;
    }
    return true;
  }

  #refuse(memberNumber: number): number {
    this.#counters[1]++;
    const slot = this.#slotOfMember.get(memberNumber);
    if (slot !== undefined) this.runSteps[slot] = 0;
    return -1;
  }

  #slotFor(memberNumber: number): number {
    const known = this.#slotOfMember.get(memberNumber);
    if (known !== undefined) return known;
    if (!Number.isSafeInteger(memberNumber) || memberNumber < 0) return -1;
    let oldest = 0;
    for (let slot = 1; slot < this.slots; slot++) {
      if (this.#seenAt[slot] < this.#seenAt[oldest]) oldest = slot;
    }
    const taken = this.member[oldest] >= 0;
    // Members beyond the slots must not push each other out in turn: nobody would ever fill a window.
    if (taken && !this.#isSilent(oldest)) return -1;
    this.#slotOfMember.delete(this.member[oldest]);
    this.#slotOfMember.set(memberNumber, oldest);
    this.member[oldest] = memberNumber;
    this.runSteps[oldest] = 0;
    return oldest;
  }

  #isSilent(slot: number): boolean {
    return this.#counters[0] - this.#seenAt[slot] >= SILENT_ROUNDS * this.slots;
  }

  #beginRun(slot: number): void {
    const from = slot * this.#stateRing;
    this.#stateSteps.fill(-1, from, from + this.#stateRing);
    this.runSteps[slot] = 0;
    this.run[slot] = this.#counters[2]++;
  }

  #store(rows: Float64Array, at: number, place: number): void {
    const { inputs, outputs } = this.shape;
    const scales = at + ROW_INPUTS + inputs;
    this.#values[place] = rows[at + ROW_VALUE];
    this.#bases[place] = rows[at + ROW_BASE];
    for (let k = 0; k < inputs; k++) {
      this.inputs[place * inputs + k] = rows[at + ROW_INPUTS + k];
    }
    for (let k = 0; k < outputs; k++) {
      this.#scales[place * outputs + k] = rows[scales + k];
      this.outputs[place * outputs + k] = rows[scales + outputs + k];
    }
  }

  #statePlace(slot: number, step: number): number {
    return slot * this.#stateRing + ((step / STATE_EVERY_STEPS) % this.#stateRing);
  }
}

/** Inputs are standardised and clipped far inside of this; beyond it something is broken. */
const INPUT_MAX = 1000;
/** A slot can be taken over after as many rows of the others for each slot. */
const SILENT_ROUNDS = 16;

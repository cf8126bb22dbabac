import { huber } from '../../numerics/losses.ts';
import type { Random } from '../../numerics/random.ts';
import type { NetworkShape, TrainingBatch } from '../../numerics/recurrent-kernel.ts';
import type { ReplayReservoir } from './replay-reservoir.ts';
import type { StepHistory } from './step-history.ts';
import { STATE_EVERY_STEPS, TARGET_MAX } from './training-rows.ts';

/** Steps whose values may be targets: after < step ≤ upTo. */
export interface TargetRange {
  readonly after: number;
  readonly upTo: number;
}

export const EVERY_TARGET: TargetRange = { after: -1, upTo: Number.POSITIVE_INFINITY };

/**
 * The arrays of one training batch, allocated for the largest number of windows and filled anew for
 * each update. Targets are clipped to ±TARGET_MAX, horizon h weighs h^−½; a target that is missing,
 * has not happened yet or is out of range weighs 0, and so does the padding of a window shorter
 * than T.
 */
export class WindowBatch {
  readonly windowsMax: number;
  /** T */
  readonly steps: number;
  readonly #shape: NetworkShape;
  readonly #horizonWeight: Float32Array;
  readonly #x: Float32Array;
  readonly #h0: Float32Array;
  readonly #c0: Float32Array;
  readonly #target: Float32Array;
  readonly #weight: Float32Array;
  #windows: number;
  #filled: number;

  constructor(shape: NetworkShape, windowsMax: number, steps: number) {
    const cells = shape.layers * shape.hidden;
    this.windowsMax = windowsMax;
    this.steps = steps;
    this.#shape = shape;
    this.#horizonWeight = Float32Array.from({ length: shape.outputs }, (_, k) => (k + 1) ** -0.5);
    this.#x = new Float32Array(steps * windowsMax * shape.inputs);
    this.#h0 = new Float32Array(windowsMax * cells);
    this.#c0 = new Float32Array(windowsMax * cells);
    this.#target = new Float32Array(steps * windowsMax * shape.outputs);
    this.#weight = new Float32Array(steps * windowsMax * shape.outputs);
    this.#windows = 0;
    this.#filled = 0;
  }

  /** Empties the batch and lays it out for this many windows. */
  begin(windows: number): void {
    if (windows < 1 || windows > this.windowsMax) throw new RangeError(`${windows} windows`);
    this.#windows = windows;
    this.#filled = 0;
    this.#x.fill(0);
    this.#h0.fill(0);
    this.#c0.fill(0);
    this.#target.fill(0);
    this.#weight.fill(0);
  }

  /** Windows added since `begin`. */
  get filled(): number {
    return this.#filled;
  }

  /**
   * Adds the newest window of a slot: up to T steps from the oldest stored state among them.
   * Returns whether it has any target; without one it is not added.
   */
  addNewest(history: StepHistory, slot: number, range: TargetRange): boolean {
    const start = newestWindowStart(history, slot, this.steps);
    if (start < 0) return false;
    const { inputs: X, outputs: O } = this.#shape;
    const last = history.lastStep[slot];
    let targets = 0;
    for (let step = start; step <= last; step++) {
      const t = step - start;
      const from = history.place(slot, step) * X;
      this.#x.set(history.inputs.subarray(from, from + X), this.#row(t) * X);
      for (let h = 1; h <= O && step + h <= last; h++) {
        if (step + h <= range.after || step + h > range.upTo) continue;
        targets += this.#putTarget(t, h, history.target(slot, step, h));
      }
    }
    return this.#finish(targets, history.stateBefore(slot, start) as Float32Array);
  }

  /** Adds a window of the reservoir; returns whether it has any target, without one it is not added. */
  addReplay(reservoir: ReplayReservoir, place: number, range: TargetRange): boolean {
    const { inputs: X, outputs: O, hidden, layers } = this.#shape;
    const { firstStep, inputs, targets: kept, states } = reservoir.places;
    const first = firstStep[place];
    let targets = 0;
    for (let t = 0; t < this.steps; t++) {
      const from = place * this.steps + t;
      this.#x.set(inputs.subarray(from * X, (from + 1) * X), this.#row(t) * X);
      for (let h = 1; h <= O; h++) {
        const step = first + t + h;
        if (step <= range.after || step > range.upTo) continue;
        targets += this.#putTarget(t, h, kept[from * O + h - 1]);
      }
    }
    const width = 2 * layers * hidden;
    return this.#finish(targets, states.subarray(place * width, (place + 1) * width));
  }

  /** Lets every window start from h = c = 0. */
  clearStates(): void {
    this.#h0.fill(0);
    this.#c0.fill(0);
  }

  /** Adds Gaussian noise of this deviation to the inputs. */
  addNoise(random: Random, deviation: number): void {
    const length = this.steps * this.#windows * this.#shape.inputs;
    for (let k = 0; k < length; k++) this.#x[k] += deviation * random.gaussian();
  }

  /** Views for the kernel, valid until the next `begin`; windows never added are padding. */
  view(): TrainingBatch {
    const { inputs, outputs, hidden, layers } = this.#shape;
    const rows = this.steps * this.#windows;
    return {
      windows: this.#windows,
      steps: this.steps,
      x: this.#x.subarray(0, rows * inputs),
      h0: this.#h0.subarray(0, this.#windows * layers * hidden),
      c0: this.#c0.subarray(0, this.#windows * layers * hidden),
      target: this.#target.subarray(0, rows * outputs),
      weight: this.#weight.subarray(0, rows * outputs),
    };
  }

  /** Σ weight, and the loss of always answering 0: what a network must beat to be of use. */
  naive(): { weight: number; loss: number } {
    const length = this.steps * this.#windows * this.#shape.outputs;
    let weight = 0;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      weight += this.#weight[k];
      sum += this.#weight[k] * huber(this.#target[k]);
    }
    return { weight, loss: weight > 0 ? sum / weight : 0 };
  }

  /** Index of step t of the window being added, in the time-major arrays. */
  #row(t: number): number {
    return t * this.#windows + this.#filled;
  }

  #putTarget(t: number, h: number, target: number): number {
    const at = this.#row(t) * this.#shape.outputs + h - 1;
    const missing = Number.isNaN(target);
    this.#target[at] = missing ? 0 : Math.max(-TARGET_MAX, Math.min(TARGET_MAX, target));
    this.#weight[at] = missing ? 0 : this.#horizonWeight[h - 1];
    return missing ? 0 : 1;
  }

  /** (2·L·H) h of all layers, then c. */
  #finish(targets: number, state: Float32Array): boolean {
    if (targets === 0) return this.#blank();
    const cells = state.length / 2;
    this.#h0.set(state.subarray(0, cells), this.#filled * cells);
    this.#c0.set(state.subarray(cells), this.#filled * cells);
    this.#filled++;
    return true;
  }

  /** Takes the inputs of a window back that turned out to have no target. */
  #blank(): false {
    const { inputs: X } = this.#shape;
    for (let t = 0; t < this.steps; t++) this.#x.fill(0, this.#row(t) * X, (this.#row(t) + 1) * X);
    return false;
  }
}

/** The first step of the newest window that starts at a stored state, −1 when there is none. */
export function newestWindowStart(history: StepHistory, slot: number, steps: number): number {
  const last = history.lastStep[slot];
  const oldest = Math.max(history.firstStep(slot), last - steps + 1);
  const aligned = Math.ceil(oldest / STATE_EVERY_STEPS) * STATE_EVERY_STEPS;
  for (let step = aligned; step < last; step += STATE_EVERY_STEPS) {
    if (history.stateBefore(slot, step) !== null) return step;
  }
  return -1;
}

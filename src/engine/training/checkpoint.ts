import { huber } from '../../numerics/losses.ts';
import type { NetworkShape, RecurrentKernel } from '../../numerics/recurrent-kernel.ts';
import { PairedDifference } from './paired-difference.ts';
import type { StepHistory } from './step-history.ts';
import { TARGET_MAX } from './training-rows.ts';

export type CheckpointVerdict = 'undecided' | 'worse' | 'good';

/**
 * The promotion test: would the last good weights have forecast these rows better than the weights
 * that were live? Both forecasts are made before their target is known. The live ones came with the
 * rows; for the others a second kernel, the shadow, steps the tracked members with the last good
 * weights, beginning at the first stored state after `begin`:
 *
 *   live      s ──▶ output(s) ─┐                      row t arrives: for every h of 1..O, s = t − h,
 *   shadow    s ──▶ output(s) ─┴─▶ ring of O steps    huber(output_{s,h} − target_{s,h}) of both,
 *                                                     weighed h^−½: one pair of losses a row
 *
 * The work is one step of the shadow and 2·O losses a row; the memory (slots · O · O · 4) bytes
 * beside the kernel's states.
 */
export class Checkpoint {
  readonly #history: StepHistory;
  readonly #shape: NetworkShape;
  readonly #shadow: RecurrentKernel;
  readonly #losses: PairedDifference;
  /** (slots) the shadow's first step, −1 while it waits for a state; and the run it belongs to. */
  readonly #startStep: Float64Array;
  readonly #run: Float64Array;
  /** (slots, O, O) outputs of the shadow, step s at place s mod O. */
  readonly #outputs: Float32Array;
  readonly #horizonWeight: Float64Array;
  // Rows of different slots that wait to be stepped together.
  readonly #queue: Uint32Array;
  readonly #queuedSteps: Float64Array;
  readonly #isQueued: Uint8Array;
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  #queued: number;

  constructor(history: StepHistory, shadow: RecurrentKernel) {
    const { shape, slots } = history;
    this.#history = history;
    this.#shape = shape;
    this.#shadow = shadow;
    this.#losses = new PairedDifference();
    this.#startStep = new Float64Array(slots).fill(-1);
    this.#run = new Float64Array(slots);
    this.#outputs = new Float32Array(slots * shape.outputs * shape.outputs);
    this.#horizonWeight = Float64Array.from({ length: shape.outputs }, (_, k) => (k + 1) ** -0.5);
    this.#queue = new Uint32Array(slots);
    this.#queuedSteps = new Float64Array(slots);
    this.#isQueued = new Uint8Array(slots);
    this.#x = new Float32Array(slots * shape.inputs);
    this.#y = new Float32Array(slots * shape.outputs);
    this.#queued = 0;
    shadow.reserve(slots);
  }

  /** Forgets all losses and compares with these weights from now on. */
  begin(weights: Float32Array): void {
    this.#shadow.setWeights(weights);
    this.#losses.clear();
    this.#startStep.fill(-1);
  }

  /** Takes the newest step of a slot, after the history and its state took it in. */
  accept(slot: number): void {
    const step = this.#history.lastStep[slot];
    if (this.#isQueued[slot] === 1) this.flush();
    if (this.#startStep[slot] >= 0 && this.#run[slot] !== this.#history.run[slot]) {
      this.#startStep[slot] = -1;
    }
    if (this.#startStep[slot] < 0 && !this.#start(slot, step)) return;
    this.#score(slot, step);
    this.#queue[this.#queued] = slot;
    this.#queuedSteps[this.#queued] = step;
    this.#isQueued[slot] = 1;
    this.#queued++;
  }

  /** Steps the shadow over what was accepted; call it when a batch of rows ends. */
  flush(): void {
    const { inputs: X, outputs: O } = this.#shape;
    for (let k = 0; k < this.#queued; k++) {
      const from = this.#history.place(this.#queue[k], this.#queuedSteps[k]) * X;
      this.#x.set(this.#history.inputs.subarray(from, from + X), k * X);
    }
    if (this.#queued > 0) this.#shadow.step(this.#queue, this.#queued, this.#x, this.#y);
    for (let k = 0; k < this.#queued; k++) {
      const place = this.#queue[k] * O + (this.#queuedSteps[k] % O);
      this.#outputs.set(this.#y.subarray(k * O, (k + 1) * O), place * O);
      this.#isQueued[this.#queue[k]] = 0;
    }
    this.#queued = 0;
  }

  /** Continues after the arrays were overwritten; `weights` are those of `begin`. */
  restored(weights: Float32Array): void {
    this.#shadow.setWeights(weights);
  }

  /**
   * `worse`: the live weights lost by more than two standard errors and more than one per cent.
   * `undecided`: too few rows, carry on; the losses stay.
   */
  verdict(): CheckpointVerdict {
    const { decidable, meanA, meanB } = this.#losses;
    if (!decidable) return 'undecided';
    const worse = this.#losses.standardErrors() > STANDARD_ERRORS && meanA > meanB * MARGIN;
    return worse ? 'worse' : 'good';
  }

  /** Mean loss of the live weights over the compared rows. */
  get liveLoss(): number {
    return this.#losses.meanA;
  }

  /** Mean loss of the last good weights over the same rows. */
  get goodLoss(): number {
    return this.#losses.meanB;
  }

  get comparedRows(): number {
    return this.#losses.pairs;
  }

  /** See `StepHistory.arrays`; valid between batches. */
  arrays(): readonly (Float32Array | Float64Array)[] {
    const length = this.#history.slots * this.#shape.layers * this.#shape.hidden;
    return [
      ...this.#losses.arrays(),
      this.#startStep,
      this.#run,
      this.#outputs,
      this.#shadow.h.subarray(0, length),
      this.#shadow.c.subarray(0, length),
    ];
  }

  #start(slot: number, step: number): boolean {
    const state = this.#history.stateBefore(slot, step);
    if (state === null) return false;
    const cells = state.length / 2;
    this.#shadow.h.set(state.subarray(0, cells), slot * cells);
    this.#shadow.c.set(state.subarray(cells), slot * cells);
    this.#startStep[slot] = step;
    this.#run[slot] = this.#history.run[slot];
    return true;
  }

  #score(slot: number, step: number): void {
    const O = this.#shape.outputs;
    let live = 0;
    let good = 0;
    let weight = 0;
    for (let h = 1; h <= O; h++) {
      const origin = step - h;
      if (origin < this.#startStep[slot]) break;
      const target = this.#history.target(slot, origin, h);
      if (Number.isNaN(target)) continue;
      const liveOutput = this.#history.outputs[this.#history.place(slot, origin) * O + h - 1];
      const goodOutput = this.#outputs[(slot * O + (origin % O)) * O + h - 1];
      live += this.#horizonWeight[h - 1] * clippedHuber(liveOutput, target);
      good += this.#horizonWeight[h - 1] * clippedHuber(goodOutput, target);
      weight += this.#horizonWeight[h - 1];
    }
    if (weight > 0) this.#losses.add(live / weight, good / weight);
  }
}

/** As the forecasts are used: outputs kept within ± TARGET_MAX, and one that is no number is wrong. */
function clippedHuber(output: number, target: number): number {
  const clippedTarget = Math.max(-TARGET_MAX, Math.min(TARGET_MAX, target));
  if (Number.isNaN(output)) return huber(2 * TARGET_MAX);
  return huber(Math.max(-TARGET_MAX, Math.min(TARGET_MAX, output)) - clippedTarget);
}

const STANDARD_ERRORS = 2;
const MARGIN = 1.01;

import type { Random } from '../../numerics/random.ts';
import type { NetworkShape } from '../../numerics/recurrent-kernel.ts';
import type { StepHistory } from './step-history.ts';

/**
 * Completed windows of one group, kept for replay: T steps that start at a stored state and whose
 * targets have all happened.
 *
 *   place ──▶ slot · run · first step │ state (2·L·H) │ x (T, X) │ target (T, O), NaN = none
 *
 * A full reservoir gives up a random place with probability max(capacity / offered, 1/16): at first
 * every window ever offered has the same chance to be here, later the old ones fade out slowly, so
 * that a sensor which changed for good is not rehearsed for ever.
 *
 * Allocated at once: capacity · (24 + 4·(2·L·H + T·(X + O))) bytes; 5.1 MB for 512 windows of 64
 * steps at X = 13, O = 24, H = 64.
 */
export class ReplayReservoir {
  readonly capacity: number;
  /** (capacity) where the window came from, to find out what is held out of it. */
  readonly slot: Float64Array;
  readonly run: Float64Array;
  readonly firstStep: Float64Array;
  /** (capacity, 2·L·H) */
  readonly states: Float32Array;
  /** (capacity, T, X) */
  readonly inputs: Float32Array;
  /** (capacity, T, O) unclipped */
  readonly targets: Float32Array;
  readonly #shape: NetworkShape;
  readonly #windowSteps: number;
  /** count, offered */
  readonly #counters: Float64Array;

  constructor(shape: NetworkShape, capacity: number, windowSteps: number) {
    this.capacity = capacity;
    this.slot = new Float64Array(capacity);
    this.run = new Float64Array(capacity);
    this.firstStep = new Float64Array(capacity);
    this.states = new Float32Array(capacity * 2 * shape.layers * shape.hidden);
    this.inputs = new Float32Array(capacity * windowSteps * shape.inputs);
    this.targets = new Float32Array(capacity * windowSteps * shape.outputs);
    this.#shape = shape;
    this.#windowSteps = windowSteps;
    this.#counters = new Float64Array(2);
  }

  /** Windows that are here, in places 0..count−1. */
  get count(): number {
    return this.#counters[0];
  }

  /**
   * Looks whether the newest step of `slot` completed the targets of a window that starts at a
   * stored state, and if so keeps a copy of the window or passes it over.
   */
  offer(history: StepHistory, slot: number, random: Random): void {
    const first = history.lastStep[slot] - (this.#windowSteps - 1) - this.#shape.outputs;
    if (first < history.firstStep(slot)) return;
    const state = history.stateBefore(slot, first);
    if (state === null) return;
    const place = this.#placeForNext(random);
    if (place >= 0) this.#keep(history, slot, first, state, place);
  }

  /** See `StepHistory.arrays`. */
  arrays(): readonly (Float32Array | Float64Array)[] {
    return [
      this.#counters,
      this.slot,
      this.run,
      this.firstStep,
      this.states,
      this.inputs,
      this.targets,
    ];
  }

  #placeForNext(random: Random): number {
    const offered = ++this.#counters[1];
    if (this.#counters[0] < this.capacity) return this.#counters[0]++;
    const chance = Math.max(this.capacity / offered, CHANCE_MIN);
    return random.uniform() < chance ? random.integer(this.capacity) : -1;
  }

  #keep(
    history: StepHistory,
    slot: number,
    first: number,
    state: Float32Array,
    place: number,
  ): void {
    const { inputs: X, outputs: O } = this.#shape;
    const T = this.#windowSteps;
    this.slot[place] = slot;
    this.run[place] = history.run[slot];
    this.firstStep[place] = first;
    this.states.set(state, place * state.length);
    for (let t = 0; t < T; t++) {
      const from = history.place(slot, first + t) * X;
      this.inputs.set(history.inputs.subarray(from, from + X), (place * T + t) * X);
      for (let h = 1; h <= O; h++) {
        this.targets[(place * T + t) * O + h - 1] = history.target(slot, first + t, h);
      }
    }
  }
}

const CHANCE_MIN = 1 / 16;

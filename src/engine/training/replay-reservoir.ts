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
 * Memory grows by doubling up to the capacity, capacity · (24 + 4·(2·L·H + T·(X + O))) bytes: 5.1 MB
 * for 512 windows of 64 steps at X = 13, O = 24, H = 64.
 */
export class ReplayReservoir {
  readonly capacity: number;
  readonly #shape: NetworkShape;
  readonly #windowSteps: number;
  /** count, offered */
  readonly #counters: Float64Array;
  #places: Places;

  constructor(shape: NetworkShape, capacity: number, windowSteps: number) {
    this.capacity = capacity;
    this.#shape = shape;
    this.#windowSteps = windowSteps;
    this.#counters = new Float64Array(2);
    this.#places = allocatePlaces(shape, Math.min(capacity, PLACES_MIN), windowSteps);
  }

  /** (places, …) the windows; valid until the next `offer`. Only the first `count` mean anything. */
  get places(): Places {
    return this.#places;
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

  /** Forgets everything and makes `count` places, to be filled through `arrays`. */
  expect(count: number): void {
    this.#counters[0] = count;
    this.#places = allocatePlaces(this.#shape, count, this.#windowSteps);
  }

  /** As `StepHistory.arrays`, without the room that is not used. */
  arrays(): readonly (Float32Array | Float64Array)[] {
    return [this.#counters, ...Object.values(partOf(this.#places, this.count))];
  }

  #placeForNext(random: Random): number {
    const offered = ++this.#counters[1];
    if (this.#counters[0] < this.capacity) {
      if (this.#counters[0] === this.#places.slot.length) this.#grow();
      return this.#counters[0]++;
    }
    const chance = Math.max(this.capacity / offered, CHANCE_MIN);
    return random.uniform() < chance ? random.integer(this.capacity) : -1;
  }

  #grow(): void {
    const count = Math.min(this.capacity, Math.max(PLACES_MIN, 2 * this.count));
    const bigger = allocatePlaces(this.#shape, count, this.#windowSteps);
    for (const key of Object.keys(bigger) as (keyof Places)[]) bigger[key].set(this.#places[key]);
    this.#places = bigger;
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
    const places = this.#places;
    places.slot[place] = slot;
    places.run[place] = history.run[slot];
    places.firstStep[place] = first;
    places.states.set(state, place * state.length);
    for (let t = 0; t < T; t++) {
      const from = history.place(slot, first + t) * X;
      places.inputs.set(history.inputs.subarray(from, from + X), (place * T + t) * X);
      for (let h = 1; h <= O; h++) {
        places.targets[(place * T + t) * O + h - 1] = history.target(slot, first + t, h);
      }
    }
  }
}

/** Columns of windows. */
export interface Places {
  /** (places) where the window came from, to find out what is held out of it. */
  readonly slot: Float64Array;
  readonly run: Float64Array;
  readonly firstStep: Float64Array;
  /** (places, 2·L·H) */
  readonly states: Float32Array;
  /** (places, T, X) */
  readonly inputs: Float32Array;
  /** (places, T, O) unclipped */
  readonly targets: Float32Array;
}

function allocatePlaces(shape: NetworkShape, count: number, windowSteps: number): Places {
  return {
    slot: new Float64Array(count),
    run: new Float64Array(count),
    firstStep: new Float64Array(count),
    states: new Float32Array(count * 2 * shape.layers * shape.hidden),
    inputs: new Float32Array(count * windowSteps * shape.inputs),
    targets: new Float32Array(count * windowSteps * shape.outputs),
  };
}

/** Views of the first `count` places. */
function partOf(places: Places, count: number): Places {
  const part = (column: Float32Array) =>
    column.subarray(0, (column.length / places.slot.length) * count);
  return {
    slot: places.slot.subarray(0, count),
    run: places.run.subarray(0, count),
    firstStep: places.firstStep.subarray(0, count),
    states: part(places.states),
    inputs: part(places.inputs),
    targets: part(places.targets),
  };
}

const CHANCE_MIN = 1 / 16;
/** Room in the beginning. */
const PLACES_MIN = 16;

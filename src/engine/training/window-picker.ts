import type { Random } from '../../numerics/random.ts';
import type { HeldOut } from './held-out.ts';
import type { ReplayReservoir } from './replay-reservoir.ts';
import type { StepHistory } from './step-history.ts';
import {
  EVERY_TARGET,
  newestWindowStart,
  type TargetRange,
  type WindowBatch,
} from './window-batch.ts';

/**
 * Chooses the windows of an update. All windows there are form a pool: the replay windows first,
 * then the newest window of each slot.
 *
 *   pool   0 … replay.count−1 │ replay.count … replay.count+slots−1
 *          replay windows     │ newest windows (some slots have none)
 */
export class WindowPicker {
  readonly #history: StepHistory;
  readonly #reservoir: ReplayReservoir;
  readonly #heldOut: HeldOut;
  readonly #batch: WindowBatch;
  /** (slots) slots with a newest window, and how many. */
  readonly #active: Uint32Array;
  #activeCount: number;

  constructor(
    history: StepHistory,
    reservoir: ReplayReservoir,
    heldOut: HeldOut,
    batch: WindowBatch,
  ) {
    this.#history = history;
    this.#reservoir = reservoir;
    this.#heldOut = heldOut;
    this.#batch = batch;
    this.#active = new Uint32Array(history.slots);
    this.#activeCount = 0;
  }

  /** Windows of at least `stepsMin` steps that could be learnt from. */
  windowCount(stepsMin: number): number {
    let count = this.#reservoir.count;
    for (let slot = 0; slot < this.#history.slots; slot++) {
      const start = this.#newestStart(slot);
      if (start >= 0 && this.#history.lastStep[slot] - start + 1 >= stepsMin) count++;
    }
    return count;
  }

  /** Whether any slot has a newest window. */
  hasNewest(): boolean {
    for (let slot = 0; slot < this.#history.slots; slot++) {
      if (this.#newestStart(slot) >= 0) return true;
    }
    return false;
  }

  /** Fills the batch with windows of the whole pool, held-out targets masked. False: none found. */
  pickAny(random: Random, windows: number): boolean {
    this.#findActive();
    const pool = this.#reservoir.count + this.#activeCount;
    if (pool === 0) return false;
    this.#batch.begin(windows);
    for (let tries = 2 * windows; tries > 0 && this.#batch.filled < windows; tries--) {
      this.#add(random.integer(pool), (cut) => ({ after: -1, upTo: cut }));
    }
    return this.#batch.filled > 0;
  }

  /**
   * Fills the batch with the newest window of each slot, a sample of `newestMax` when there are more,
   * and with `replayWindows` of the reservoir. False when there is no window.
   */
  pickNewestAndReplay(random: Random, newestMax: number, replayWindows: number): boolean {
    this.#findActive();
    const newest = Math.min(newestMax, this.#activeCount);
    const replay = Math.min(replayWindows, this.#reservoir.count);
    if (newest + replay === 0) return false;
    this.#batch.begin(newest + replay);
    for (let k = 0; k < newest; k++) {
      const swap = k + random.integer(this.#activeCount - k);
      const slot = this.#active[swap];
      this.#active[swap] = this.#active[k];
      this.#active[k] = slot;
      this.#batch.addNewest(this.#history, slot, EVERY_TARGET);
    }
    for (let k = 0; k < replay; k++) {
      this.#batch.addReplay(this.#reservoir, random.integer(this.#reservoir.count), EVERY_TARGET);
    }
    return this.#batch.filled > 0;
  }

  /**
   * Fills the batch with held-out targets of up to `windows` windows of the pool, beginning after
   * `visited` of them in the order that starts at `start`; returns how many were visited by now.
   */
  pickHeldOut(start: number, visited: number, windows: number): number {
    this.#findActive();
    const pool = this.#reservoir.count + this.#activeCount;
    this.#batch.begin(windows);
    let at = visited;
    for (; at < pool && this.#batch.filled < windows; at++) {
      this.#add((start + at) % pool, (cut) => ({ after: cut, upTo: Number.POSITIVE_INFINITY }));
    }
    return at;
  }

  #add(poolIndex: number, range: (cut: number) => TargetRange): void {
    if (poolIndex < this.#reservoir.count) {
      const { slot, run } = this.#reservoir.places;
      const cut = this.#heldOut.cut(slot[poolIndex], run[poolIndex]);
      this.#batch.addReplay(this.#reservoir, poolIndex, range(cut));
      return;
    }
    const slot = this.#active[poolIndex - this.#reservoir.count];
    const cut = this.#heldOut.cut(slot, this.#history.run[slot]);
    this.#batch.addNewest(this.#history, slot, range(cut));
  }

  #findActive(): void {
    this.#activeCount = 0;
    for (let slot = 0; slot < this.#history.slots; slot++) {
      if (this.#newestStart(slot) >= 0) this.#active[this.#activeCount++] = slot;
    }
  }

  #newestStart(slot: number): number {
    if (this.#history.runSteps[slot] === 0) return -1;
    return newestWindowStart(this.#history, slot, this.#batch.steps);
  }
}

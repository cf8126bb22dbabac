import type { StepHistory } from './step-history.ts';

/**
 * Which targets the warm-up may learn from and which ones it is judged by: per slot, a step number.
 * Targets up to it are learnt from, later ones are held out. It stands at the last fifth of the
 * member's run and only moves forward, so nothing is ever held out after it was learnt from.
 */
export class HeldOut {
  /** (slots) the last step that is learnt from; belongs to run `#run[slot]`. */
  readonly #cut: Float64Array;
  readonly #run: Float64Array;

  constructor(slots: number) {
    this.#cut = new Float64Array(slots);
    this.#run = new Float64Array(slots).fill(-1);
  }

  /** Moves every cut to the last fifth of what its member's run is long now. */
  advance(history: StepHistory): void {
    for (let slot = 0; slot < history.slots; slot++) {
      if (history.runSteps[slot] === 0) continue;
      const cut = history.lastStep[slot] - Math.ceil(history.runSteps[slot] * HELD_OUT_SHARE);
      const before = this.#run[slot] === history.run[slot] ? this.#cut[slot] : -1;
      this.#run[slot] = history.run[slot];
      this.#cut[slot] = Math.max(cut, before);
    }
  }

  /** The last target step of this run that is learnt from; everything of runs not known here. */
  cut(slot: number, run: number): number {
    return this.#run[slot] === run ? this.#cut[slot] : Number.POSITIVE_INFINITY;
  }

  /** See `StepHistory.arrays`. */
  arrays(): readonly Float64Array[] {
    return [this.#cut, this.#run];
  }
}

const HELD_OUT_SHARE = 0.2;

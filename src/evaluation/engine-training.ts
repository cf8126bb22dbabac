import type { Engine } from '../engine/engine.ts';
import type { WeightsEvent } from '../engine/event.ts';
import { Trainer, type TrainingKernels } from '../engine/training/trainer.ts';
import type { TrainingResult } from '../engine/training/training-result.ts';
import { crc32c } from '../numerics/crc32c.ts';

/** Rows between promotion tests. */
const CHECKPOINT_ROWS = 256;

export interface EngineTrainingOptions {
  readonly kernels: TrainingKernels;
  /** Steps of a training window. */
  readonly window: number;
  /** Rows between updates after the warm-up. */
  readonly everyRows: number;
}

/**
 * Trains an engine's groups in step with the rows: what a row brought is learnt from before the
 * next one comes, and new weights are live at once. So a run is fixed by its seed, whatever the
 * machine has time for.
 */
export class EngineTraining {
  readonly #engine: Engine;
  readonly #options: EngineTrainingOptions;
  readonly #trainers = new Map<string, Trainer>();
  #rows = 0;

  /** Opens the engine for training. */
  constructor(engine: Engine, options: EngineTrainingOptions) {
    this.#engine = engine;
    this.#options = options;
    engine.openTraining();
  }

  /** Learns from what the engine took in since the last call. */
  afterRow(): void {
    this.#rows += 1;
    for (const rows of this.#engine.takeTrainingRows()) {
      this.#trainerOf(rows.group).accept(rows);
    }
    for (const trainer of this.#trainers.values()) this.#train(trainer);
  }

  #train(trainer: Trainer): void {
    if (trainer.warmingUp) {
      // As many as the data allow: a live service finds the time between two rows.
      while (trainer.warmingUp && trainer.ready()) this.#obey(trainer.update().result);
    } else if (this.#rows % this.#options.everyRows === 0 && trainer.ready()) {
      this.#obey(trainer.update().result);
    }
    this.#obey(trainer.publish());
    if (this.#rows % CHECKPOINT_ROWS === 0) this.#obey(trainer.checkpoint());
  }

  #obey(result: TrainingResult | null): void {
    if (result === null) return;
    this.#engine.apply(result.kind === 'checkpoint' ? result : weightsEvent(result));
  }

  #trainerOf(name: string): Trainer {
    const known = this.#trainers.get(name);
    if (known !== undefined) return known;
    const group = this.#engine.membership.groups[this.#engine.membership.indexOf(name)!]!;
    const { seed } = this.#engine.options;
    const { shape, weights, version } = group;
    const { window, kernels } = this.#options;
    const trainer = new Trainer({ group: name, shape, seed, window, weights, version }, kernels);
    this.#trainers.set(name, trainer);
    return trainer;
  }
}

function weightsEvent(result: Exclude<TrainingResult, { kind: 'checkpoint' }>): WeightsEvent {
  const { group, version, weights, loss, kind } = result;
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const digest = crc32c(bytes).toString(16).padStart(8, '0');
  return { kind: 'weights', group, version, digest, weights, reason: kind, loss, seconds: null };
}

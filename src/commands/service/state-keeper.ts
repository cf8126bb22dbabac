import { SnapshotStore } from '../../adapters/snapshot/snapshot-store.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Restored, restoreEngine, snapshotEngine } from '../../engine/engine-snapshot.ts';
import { decodeSnapshot } from '../../engine/snapshot-format.ts';
import type { Logger } from '../../pipeline/ports.ts';

/** Name of the training state among a snapshot's extras. */
const TRAINING = 'training';

export interface RestoredState {
  /** State of training; null: none was kept. */
  readonly training: Uint8Array | null;
}

/** Keeps the engine's state and training's in a folder, and brings them back. */
export class StateKeeper {
  readonly #engine: Engine;
  readonly #store: SnapshotStore;
  readonly #log: Logger;

  constructor(engine: Engine, folder: string, log: Logger) {
    this.#engine = engine;
    this.#store = new SnapshotStore(folder, log);
    this.#log = log;
  }

  /** Fills the fresh engine from the newest valid snapshot, if there is one, and says what it left behind. */
  async restore(): Promise<RestoredState> {
    const { snapshot } = await this.#store.read((bytes) =>
      restoreEngine(this.#engine, decodeSnapshot(new Uint8Array(bytes))),
    );
    if (snapshot === null) return { training: null };
    const restored = snapshot.value;
    this.#tell(restored);
    return { training: restored.extras.get(TRAINING) ?? null };
  }

  /** Writes a snapshot. The engine must not be given events meanwhile. */
  async keep(training: Uint8Array): Promise<void> {
    const extras = new Map([[TRAINING, training]]);
    await this.#store.write(this.#engine.position, snapshotEngine(this.#engine, extras));
    const fields = { position: this.#engine.position, streams: this.#engine.table.count };
    this.#log.info(fields, 'The state is kept.');
  }

  #tell({ position, streams, leftBehind, otherVariant }: Restored): void {
    this.#log.info({ position, streams }, 'The state of the last stop is restored.');
    if (leftBehind.length > 0) {
      this.#log.warn(
        { groups: leftBehind },
        'The configuration no longer asks for these model groups; their streams learn anew.',
      );
    }
    if (otherVariant.length > 0) {
      this.#log.warn(
        { groups: otherVariant },
        'Another kernel computed these states; forecasts may differ in the last digits.',
      );
    }
  }
}

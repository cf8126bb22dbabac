import type { SnapshotStore } from '../../adapters/snapshot/snapshot-store.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Restored, restoreEngine } from '../../engine/engine-snapshot.ts';
import type { DecodedSnapshot } from '../../engine/snapshot-format.ts';
import type { Logger } from '../../pipeline/ports.ts';

/** Fills the engine from the newest valid snapshot; null when there is none. Says what it left behind. */
export async function restoreNewest(
  engine: Engine,
  store: SnapshotStore<DecodedSnapshot>,
  log: Logger,
): Promise<Restored | null> {
  const snapshot = await store.read();
  if (snapshot === null) return null;
  const restored = restoreEngine(engine, snapshot);
  const { position, streams, leftBehind, otherVariant } = restored;
  log.info({ position, streams }, 'The state of the last stop is restored.');
  if (leftBehind.length > 0) {
    log.warn(
      { groups: leftBehind },
      'The configuration no longer asks for these model groups; their streams start to learn anew.',
    );
  }
  if (otherVariant.length > 0) {
    log.warn(
      { groups: otherVariant },
      'Another kernel computed these states; forecasts may differ in the last digits.',
    );
  }
  return restored;
}

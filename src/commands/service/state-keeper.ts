import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalRecord } from '../../adapters/journal/journal-reader.ts';
import { recoverJournal } from '../../adapters/journal/recover-journal.ts';
import { retainSegments } from '../../adapters/journal/retention.ts';
import { firstOfName } from '../../adapters/journal/segment-format.ts';
import { SegmentJournal } from '../../adapters/journal/segment-journal.ts';
import { openSyncedFolder, type SyncedFolder } from '../../adapters/journal/synced-folder.ts';
import { WeightsFiles } from '../../adapters/journal/weights-files.ts';
import { SnapshotStore } from '../../adapters/snapshot/snapshot-store.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineCopier, type Restored, restoreEngine } from '../../engine/engine-snapshot.ts';
import { decodeSnapshot } from '../../engine/snapshot-format.ts';
import type { Clock, Logger } from '../../pipeline/ports.ts';
import { InklingError } from '../../protocol/errors.ts';

/** Name of the training state among a snapshot's extras. */
const TRAINING = 'training';
/** Ticks alone are no reason for a snapshot, until folding them at a start would take some time. */
const IDLE_EVENTS_MAX = 3_600;
/** The kernel's variant is asked of the smallest network there can be. */
const smallestShape = { cell: 'lstm', inputs: 1, hidden: 4, layers: 1, outputs: 1 } as const;

export interface StateKeeperOptions {
  /** Fresh. */
  readonly engine: Engine;
  /** Absolute path of a room of the data folder. */
  readonly path: (room: string) => string;
  /** Events are kept so long, milliseconds; null: that does not count. */
  readonly retainMs: number | null;
  readonly retainBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
}

interface Folders {
  readonly segments: SyncedFolder;
  readonly weights: WeightsFiles;
  readonly snapshots: SnapshotStore;
}

/**
 * Keeps the engine's state and training's, and brings them back: the newest snapshot, and the
 * journal's events folded on top.
 *
 *   data/snapshots/  one moment each      data/journal/  every event      data/weights/  see there
 *
 * A snapshot is written when the journal has all that it holds, never before: the state on the disk
 * is always a fold of events that are on the disk.
 */
export class StateKeeper {
  readonly journal: SegmentJournal;
  /** State of training as the newest snapshot has it; null: none was kept. */
  readonly training: Uint8Array | null;
  readonly #options: StateKeeperOptions;
  readonly #folders: Folders;
  readonly #copier: EngineCopier;
  /** The snapshot being written; null: none is. */
  #keeping: Promise<void> | null;
  #kept: { position: number; changes: number };

  private constructor(
    options: StateKeeperOptions,
    folders: Folders,
    journal: SegmentJournal,
    training: Uint8Array | null,
  ) {
    this.journal = journal;
    this.training = training;
    this.#options = options;
    this.#folders = folders;
    this.#copier = new EngineCopier();
    this.#keeping = null;
    this.#kept = { position: -1, changes: -1 };
  }

  /**
   * Fills the engine with what was kept, says what was left behind, and opens the journal.
   * ERR_DATA_UNREADABLE when the system does not let it.
   */
  static async open(options: StateKeeperOptions): Promise<StateKeeper> {
    try {
      return await StateKeeper.#open(options);
    } catch (error) {
      if (error instanceof InklingError || !isSystemError(error)) throw error;
      const message = `Expected to read what was kept in ${options.path('')}, but ${error.message}.`;
      throw new InklingError('ERR_DATA_UNREADABLE', message);
    }
  }

  static async #open(options: StateKeeperOptions): Promise<StateKeeper> {
    const { engine, path, log, clock } = options;
    const folders: Folders = {
      segments: await openSyncedFolder(path('journal')),
      weights: new WeightsFiles(await openSyncedFolder(path('weights'))),
      snapshots: new SnapshotStore(path('snapshots'), log),
    };
    const restored = await restoreSnapshot(engine, folders, log);
    await foldJournal(engine, folders, log, clock);
    const journal = new SegmentJournal({
      folder: folders.segments,
      weights: folders.weights,
      position: engine.position,
      variant: variantOf(engine),
      clock,
      log,
    });
    const training = restored?.extras.get(TRAINING) ?? null;
    return new StateKeeper(options, folders, journal, training);
  }

  /**
   * Writes a snapshot of now beside the running service, which stands still for the copy only, and
   * removes what is no longer retained. Nothing happens while one is being written, while the
   * journal cannot be, or when nothing has changed. Failures are logged: what was kept before stays.
   */
  keep(training: () => Promise<Uint8Array>): Promise<void> {
    if (this.#keeping !== null) return this.#keeping;
    if (!this.#isDue()) return Promise.resolve();
    this.#keeping = this.#keep(training)
      .catch((error) => {
        this.#options.log.error({ error: String(error) }, 'The state could not be kept.');
      })
      .finally(() => {
        this.#keeping = null;
      });
    return this.#keeping;
  }

  /** Writes a last snapshot and ends the journal. The engine must not be given events any more. */
  async close(training: () => Promise<Uint8Array>): Promise<void> {
    await this.#keeping;
    await this.keep(training);
    await this.journal.close();
  }

  #isDue(): boolean {
    const { engine } = this.#options;
    const { position, changes } = this.#kept;
    if (!this.journal.state().isWritable || engine.position === position) return false;
    return changesOf(engine) !== changes || engine.position - position >= IDLE_EVENTS_MAX;
  }

  async #keep(training: () => Promise<Uint8Array>): Promise<void> {
    const { engine, log } = this.#options;
    const { snapshots } = this.#folders;
    const extras = new Map([[TRAINING, await training()]]);
    const changes = changesOf(engine);
    const streams = engine.table.count;
    const copy = this.#copier.copy(engine, extras);
    const { position } = copy;
    await this.journal.whenDurable(position);
    await snapshots.write(position, await copy.encode(() => nextTurn()));
    this.#kept = { position, changes };
    const retained = await this.#retain();
    log.info({ position, streams, ...retained }, 'The state is kept.');
  }

  async #retain() {
    const { retainMs, retainBytes, clock } = this.#options;
    const { segments, weights, snapshots } = this.#folders;
    const [oldest, newer] = await snapshots.positions();
    return retainSegments({
      folder: segments,
      weights,
      retainMs,
      retainBytes,
      // A single snapshot may turn out to be damaged, and then all is needed.
      neededAfter: newer === undefined ? 0 : (oldest ?? 0),
      now: clock.now(),
    });
  }
}

/** Fills the engine from the newest whole snapshot; null: there is none. */
async function restoreSnapshot(
  engine: Engine,
  { snapshots }: Folders,
  log: Logger,
): Promise<Restored | null> {
  const { snapshot } = await snapshots.read((bytes) =>
    restoreEngine(engine, decodeSnapshot(new Uint8Array(bytes))),
  );
  if (snapshot === null) return null;
  const { position, streams, leftBehind, otherVariant } = snapshot.value;
  log.info({ position, streams }, 'The state of the newest snapshot is restored.');
  if (leftBehind.length > 0) {
    log.warn(
      { groups: leftBehind },
      'The configuration no longer asks for these model groups; their streams learn anew.',
    );
  }
  tellOfOtherKernel(otherVariant, log);
  return snapshot.value;
}

/** Folds the journal's events after the engine's position; their outcomes were told before. */
async function foldJournal(
  engine: Engine,
  { segments, weights }: Folders,
  log: Logger,
  clock: Clock,
): Promise<void> {
  await skipWhatIsGone(engine, segments, log);
  const from = engine.position;
  const fold = ({ event }: JournalRecord) => void engine.apply(event);
  const recovery = await recoverJournal({
    folder: segments,
    weights,
    position: from,
    fold,
    log,
    clock,
  });
  const { position, events, variants } = recovery;
  if (events === 0) return;
  log.info({ events, position, streams: engine.table.count }, 'The journal is folded.');
  const own = variantOf(engine);
  tellOfOtherKernel(
    [...variants].filter((variant) => variant !== own),
    log,
  );
}

/** Without a snapshot, a journal whose beginning was removed still has the newest readings. */
async function skipWhatIsGone(engine: Engine, segments: SyncedFolder, log: Logger): Promise<void> {
  if (engine.position > 0) return;
  const first = (await segments.list()).map(firstOfName).find((position) => position !== null);
  if (first === undefined || first <= 1) return;
  engine.restorePosition(first - 1);
  log.error(
    { position: first },
    'There is no snapshot; the state is learnt anew from the journal.',
  );
}

function tellOfOtherKernel(which: readonly string[], log: Logger): void {
  if (which.length === 0) return;
  log.warn(
    { which },
    'Another kernel computed this state; forecasts may differ in the last digits.',
  );
}

function variantOf({ options }: Engine): string {
  return options.createKernel(smallestShape).variant;
}

/** Differs when anything but the clock has changed the state. */
function changesOf({ counters, membership }: Engine): number {
  const versions = membership.groups.reduce((sum, { version }) => sum + version, 0);
  return counters.readings + counters.removed + versions;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

import type { Clock, Logger } from '../../pipeline/ports.ts';
import { type JournalEnd, JournalReader, type JournalRecord } from './journal-reader.ts';
import { type Repair, repairJournal } from './repair-journal.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { WeightsFiles } from './weights-files.ts';

export interface RecoveryOptions {
  readonly folder: SyncedFolder;
  readonly weights: WeightsFiles;
  /** Position that the state is at: the events after it are folded. */
  readonly position: number;
  readonly fold: (record: JournalRecord) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface Recovery extends Repair {
  /** Position of the last event that was folded, or the one given. */
  readonly position: number;
  readonly events: number;
  /** Kernels that wrote what was folded. */
  readonly variants: ReadonlySet<string>;
}

/** Others get their turn after so many readings. */
const READINGS_A_TURN = 512;
/** Long recoveries tell how far they are. */
const PROGRESS_MS = 5_000;

/**
 * Folds what the journal holds after a position, and makes the journal fit to be continued. What
 * cannot be read is never passed over: folding stops before it, and the log says what was set aside.
 */
export async function recoverJournal(options: RecoveryOptions): Promise<Recovery> {
  const { folder, weights, position, log } = options;
  const reader = new JournalReader(folder, weights, position + 1);
  const events = await foldAll(reader, options);
  const { end } = reader;
  const repair = await repairJournal(folder, weights, end);
  tell(end, repair, log);
  return { ...repair, position: end.position, events, variants: end.variants };
}

async function foldAll(
  reader: JournalReader,
  { fold, log, clock }: RecoveryOptions,
): Promise<number> {
  let events = 0;
  let readings = 0;
  let toldAt = clock.now();
  for await (const record of reader.records()) {
    fold(record);
    events += 1;
    readings += record.event.kind === 'readings' ? record.event.readings.length : 1;
    if (readings < READINGS_A_TURN) continue;
    readings = 0;
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.now() - toldAt < PROGRESS_MS) continue;
    toldAt = clock.now();
    log.info({ events, position: record.position }, 'The journal is being folded.');
  }
  return events;
}

function tell({ position, damage, passed }: JournalEnd, repair: Repair, log: Logger): void {
  for (const reason of passed) {
    log.warn({ code: 'ERR_JOURNAL_CORRUPT', reason }, 'Damage in the journal was not needed.');
  }
  if (damage === null) return;
  const { segment, reason, kind } = damage;
  if (kind === 'torn') {
    const fields = { segment, reason, bytes: repair.tornBytes };
    log.warn(fields, 'The last write of the journal did not end; its rest is cut off.');
    return;
  }
  const fields = {
    code: 'ERR_JOURNAL_CORRUPT',
    segment,
    reason,
    position,
    setAside: repair.setAside.map(({ name }) => name),
    bytes: repair.setAside.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  log.error(
    fields,
    'The journal is damaged; the state ends before that, and the rest is set aside.',
  );
}

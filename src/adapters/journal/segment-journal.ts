import { ByteWriter } from '../../engine/byte-writer.ts';
import type { EngineEvent } from '../../engine/event.ts';
import type { Clock, Journal, Logger } from '../../pipeline/ports.ts';
import { InklingError } from '../../protocol/errors.ts';
import { RecordGroup } from './record-group.ts';
import { writeMark } from './segment-format.ts';
import { SEGMENT_BYTES, SegmentWriter } from './segment-writer.ts';
import type { SyncedFolder } from './synced-folder.ts';
import { WaitingLine } from './waiting-line.ts';
import type { WeightsFiles } from './weights-files.ts';

export interface SegmentJournalOptions {
  /** Of the segments; what an earlier run left in it is whole (see `recoverJournal`). */
  readonly folder: SyncedFolder;
  readonly weights: WeightsFiles;
  /** Position of the last event that was folded; the next one follows it. */
  readonly position: number;
  /** Kernel that computes forecasts. */
  readonly variant: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** 16 MB when left out. */
  readonly segmentBytes?: number;
  /** Bytes that may wait for the disk; beyond it nothing more is accepted. 32 MB when left out. */
  readonly queueBytesMax?: number;
  /** Pauses between attempts after a failure: the first one and the longest. */
  readonly retryMs?: readonly [number, number];
}

/** How a journal does. */
export interface JournalState {
  /** False from a failed write until a later one succeeds; nothing is acknowledged meanwhile. */
  readonly isWritable: boolean;
  /** What the system said; null while it is writable. */
  readonly problem: string | null;
  /** Position of the last durable event. */
  readonly committed: number;
  /** Events that wait for the disk, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Counts since it was opened. */
  readonly events: number;
  readonly bytes: number;
  readonly commits: number;
  readonly failures: number;
}

/**
 * Events in segment files, committed in groups:
 *
 *   append ─▶ filling ──(the commit before has ended)──▶ committing ─▶ one write, one fdatasync ─▶ tell
 *
 * A commit starts as soon as something waits and none is under way, so that a lone event waits for
 * the disk only, and under load the disk's own time gathers a group. After a failure the group stays
 * where it is and is written again, alone and first, until that succeeds: what was folded reaches the
 * journal in its order, or the process ends and nobody was told. `accepting` tells the pipeline to
 * fold nothing more meanwhile.
 */
export class SegmentJournal implements Journal {
  readonly #options: Required<SegmentJournalOptions>;
  readonly #segments: SegmentWriter;
  readonly #durable: WaitingLine;
  #filling: RecordGroup;
  #committing: RecordGroup;
  /** Position of the last event that was taken in. */
  #appended: number;
  #committed: number;
  /** Resolves when nothing is left to commit; null: nothing is. */
  #running: Promise<void> | null;
  #problem: string | null;
  #accepts: { readonly again: Promise<void>; readonly tell: () => void } | null;
  #isClosing: boolean;
  /** Ends a pause between two attempts. */
  #wake: () => void;
  #events: number;
  #bytes: number;
  #commits: number;
  #failures: number;

  constructor(options: SegmentJournalOptions) {
    this.#options = {
      segmentBytes: SEGMENT_BYTES,
      queueBytesMax: 32 * 1024 * 1024,
      retryMs: [100, 5_000],
      ...options,
    };
    const { folder, clock, variant, segmentBytes } = this.#options;
    this.#segments = new SegmentWriter({ folder, clock, variant, segmentBytes });
    this.#durable = new WaitingLine();
    this.#filling = new RecordGroup();
    this.#committing = new RecordGroup();
    this.#appended = options.position;
    this.#committed = options.position;
    this.#running = null;
    this.#problem = null;
    this.#accepts = null;
    this.#isClosing = false;
    this.#wake = () => {};
    this.#events = 0;
    this.#bytes = 0;
    this.#commits = 0;
    this.#failures = 0;
  }

  state(): JournalState {
    return {
      isWritable: this.#problem === null,
      problem: this.#problem,
      committed: this.#committed,
      waiting: this.#appended - this.#committed,
      waitingBytes: this.#filling.bytes.length + this.#committing.bytes.length,
      events: this.#events,
      bytes: this.#bytes,
      commits: this.#commits,
      failures: this.#failures,
    };
  }

  /**
   * Resolves with the event's position once it is durable. While the disk is full or failing it
   * waits; it rejects, with ERR_JOURNAL_WRITE, only when the journal is closed before.
   */
  append(event: EngineEvent): Promise<number> {
    if (this.#isClosing) return Promise.reject(closedError());
    this.#appended += 1;
    const durable = this.#filling.add(this.#appended, event);
    this.#events += 1;
    this.#running ??= this.#run();
    if (this.#filling.bytes.length >= this.#options.queueBytesMax) this.#stopAccepting();
    return durable;
  }

  /** Null: events are welcome. Else resolves when they are again. */
  accepting(): Promise<void> | null {
    return this.#accepts?.again ?? null;
  }

  /** Resolves once all events up to this position are durable; rejects when it is closed before. */
  whenDurable(position: number): Promise<void> {
    return this.#durable.wait(position, this.#committed);
  }

  /** Writes what waits and ends the segment. While the disk fails: gives up, and tells who waits. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    await this.#running;
    this.#filling.refuse(closedError());
    this.#durable.refuse(closedError());
    const mark = new ByteWriter(64);
    writeMark(this.#committed + 1, mark);
    try {
      if (this.#problem === null) await this.#segments.close(mark.bytes());
      else await this.#segments.repair();
    } catch {
      // What is missing or left over at the end is found torn and cut by whoever opens it next.
    }
  }

  async #run(): Promise<void> {
    // Whatever else this turn brings belongs to the same group.
    await null;
    while (this.#filling.count > 0) {
      [this.#filling, this.#committing] = [this.#committing, this.#filling];
      if (!(await this.#commit(this.#committing))) break;
    }
    this.#running = null;
  }

  /** Until it succeeds; false: it was given up since the journal is being closed. */
  async #commit(group: RecordGroup): Promise<boolean> {
    const [firstMs, longestMs] = this.#options.retryMs;
    for (let pauseMs = firstMs; !(await this.#tryCommit(group)); pauseMs = 2 * pauseMs) {
      if (this.#isClosing) {
        group.refuse(closedError());
        return false;
      }
      await this.#pause(Math.min(pauseMs, longestMs));
    }
    const { length } = group.bytes;
    this.#commits += 1;
    this.#bytes += length;
    this.#committed = group.first + group.count - 1;
    if (this.#problem !== null) this.#recovered();
    if (this.#filling.bytes.length < this.#options.queueBytesMax / 2) this.#acceptAgain();
    this.#durable.reached(this.#committed);
    group.commit();
    return true;
  }

  async #tryCommit(group: RecordGroup): Promise<boolean> {
    try {
      if (this.#problem !== null) await this.#segments.repair();
      for (const { position, weights } of group.weights) {
        await this.#options.weights.keep(position, weights);
      }
      await this.#segments.write(group.first, group.bytes);
      return true;
    } catch (error) {
      this.#failed(error as Error);
      return false;
    }
  }

  #failed({ message }: Error): void {
    this.#failures += 1;
    const isNews = this.#problem === null;
    this.#problem = message;
    this.#stopAccepting();
    if (isNews) {
      const fields = { code: 'ERR_JOURNAL_WRITE', error: message };
      this.#options.log.error(
        fields,
        'The journal cannot be written; nothing is acknowledged until it can.',
      );
    }
  }

  #recovered(): void {
    this.#problem = null;
    this.#options.log.info({ failures: this.#failures }, 'The journal can be written again.');
  }

  #stopAccepting(): void {
    if (this.#accepts !== null) return;
    let tell = (): void => {};
    const again = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#accepts = { again, tell };
  }

  #acceptAgain(): void {
    const accepts = this.#accepts;
    this.#accepts = null;
    accepts?.tell();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function closedError(): InklingError {
  return new InklingError(
    'ERR_JOURNAL_WRITE',
    'Expected an event to be durable, but the journal was closed before it could be written.',
  );
}

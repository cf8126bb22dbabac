import type { Clock, Logger } from '../../pipeline/ports.ts';
import type { EncodedLines } from './line-protocol.ts';
import type { LineBatch, LineQueue } from './line-queue.ts';
import { OutboxFiles } from './outbox-files.ts';
import type { OutboxCursor, OutboxPlace, PlacedLines } from './outbox-format.ts';
import { OutboxHealth } from './outbox-health.ts';
import { type OutboxLimits, outboxLimits } from './outbox-limits.ts';
import { OutboxReader } from './outbox-reader.ts';
import { RecentLines } from './recent-lines.ts';
import { recoverOutbox } from './recover-outbox.ts';

/**
 * Where points wait for InfluxDB, over the end of this process as well:
 *
 *     add ─▶ recent lines, in memory ───────────────▶ front ─▶ server
 *                  │ a few times a second              ▲
 *                  ▼                                   │ only what memory no longer has
 *            segment files ────────────────────────────┘ a batch at a time
 *
 *     acknowledged │ being sent │ waiting on disk │ waiting in memory │ not yet on disk
 *               cursor         read           recent.first         written       recent.next
 *
 * While the server keeps up, lines go from memory and the disk is only written. What a kill of the
 * process takes is what came in the last quarter of a second; a power cut takes what came since the
 * last sync, about a second (the journal is the reference, not this). The cursor moves when lines are
 * acknowledged, and is written a moment later: after a restart the newest batch may be sent again,
 * which is harmless, as its time names its point. When the disk fails, lines wait in memory.
 */

export interface OutboxOptions {
  /** Made when missing; nobody else may use it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<OutboxLimits>;
}

/** Goes on where the process before has stopped. ERR_DATA_NOT_WRITABLE when the folder cannot be used. */
export function openOutbox(options: OutboxOptions): Outbox {
  return new Outbox(options);
}

export class Outbox implements LineQueue {
  readonly #options: OutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #files: OutboxFiles;
  readonly #reader: OutboxReader;
  readonly #recent: RecentLines;
  readonly #health: OutboxHealth;
  /** Behind the batch at the front: what comes to the front next. */
  #read: OutboxPlace;
  #front: PlacedLines | null;
  /** Lines before it are on the disk, or are not needed there any more. */
  #written: OutboxPlace;
  /** Where the newest record ends; null: this process has written none. */
  #recordEnd: OutboxPlace | null;
  /** Lines behind the front that were dropped since it came there. */
  #droppedBehind: number;
  #timer: NodeJS.Timeout | null;
  #work: Promise<void> | null;
  #isClosed: boolean;

  constructor(options: OutboxOptions) {
    const { folder, log } = options;
    this.#options = options;
    this.#limits = { ...outboxLimits, ...options.limits };
    const { segments, read, next, lost } = recoverOutbox(folder, log);
    this.#files = new OutboxFiles(folder, this.#limits, segments);
    this.#reader = new OutboxReader(folder, this.#limits, segments);
    this.#recent = new RecentLines(this.#limits, next);
    this.#health = new OutboxHealth(log, folder);
    this.#read = read;
    this.#front = null;
    this.#written = next;
    this.#recordEnd = null;
    this.#droppedBehind = 0;
    this.#timer = null;
    this.#work = null;
    this.#isClosed = false;
    if (lost > 0) this.#health.lineDamaged(lost);
    if (this.points > 0) {
      log.info({ points: this.points }, 'Points for InfluxDB are left from before.');
    }
    this.#schedule(0);
  }

  get points(): number {
    return this.#recent.next.line - this.#read.line + (this.#front?.batch.ends.length ?? 0);
  }

  get bytes(): number {
    return this.#recent.next.byte - this.#read.byte + (this.#front?.batch.bytes.length ?? 0);
  }

  get dropped(): number {
    return this.#health.dropped;
  }

  get damaged(): number {
    return this.#health.damaged;
  }

  /** Bytes of the segment files, acknowledged parts of them included. */
  get diskBytes(): number {
    return this.#files.bytes;
  }

  /** Why lines cannot be written to the disk; null: they can. */
  get problem(): string | null {
    return this.#health.problem;
  }

  get hasFullBatch(): boolean {
    const { line } = this.#read;
    return line < this.#recent.first.line || this.#recent.isFullFrom(line);
  }

  add(lines: EncodedLines): void {
    this.#recent.add(lines);
    this.#boundMemory();
    this.#schedule(this.#limits.writeMs);
  }

  async front(): Promise<LineBatch | null> {
    while (this.#front === null && this.#read.line < this.#recent.next.line) {
      const from = this.#read;
      const recentFirst = this.#recent.first;
      const recent = this.#recent.take(from.line);
      if (recent !== null) {
        this.#bringToFront(recent);
        break;
      }
      const { lines, hasDamage } = await this.#reader.read(from);
      // Some of it was dropped meanwhile.
      if (this.#read !== from) continue;
      const reached = lines?.start ?? recentFirst;
      if (reached.line > from.line) this.#passGap(reached, hasDamage);
      if (lines !== null) this.#bringToFront(lines);
    }
    return this.#front?.batch ?? null;
  }

  settle(): void {
    if (this.#front === null) return;
    this.#front = null;
    this.#droppedBehind = 0;
    if (this.#read.line >= this.#recent.first.line) this.#health.caughtUp();
    this.#boundMemory();
    this.#schedule(this.#limits.writeMs);
  }

  /** Resolves when what was added and settled before is in the files, as far as the disk lets us. */
  async save(): Promise<void> {
    await this.#work;
    await this.#startWork();
  }

  /** Saves, and takes nothing to the disk afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.save();
    try {
      await this.#files.close();
    } catch (error) {
      this.#health.failed(error as Error);
    }
  }

  /** Lines before it need not be sent again. */
  get #done(): OutboxPlace {
    return this.#front?.start ?? this.#read;
  }

  get #cursor(): OutboxCursor {
    return { place: this.#done, dropped: this.#droppedBehind };
  }

  #bringToFront(lines: PlacedLines): void {
    this.#front = lines;
    this.#read = later(this.#read, lines.end);
  }

  /** Lines were lost: when damage was seen on the way by that, otherwise because they were dropped. */
  #passGap(reached: OutboxPlace, hasDamage: boolean): void {
    const count = reached.line - this.#read.line;
    this.#read = reached;
    if (hasDamage) this.#health.lineDamaged(count);
    else this.#health.lineDropped(count);
  }

  /** Forgets chunks that are no longer needed in memory, and drops some when the disk cannot follow. */
  #boundMemory(): void {
    const { recentBytes, unwrittenBytes } = this.#limits;
    for (let end = this.#recent.firstEnd; end !== null; end = this.#recent.firstEnd) {
      const isDone = end.line <= this.#done.line;
      const isWritten = end.line <= this.#written.line;
      const waitingBytes = this.#recent.next.byte - this.#written.byte;
      if (!isDone && !(isWritten && this.#recent.bytes > recentBytes)) {
        if (isWritten || waitingBytes <= unwrittenBytes) return;
        // What is behind a backlog on the disk is counted when reading comes to the gap.
        if (this.#read.line >= this.#recent.first.line) this.#dropTo(end);
      }
      this.#written = later(this.#written, end);
      this.#recent.forgetOldest();
    }
  }

  #dropTo(end: OutboxPlace): void {
    const count = end.line - this.#read.line;
    if (count <= 0) return;
    this.#read = end;
    if (this.#front !== null) this.#droppedBehind += count;
    this.#health.lineDropped(count);
  }

  #schedule(ms: number): void {
    if (this.#timer !== null || this.#work !== null || this.#isClosed || !this.#hasWork()) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#startWork();
    }, ms);
  }

  #hasWork(): boolean {
    return (
      this.#written.line < this.#recent.next.line ||
      !this.#files.hasCursor(this.#cursor) ||
      this.#files.hasUnsynced ||
      this.#files.hasRetired
    );
  }

  #startWork(): Promise<void> {
    this.#work ??= this.#bringToDisk().then((ms) => {
      this.#work = null;
      this.#schedule(ms);
    });
    return this.#work;
  }

  /** Does what there is to do on the disk; how long to wait before the next time. */
  async #bringToDisk(): Promise<number> {
    const { writeMs, retryMs } = this.#limits;
    try {
      await this.#write();
      this.#retire();
      await this.#files.saveCursor(this.#cursor);
      await this.#files.removeRetired();
      await this.#files.syncWhenDue(this.#options.clock.now());
      this.#health.worked();
      return writeMs;
    } catch (error) {
      this.#health.failed(error as Error);
      await this.#files.repair().catch(() => {});
      return retryMs;
    }
  }

  async #write(): Promise<void> {
    const { clock } = this.#options;
    for (
      let lines = this.#recent.from(this.#written.line);
      lines !== null;
      lines = this.#recent.from(this.#written.line)
    ) {
      // Lines that were acknowledged before they were written are missing in the files. The cursor is
      // behind them first, so that a restart does not take them for lost.
      if (lines.start.line !== this.#recordEnd?.line) await this.#files.saveCursor(this.#cursor);
      await this.#files.append(lines, clock.now());
      this.#recordEnd = lines.end;
      this.#written = later(this.#written, lines.end);
      this.#boundMemory();
    }
  }

  /** Takes leave of segments that are acknowledged, too many, or too old. */
  #retire(): void {
    const { outboxBytes, ageMs } = this.#limits;
    const { segments } = this.#files;
    const oldestMs = this.#options.clock.now() - ageMs;
    // The newest one goes at an orderly end alone, when nothing waits.
    while (segments.length > (this.#isClosed ? 0 : 1)) {
      const end = segments[1]?.first ?? this.#recent.next;
      if (end.line > this.#done.line) {
        if (segments.length === 1) return;
        if (this.#files.bytes <= outboxBytes && segments[0]!.begunAt >= oldestMs) return;
        this.#dropTo(end);
      }
      this.#files.retireOldest();
    }
  }
}

function later(a: OutboxPlace, b: OutboxPlace): OutboxPlace {
  return a.line >= b.line ? a : b;
}

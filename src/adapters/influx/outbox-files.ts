import { type FileHandle, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeCursor,
  encodeRecord,
  type OutboxCursor,
  type OutboxPlace,
  type PlacedLines,
  segmentName,
} from './outbox-format.ts';
import { CURSOR_NAME, type OutboxSegment } from './recover-outbox.ts';

/** Segments with damage that are kept to be looked at; older ones are removed. */
const CORRUPT_KEPT = 4;

export interface SegmentLimits {
  /** A segment that has so much is not continued. */
  readonly segmentBytes: number;
  /** Nor is one that was begun so long ago. */
  readonly segmentMs: number;
  /** What was written is brought to the disk not more often than this. */
  readonly syncMs: number;
}

/**
 * The files of an outbox, as far as they are written:
 *
 *     outbox/0000000000000000.lines     closed
 *     outbox/0000000000048230.lines     active: the newest, begun by this process
 *     outbox/cursor                     replaced by renaming
 *     outbox/….lines.corrupt            had damage, and is acknowledged where it could be read
 *
 * Only one call runs at a time. They reject with the errors of the system.
 */
export class OutboxFiles {
  readonly #folder: string;
  readonly #limits: SegmentLimits;
  readonly #segments: OutboxSegment[];
  /** No longer in the list, but still in the folder. */
  readonly #retired: OutboxSegment[];
  #active: { readonly segment: OutboxSegment; readonly file: FileHandle } | null;
  #cursor: OutboxCursor | null;
  #unsynced: boolean;
  #syncedAt: number;

  /** `segments` are those found there, ascending; they belong to it from now on. */
  constructor(folder: string, limits: SegmentLimits, segments: OutboxSegment[]) {
    this.#folder = folder;
    this.#limits = limits;
    this.#segments = segments;
    this.#retired = [];
    this.#active = null;
    this.#cursor = null;
    this.#unsynced = false;
    this.#syncedAt = 0;
  }

  /** Ascending; the same array for good. */
  get segments(): readonly OutboxSegment[] {
    return this.#segments;
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether a segment is there that is not needed any more. */
  get hasRetired(): boolean {
    return this.#retired.length > 0;
  }

  /** Whether `syncWhenDue` will bring something to the disk. */
  get hasUnsynced(): boolean {
    return this.#unsynced;
  }

  /** Hands the lines to the system: they survive this process. After a rejection comes `repair`. */
  async append(lines: PlacedLines, now: number): Promise<void> {
    const record = encodeRecord(lines, now);
    const active = await this.#activeFor(lines.start, now);
    await active.file.appendFile(record);
    active.segment.size += record.length;
    this.#unsynced = true;
  }

  /** Leaves what was written of the file that failed, and begins a new one with the next lines. */
  async repair(): Promise<void> {
    const active = this.#active;
    if (active === null) return;
    this.#active = null;
    const { segment, file } = active;
    // What it could not write it cannot flush either; the number is free all the same.
    await file.close().catch(() => {});
    const path = this.#path(segment.name);
    if (segment.size > 0) {
      await truncate(path, segment.size);
    } else {
      // Gone at once: the next segment has the same name.
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      await rm(path, { force: true });
    }
  }

  /** What was written survives a power cut when it resolves, unless it is too early for that. */
  async syncWhenDue(now: number): Promise<void> {
    // A clock that was set must not put it off for good.
    const isEarly = Math.abs(now - this.#syncedAt) < this.#limits.syncMs;
    if (!this.#unsynced || isEarly) return;
    this.#unsynced = false;
    this.#syncedAt = now;
    await this.#active?.file.datasync();
  }

  /** Takes the oldest segment off the list; its file goes with `removeRetired`. */
  retireOldest(): void {
    this.#retired.push(...this.#segments.splice(0, 1));
  }

  async removeRetired(): Promise<void> {
    for (let segment = this.#retired[0]; segment !== undefined; segment = this.#retired[0]) {
      if (segment === this.#active?.segment) await this.close();
      const path = this.#path(segment.name);
      if (segment.isDamaged) await this.#setAside(path);
      else await rm(path, { force: true });
      this.#retired.shift();
    }
  }

  /** Whether the cursor file says this. */
  hasCursor({ place, dropped }: OutboxCursor): boolean {
    return this.#cursor?.place.line === place.line && this.#cursor.dropped === dropped;
  }

  async saveCursor(cursor: OutboxCursor): Promise<void> {
    if (this.hasCursor(cursor)) return;
    const path = this.#path(CURSOR_NAME);
    await writeFile(`${path}.new`, encodeCursor(cursor));
    await rename(`${path}.new`, path);
    this.#cursor = cursor;
  }

  /** The next lines begin a new segment. */
  async close(): Promise<void> {
    const file = this.#active?.file;
    this.#active = null;
    this.#unsynced = false;
    await file?.datasync();
    await file?.close();
  }

  async #activeFor(first: OutboxPlace, now: number) {
    if (this.#active !== null) {
      const { size, begunAt } = this.#active.segment;
      const isOver = size >= this.#limits.segmentBytes || now - begunAt >= this.#limits.segmentMs;
      if (!isOver) return this.#active;
      await this.close();
    }
    const segment = { name: segmentName(first.line), first, begunAt: now };
    const file = await open(this.#path(segment.name), 'w');
    const active = { segment: { ...segment, size: 0, isDamaged: false }, file };
    this.#active = active;
    this.#segments.push(active.segment);
    return active;
  }

  async #setAside(path: string): Promise<void> {
    await rename(path, `${path}.corrupt`).catch(ignoreMissing);
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.lines.corrupt'));
    for (const name of names.sort().slice(0, -CORRUPT_KEPT)) {
      await rm(this.#path(name), { force: true });
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

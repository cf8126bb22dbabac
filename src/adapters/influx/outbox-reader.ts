import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchLimits } from './line-queue.ts';
import { findRecord, type OutboxPlace, type PlacedLines, recordAt } from './outbox-format.ts';
import type { OutboxSegment } from './recover-outbox.ts';

/** The next lines, and whether something before them was there and could not be read. */
export interface ReadLines {
  /** Null: no segment has any. They may begin before the place that was asked for, in one record. */
  readonly lines: PlacedLines | null;
  readonly hasDamage: boolean;
}

/** What is read at once, except for longer records: a full batch and a little more. */
const WINDOW_BYTES = 1_250_000;

/**
 * Reads lines back from the segments, a batch at a time and only when it is asked: nothing is held
 * but the batch. Files are opened for each batch, so that they may be removed at any time.
 */
export class OutboxReader {
  readonly #folder: string;
  readonly #limits: BatchLimits;
  readonly #segments: readonly OutboxSegment[];
  #segment: OutboxSegment | null;
  #offset: number;
  /** The line that is expected at the offset. */
  #line: number;

  /** `segments`, ascending, belong to the owner, who adds and removes. */
  constructor(folder: string, limits: BatchLimits, segments: readonly OutboxSegment[]) {
    this.#folder = folder;
    this.#limits = limits;
    this.#segments = segments;
    this.#segment = null;
    this.#offset = 0;
    this.#line = -1;
  }

  /**
   * The first lines at or behind `from`: records of one segment, without a gap between them, as many
   * as a batch takes. What cannot be read is passed over and its segment marked. Never rejects.
   */
  async read(from: OutboxPlace): Promise<ReadLines> {
    let hasDamage = false;
    let segment = this.#locate(from.line);
    while (segment !== null) {
      while (this.#offset < segment.size) {
        const records = await this.#records(segment, from.line);
        if (records === null) {
          hasDamage = true;
          segment.isDamaged = true;
          await this.#passDamage(segment);
        } else if (records.length > 0) {
          return { lines: merge(records), hasDamage };
        }
      }
      segment = this.#behind(segment);
    }
    return { lines: null, hasDamage };
  }

  /** Goes to the segment that has the line, or else to the first one behind it. */
  #locate(line: number): OutboxSegment | null {
    const isThere = this.#segment !== null && this.#segments.includes(this.#segment);
    if (isThere && line === this.#line) return this.#segment;
    const last = this.#segments.findLast(({ first }) => first.line <= line);
    return this.#enter(last ?? this.#segments[0]);
  }

  #behind(segment: OutboxSegment): OutboxSegment | null {
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    return next === undefined || next === this.#segments[0] ? null : this.#enter(next);
  }

  #enter(segment: OutboxSegment | undefined): OutboxSegment | null {
    this.#segment = segment ?? null;
    this.#offset = 0;
    return this.#segment;
  }

  /** The records at the offset that make a batch, empty when all are before `line`; null: damage. */
  async #records(segment: OutboxSegment, line: number): Promise<PlacedLines[] | null> {
    const bytes = await this.#window(segment);
    if (bytes === null) return null;
    const batch: PlacedLines[] = [];
    let at = 0;
    let found = recordAt(bytes, at);
    if (found.kind !== 'whole') return null;
    while (found.kind === 'whole') {
      const { end } = found.lines;
      if (end.line > line) {
        if (!this.#fits(batch, found.lines)) break;
        batch.push(found.lines);
      }
      at += found.size;
      this.#line = end.line;
      found = recordAt(bytes, at);
    }
    this.#offset += at;
    return batch;
  }

  #fits(batch: readonly PlacedLines[], record: PlacedLines): boolean {
    const first = batch[0]?.start;
    if (first === undefined) return true;
    const { batchPoints, batchBytes } = this.#limits;
    return (
      record.start.line === batch.at(-1)!.end.line &&
      record.end.line - first.line <= batchPoints &&
      record.end.byte - first.byte <= batchBytes
    );
  }

  /** Bytes from the offset on that hold a whole record, if there is one; null: they cannot be read. */
  async #window(segment: OutboxSegment): Promise<Buffer | null> {
    const left = segment.size - this.#offset;
    const bytes = await this.#bytes(segment, Math.min(left, WINDOW_BYTES));
    if (bytes === null) return null;
    const found = recordAt(bytes, 0);
    const isLonger = found.kind === 'short' && found.size > bytes.length && found.size <= left;
    return isLonger ? this.#bytes(segment, found.size) : bytes;
  }

  async #bytes(segment: OutboxSegment, count: number): Promise<Buffer | null> {
    try {
      const file = await open(join(this.#folder, segment.name), 'r');
      try {
        const bytes = Buffer.allocUnsafe(count);
        const { bytesRead } = await file.read(bytes, 0, count, this.#offset);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch {
      return null;
    }
  }

  /** Goes on at the next whole record, or behind the segment. */
  async #passDamage(segment: OutboxSegment): Promise<void> {
    const { size } = segment;
    const bytes = await this.#bytes(segment, size - this.#offset);
    const found = bytes === null ? null : findRecord(bytes, 1);
    this.#offset = found === null ? size : this.#offset + found;
  }
}

function merge(records: readonly PlacedLines[]): PlacedLines {
  const [first] = records;
  if (records.length === 1) return first!;
  const ends: number[] = [];
  let size = 0;
  for (const { batch } of records) {
    for (const end of batch.ends) ends.push(size + end);
    size += batch.bytes.length;
  }
  const bytes = Buffer.concat(records.map(({ batch }) => batch.bytes));
  return { start: first!.start, end: records.at(-1)!.end, batch: { bytes, ends } };
}

import type { EncodedLines } from './line-protocol.ts';
import type { BatchLimits } from './line-queue.ts';
import type { OutboxPlace, PlacedLines } from './outbox-format.ts';

const FIRST_BYTES = 16_384;

interface Chunk {
  readonly start: OutboxPlace;
  bytes: Buffer;
  size: number;
  readonly ends: number[];
  /** It is being sent: further lines go to a new one. */
  isSealed: boolean;
}

/**
 * The newest lines, in memory, without a gap:
 *
 *     first                                  next
 *     [chunk] [chunk] [chunk] [chunk…       ] takes lines until it is a full batch
 *
 * It bounds nothing by itself; its owner forgets the oldest chunks.
 */
export class RecentLines {
  readonly #limits: BatchLimits;
  readonly #chunks: Chunk[];
  #nextLine: number;
  #nextByte: number;

  constructor(limits: BatchLimits, next: OutboxPlace) {
    this.#limits = limits;
    this.#chunks = [];
    this.#nextLine = next.line;
    this.#nextByte = next.byte;
  }

  /** Where its oldest line begins. */
  get first(): OutboxPlace {
    return this.#chunks[0]?.start ?? this.next;
  }

  /** Where the next line will begin. */
  get next(): OutboxPlace {
    return { line: this.#nextLine, byte: this.#nextByte };
  }

  /** Where its oldest chunk ends; null: it is empty. */
  get firstEnd(): OutboxPlace | null {
    const [chunk] = this.#chunks;
    return chunk === undefined ? null : endOf(chunk);
  }

  get bytes(): number {
    return this.#nextByte - this.first.byte;
  }

  /** Copies the lines in. */
  add({ bytes, ends }: EncodedLines): void {
    let start = 0;
    for (const end of ends) {
      const size = end - start;
      const chunk = this.#chunkFor(size);
      reserve(chunk, size);
      chunk.bytes.set(bytes.subarray(start, end), chunk.size);
      chunk.size += size;
      chunk.ends.push(chunk.size);
      this.#nextLine += 1;
      this.#nextByte += size;
      start = end;
    }
  }

  /** Whether no lines will join those from `line` on. */
  isFullFrom(line: number): boolean {
    const newest = this.#chunks.at(-1);
    if (newest === undefined || line >= this.#nextLine) return false;
    return line < newest.start.line || this.#isFull(newest);
  }

  /** The lines from `line` to the end of their chunk, as they are now; null: they are not here. */
  from(line: number): PlacedLines | null {
    const chunk = this.#chunkOf(line);
    return chunk === null ? null : linesOf(chunk, line);
  }

  /** Like `from`, and no line joins them any more. */
  take(line: number): PlacedLines | null {
    const chunk = this.#chunkOf(line);
    if (chunk === null) return null;
    chunk.isSealed = true;
    return linesOf(chunk, line);
  }

  /** Batches that were taken stay as they are. */
  forgetOldest(): void {
    this.#chunks.shift();
  }

  #chunkOf(line: number): Chunk | null {
    const index = this.#chunks.findLastIndex(({ start }) => start.line <= line);
    const chunk = this.#chunks[index];
    return chunk !== undefined && line < endOf(chunk).line ? chunk : null;
  }

  #chunkFor(size: number): Chunk {
    const newest = this.#chunks.at(-1);
    if (newest !== undefined && !newest.isSealed && !this.#isFull(newest, size)) return newest;
    const bytes = Buffer.allocUnsafe(FIRST_BYTES);
    const chunk = { start: this.next, bytes, size: 0, ends: [], isSealed: false };
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Whether a line of `size` bytes would be too much. */
  #isFull(chunk: Chunk, size = 1): boolean {
    const { batchPoints, batchBytes } = this.#limits;
    const isTooLong = chunk.size > 0 && chunk.size + size > batchBytes;
    return chunk.ends.length >= batchPoints || isTooLong;
  }
}

function endOf({ start, ends, size }: Chunk): OutboxPlace {
  return { line: start.line + ends.length, byte: start.byte + size };
}

function linesOf(chunk: Chunk, line: number): PlacedLines {
  const { start, bytes, size, ends } = chunk;
  const skipped = line - start.line;
  const offset = skipped === 0 ? 0 : ends[skipped - 1]!;
  const batch = {
    bytes: bytes.subarray(offset, size),
    ends: ends.slice(skipped).map((end) => end - offset),
  };
  return { start: { line, byte: start.byte + offset }, end: endOf(chunk), batch };
}

function reserve(chunk: Chunk, size: number): void {
  const needed = chunk.size + size;
  if (needed <= chunk.bytes.length) return;
  // The old memory stays as it is: what is being written to the disk may be a view of it.
  const larger = Buffer.allocUnsafe(Math.max(needed, 2 * chunk.bytes.length));
  chunk.bytes.copy(larger, 0, 0, chunk.size);
  chunk.bytes = larger;
}

import type { EncodedLines } from './line-protocol.ts';

/** Lines that leave together. */
export interface LineBatch {
  /** The lines one after the other, each with its line feed. */
  readonly bytes: Uint8Array;
  /** Offset behind each line. */
  readonly ends: readonly number[];
}

/**
 * Where lines wait for InfluxDB. The writer takes the batch at the front, sends it as often as it
 * must, and settles it; only then does the next one come to the front.
 */
export interface LineQueue {
  /** Lines and bytes that wait, the batch at the front included. */
  readonly points: number;
  readonly bytes: number;
  /** Lines that were lost because the queue was full. */
  readonly dropped: number;
  /** Whether the front has come to a full batch, so that waiting for more gains nothing. */
  readonly hasFullBatch: boolean;
  /** Copies the lines in. Never waits and never throws. */
  add(lines: EncodedLines): void;
  /** The oldest batch, the same until it is settled; null: nothing waits. */
  front(): LineBatch | null;
  /** The batch at the front has been written, or was refused for good. */
  settle(): void;
}

/** What a queue in memory may hold; every number is 1 or more. */
export interface LineQueueLimits {
  readonly batchPoints: number;
  readonly batchBytes: number;
  readonly queuePoints: number;
  readonly queueBytes: number;
}

/** Batches in the smallest full queue: as the oldest leave batch by batch, most of it stays. */
const BATCHES_MIN = 8;
const FIRST_BYTES = 16_384;

interface Chunk {
  bytes: Buffer;
  size: number;
  readonly ends: number[];
}

/**
 * A queue in memory:
 *
 *     oldest [chunk] [chunk] [chunk] [chunk…  ] newest, takes lines until it is a full batch
 *             front
 *
 * A chunk becomes one batch. When the queue is full, the oldest chunk is dropped and counted; the
 * front stays while it is being sent. A process that ends loses what is in it.
 */
export class MemoryLineQueue implements LineQueue {
  readonly #limits: LineQueueLimits;
  readonly #chunks: Chunk[];
  #frontTaken: boolean;
  #points: number;
  #bytes: number;
  #dropped: number;

  constructor(limits: LineQueueLimits) {
    const { batchPoints, batchBytes, queuePoints, queueBytes } = limits;
    this.#limits = {
      ...limits,
      batchPoints: Math.min(batchPoints, Math.ceil(queuePoints / BATCHES_MIN)),
      batchBytes: Math.min(batchBytes, Math.ceil(queueBytes / BATCHES_MIN)),
    };
    this.#chunks = [];
    this.#frontTaken = false;
    this.#points = 0;
    this.#bytes = 0;
    this.#dropped = 0;
  }

  get points(): number {
    return this.#points;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get hasFullBatch(): boolean {
    const [first] = this.#chunks;
    return first !== undefined && (this.#chunks.length > 1 || this.#isFull(first));
  }

  add({ bytes, ends }: EncodedLines): void {
    let start = 0;
    for (const end of ends) {
      const size = end - start;
      const chunk = this.#chunkFor(size);
      reserve(chunk, size);
      chunk.bytes.set(bytes.subarray(start, end), chunk.size);
      chunk.size += size;
      chunk.ends.push(chunk.size);
      this.#points += 1;
      this.#bytes += size;
      start = end;
    }
    this.#dropOldest();
  }

  front(): LineBatch | null {
    const [chunk] = this.#chunks;
    if (chunk === undefined) return null;
    this.#frontTaken = true;
    return { bytes: chunk.bytes.subarray(0, chunk.size), ends: chunk.ends };
  }

  settle(): void {
    if (!this.#frontTaken) return;
    this.#frontTaken = false;
    this.#forget(0);
  }

  #chunkFor(size: number): Chunk {
    const newest = this.#chunks.at(-1);
    const isTaken = this.#frontTaken && this.#chunks.length === 1;
    if (newest !== undefined && !isTaken && !this.#isFull(newest, size)) return newest;
    const chunk = { bytes: Buffer.allocUnsafe(FIRST_BYTES), size: 0, ends: [] };
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Whether a line of `size` bytes would be too much. */
  #isFull(chunk: Chunk, size = 1): boolean {
    const { batchPoints, batchBytes } = this.#limits;
    return chunk.ends.length >= batchPoints || chunk.size + size > batchBytes;
  }

  #dropOldest(): void {
    const { queuePoints, queueBytes } = this.#limits;
    const oldest = this.#frontTaken ? 1 : 0;
    while (
      (this.#points > queuePoints || this.#bytes > queueBytes) &&
      this.#chunks.length > oldest
    ) {
      this.#dropped += this.#chunks[oldest]!.ends.length;
      this.#forget(oldest);
    }
  }

  #forget(index: number): void {
    const [chunk] = this.#chunks.splice(index, 1);
    this.#points -= chunk!.ends.length;
    this.#bytes -= chunk!.size;
  }
}

function reserve(chunk: Chunk, size: number): void {
  const needed = chunk.size + size;
  if (needed <= chunk.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(needed, 2 * chunk.bytes.length));
  chunk.bytes.copy(larger, 0, 0, chunk.size);
  chunk.bytes = larger;
}

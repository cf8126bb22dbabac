import type { EncodedLines } from '../../../src/adapters/influx/line-protocol.ts';
import type { LineBatch, LineQueue } from '../../../src/adapters/influx/line-queue.ts';

/** The contract of a queue at its plainest: nothing is bounded, nothing lasts. */
export class PlainQueue implements LineQueue {
  readonly dropped = 0;
  readonly damaged = 0;
  readonly #batchPoints: number;
  #lines: Buffer[] = [];
  #front: LineBatch | null = null;

  constructor(batchPoints = 5_000) {
    this.#batchPoints = batchPoints;
  }

  get points(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return Buffer.concat(this.#lines).length;
  }

  get hasFullBatch(): boolean {
    return this.points >= this.#batchPoints;
  }

  add({ bytes, ends }: EncodedLines): void {
    let start = 0;
    for (const end of ends) {
      this.#lines.push(Buffer.from(bytes.subarray(start, end)));
      start = end;
    }
  }

  async front(): Promise<LineBatch | null> {
    if (this.points === 0) return null;
    const lines = this.#lines.slice(0, this.#batchPoints);
    let end = 0;
    const ends = lines.map(({ length }) => (end += length));
    this.#front ??= { bytes: Buffer.concat(lines), ends };
    return this.#front;
  }

  settle(): void {
    this.#lines.splice(0, this.#front?.ends.length ?? 0);
    this.#front = null;
  }
}

import type { EncodedLines } from './line-protocol.ts';

/** Lines that leave together. */
export interface LineBatch {
  /** The lines one after the other, each with its line feed. */
  readonly bytes: Uint8Array;
  /** Offset behind each line. */
  readonly ends: readonly number[];
}

/** How much leaves together at most; every number is 1 or more. A longer line leaves alone. */
export interface BatchLimits {
  readonly batchPoints: number;
  readonly batchBytes: number;
}

/**
 * Where lines wait for InfluxDB. The writer takes the batch at the front, sends it as often as it
 * must, and settles it; only then does the next one come to the front.
 */
export interface LineQueue {
  /** Lines and bytes that wait, the batch at the front included. */
  readonly points: number;
  readonly bytes: number;
  /** Lines that were lost because they were too many, or waited too long. */
  readonly dropped: number;
  /** Lines that were lost because what was kept of them could not be read. */
  readonly damaged: number;
  /** Whether the front has come to a full batch, so that waiting for more gains nothing. */
  readonly hasFullBatch: boolean;
  /** Copies the lines in. Never waits and never throws. */
  add(lines: EncodedLines): void;
  /** The oldest batch, the same until it is settled; null: nothing waits. Never rejects. */
  front(): Promise<LineBatch | null>;
  /** The batch at the front has been written, or was refused for good. */
  settle(): void;
}

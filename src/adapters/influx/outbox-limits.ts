import type { BatchLimits } from './line-queue.ts';
import type { SegmentLimits } from './outbox-files.ts';

/** What an outbox may hold, and its times in milliseconds. */
export interface OutboxLimits extends BatchLimits, SegmentLimits {
  /** Of all segments: beyond it the oldest one is dropped. */
  readonly outboxBytes: number;
  /** A segment that was begun so long ago is dropped, unless it is the newest. */
  readonly ageMs: number;
  /** Lines that stay in memory although they are on the disk. */
  readonly recentBytes: number;
  /** Lines that wait for the disk: beyond it the oldest are dropped. */
  readonly unwrittenBytes: number;
  /** Lines wait so long for others before they are written. */
  readonly writeMs: number;
  /** Pause after the disk has failed. */
  readonly retryMs: number;
}

/** One gigabyte and a week on the disk, whichever comes first. */
export const outboxLimits: OutboxLimits = {
  batchPoints: 5_000,
  batchBytes: 1_000_000,
  segmentBytes: 8_000_000,
  segmentMs: 3_600_000,
  outboxBytes: 1_000_000_000,
  ageMs: 7 * 86_400_000,
  recentBytes: 16_000_000,
  unwrittenBytes: 128_000_000,
  writeMs: 250,
  syncMs: 1_000,
  retryMs: 1_000,
};

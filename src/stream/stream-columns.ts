import { GAP_RING } from './cadence.ts';
import { HISTORY } from './history.ts';
import { SLOTS } from './season.ts';
import type { ColumnSpecification, Columns } from './slab.ts';

/**
 * What every stream has, whatever model it belongs to: its place in time, its scale, its day and
 * its newest readings. Values are float64, or relative to the origin where they are float32.
 */
export const streamSpecification = {
  /** The first value; what float32 columns are relative to. */
  origin: { type: 'f64', width: 1, fill: Number.NaN },
  /** Value and time of the newest step. */
  value: { type: 'f64', width: 1, fill: Number.NaN },
  time: { type: 'f64', width: 1, fill: Number.NaN },
  /** Time of the newest reading that was neither late nor retained. */
  latest: { type: 'f64', width: 1, fill: Number.NaN },
  /** Value, after its transform, and time of the newest reading that broke no limit. */
  keptValue: { type: 'f64', width: 1, fill: Number.NaN },
  keptTime: { type: 'f64', width: 1, fill: Number.NaN },
  /** The newest reading of a counter, before its transform. */
  counter: { type: 'f64', width: 1, fill: Number.NaN },
  /** The open bucket of a stream that is aggregated; see aggregation.ts. */
  bucketStart: { type: 'f64', width: 1, fill: Number.NaN },
  bucketSum: { type: 'f64', width: 1 },
  bucketCount: { type: 'u32', width: 1 },
  bucketMin: { type: 'f64', width: 1 },
  bucketMax: { type: 'f64', width: 1 },
  bucketLast: { type: 'f64', width: 1 },
  /** Arrival of the newest reading, and the usual time between arrivals. */
  arrival: { type: 'f64', width: 1, fill: Number.NaN },
  arrivalGap: { type: 'f64', width: 1, fill: Number.NaN },
  /** The newest reading as shown: retained ones show, but make no step. */
  shownTime: { type: 'f64', width: 1, fill: Number.NaN },
  shownValue: { type: 'f64', width: 1, fill: Number.NaN },
  shownExpected: { type: 'f64', width: 1, fill: Number.NaN },
  /** Bits by index into `flagNames`. */
  shownFlags: { type: 'u8', width: 1 },
  /** Milliseconds; NaN before the second reading. */
  cadence: { type: 'f64', width: 1, fill: Number.NaN },
  gaps: { type: 'f64', width: GAP_RING },
  gapCount: { type: 'u32', width: 1 },
  /** Running mean and variance of the value relative to the origin. */
  mean: { type: 'f64', width: 1 },
  variance: { type: 'f64', width: 1 },
  count: { type: 'f64', width: 1 },
  /** Running mean square of the one-step difference. */
  differenceSquare: { type: 'f64', width: 1 },
  differenceCount: { type: 'f64', width: 1 },
  seasonRing: { type: 'f32', width: SLOTS, fill: Number.NaN },
  slotNow: { type: 'f64', width: 1, fill: Number.NaN },
  slotSum: { type: 'f64', width: 1 },
  slotCount: { type: 'u32', width: 1 },
  /** The newest readings in order of time; see history.ts. */
  historyTime: { type: 'f64', width: HISTORY },
  historyValue: { type: 'f64', width: HISTORY },
  historyCount: { type: 'u32', width: 1 },
  /** Index of the stream rule that matched. */
  rule: { type: 'u32', width: 1 },
  /** 1 + index of the model group; 0: none yet. And the row there. */
  group: { type: 'u32', width: 1 },
  member: { type: 'u32', width: 1 },
  stale: { type: 'u8', width: 1 },
  /** Readings that came late or corrected one, and readings dropped for their time. */
  lateCount: { type: 'u32', width: 1 },
  droppedCount: { type: 'u32', width: 1 },
} as const satisfies Record<string, ColumnSpecification>;

export type StreamColumns = Columns<typeof streamSpecification>;

import type { Observable } from 'rxjs';
import type { EngineEvent } from '../engine/event.ts';
import type { Outcomes } from '../engine/outcome.ts';
import type {
  ModelSummary,
  StreamHistory,
  StreamState,
  StreamSummary,
} from '../engine/stream-views.ts';
import type { CheckpointResult, WeightsResult } from '../engine/training/training-result.ts';
import type { TrainingRows } from '../engine/training/training-rows.ts';
import type { ForecastItem, ReadingItem } from '../protocol/items.ts';
import type { InfluxField, InfluxPoint, PointSink } from './influx-point.ts';

export type {
  InfluxField,
  InfluxPoint,
  ModelSummary,
  PointSink,
  StreamHistory,
  StreamState,
  StreamSummary,
};

/** The contracts between the pipeline and the outside worlds. Adapters implement them and decide nothing. */

/** Wall clock. Only the composition root picks a real one. */
export interface Clock {
  /** Whole milliseconds since 1970. */
  now(): number;
}

/** Where changes of state are told in words; pino's shape. What happens per reading is counted, never logged. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One message from a broker. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** Called once, after the journal has what the message carried. Never throws. */
  readonly acknowledge: () => void;
}

/** One message for a broker. */
export interface OutgoingMessage {
  /** Without wildcards. */
  readonly topic: string;
  readonly payload: string;
  /** The broker keeps it for those who subscribe later; an empty payload takes it away. */
  readonly retain: boolean;
}

/** Where messages come from: a client of an outside broker, or the embedded broker. */
export interface MessageSource {
  /** Hot; never errors. Completes after `close`. */
  readonly messages$: Observable<Message>;
  /** Stops taking messages in; resolves when no further message will come. */
  close(): Promise<void>;
}

/** Where events become durable. */
export interface Journal {
  /**
   * Resolves with the event's position once it is durable; positions rise strictly. Rejects only
   * when it never will be, since the journal was closed before.
   */
  append(event: EngineEvent): Promise<number>;
  /**
   * Null: events are welcome. Else what was appended waits for the disk, and the promise resolves
   * when events are welcome again; none must be appended or folded before.
   */
  accepting(): Promise<void> | null;
  close(): Promise<void>;
}

/** Read-only views of the streams, as adapters show them. All answers are of one moment. */
export interface StreamDirectory {
  /** Number of streams. */
  readonly count: number;
  /** Ids in ascending order of code units. */
  ids(): readonly string[];
  has(id: string): boolean;
  row(id: string): number | null;
  summary(id: string): StreamSummary | null;
  lastReading(id: string): ReadingItem | null;
  forecast(id: string): ForecastItem | null;
  /** The newest `limit` readings with from ≤ t ≤ to, ascending in time. */
  history(id: string, from: number, to: number, limit: number): StreamHistory | null;
  /** Hidden and cell state, (H) each. */
  state(id: string): StreamState | null;
  models(): readonly ModelSummary[];
}

/** What sinks see: every outcome in order, hot, never errors. */
export interface OutcomeFeed {
  readonly outcomes$: Observable<Outcomes>;
}

/** Learning, on another thread. */
export interface Training {
  /** Takes steps to learn from; the arrays belong to it from now on. Drops and counts what it cannot keep up with. */
  send(rows: TrainingRows): void;
  /** Hot; never errors. */
  readonly results$: Observable<TrainingReport>;
}

/** A training result with what only the adapter can know. */
export type TrainingReport =
  | (WeightsResult & {
      /** Time spent on updates since the version before. */
      readonly seconds: number;
      /** CRC-32C of the weights' bytes, hexadecimal. */
      readonly digest: string;
    })
  | CheckpointResult;

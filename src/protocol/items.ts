/**
 * The items that leave Inkling: the same objects on WebSocket, HTTP and MQTT.
 * Numbers that are not known are null, never missing. Times are whole milliseconds since 1970.
 */

/** A reading as received, with what was expected of it. */
export interface ReadingItem {
  kind: 'reading';
  stream: string;
  /** The reading's own time, or its arrival when it carries none. */
  t: number;
  /** As received; null: known to be missing, or imputed. */
  v: number | null;
  flags: ReadingFlag[];
  /** Median of the one-step forecast issued before this reading. */
  expected: number | null;
  /** Anomaly score, a mean −log₁₀ p. */
  score: number | null;
}

export type ReadingFlag = 'late' | 'imputed' | 'retained' | 'limit';

/** One multi-horizon forecast, issued right after a reading. */
export interface ForecastItem {
  kind: 'forecast';
  stream: string;
  /** Time of the reading it follows. */
  issued: number;
  /** The stream's cadence in milliseconds. */
  step: number;
  /** Target times, ascending; same length as `median` and every bound. */
  targets: number[];
  median: number[];
  levels: ForecastLevel[];
  /** Model and version, as in `shared@17`. */
  model: string;
  state: ForecastState;
  /** 1 − error / error of the best naive forecast, discounted; null until measured. */
  skill: number | null;
}

/** A central prediction interval: `level` of all targets should fall between the bounds. */
export interface ForecastLevel {
  level: number;
  lower: number[];
  upper: number[];
  /** Share of past targets that did fall inside; null until measured. */
  coverage: number | null;
}

export type ForecastState = 'warming' | 'ok' | 'fallback' | 'stale';

export interface AnomalyItem {
  kind: 'anomaly';
  stream: string;
  t: number;
  value: number | null;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  score: number | null;
  direction: 'up' | 'down';
  reasons: string[];
}

export interface AlertItem {
  kind: 'alert';
  id: string;
  rule: string;
  stream: string;
  state: 'pending' | 'firing' | 'acknowledged' | 'resolved';
  severity: string;
  since: number;
  value: number | null;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  reasons: string[];
}

/** Something happened to a model. */
export interface ModelItem {
  kind: 'model';
  model: string;
  version: number;
  event: ModelEvent;
  loss: number | null;
  /** How long it took. */
  seconds: number | null;
}

export type ModelEvent = 'published' | 'checkpoint' | 'rollback' | 'diverged';

export type Item = ReadingItem | ForecastItem | AnomalyItem | AlertItem | ModelItem;
export type ItemKind = Item['kind'];

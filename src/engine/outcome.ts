import type { AnomalyItem, ForecastItem, ModelItem, ReadingItem } from '../protocol/items.ts';

/** What one event led to, in order. */
export interface Outcomes {
  readonly steps: readonly StepOutcome[];
  readonly notices: readonly (AnomalyItem | ModelItem)[];
  /** Ids of streams that this event created or removed. */
  readonly created: readonly string[];
  readonly removed: readonly string[];
}

/** One reading (received or imputed) and the forecast that followed it. */
export interface StepOutcome {
  /** The stream's row in the engine's slabs. */
  readonly row: number;
  readonly reading: ReadingItem;
  /** Intervals of the one-step forecast issued before the reading; null: none, or nobody takes them. */
  readonly interval: readonly OneStepInterval[] | null;
  /** Null when nobody asked for this stream's forecasts, or the reading made none. */
  readonly forecast: ForecastItem | null;
  /** Values of the topic template's names. */
  readonly labels: Readonly<Record<string, string>> | null;
}

export interface OneStepInterval {
  readonly level: number;
  readonly lower: number;
  readonly upper: number;
}

/** What somebody takes; the engine builds nothing else. Its state does not depend on it. */
export interface OutcomeDemand {
  /** Whether somebody takes the forecasts of the stream in this row. */
  readonly forecast: ForecastDemand;
  /** Whether somebody takes the intervals that readings were expected in. */
  readonly intervals: boolean;
}

export type ForecastDemand = (row: number) => boolean;

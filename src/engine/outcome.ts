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
  /** Null when nobody asked for this stream's forecasts, or the reading made none. */
  readonly forecast: ForecastItem | null;
}

/** Whether somebody takes the forecasts of the stream in this row; none is built otherwise. */
export type ForecastDemand = (row: number) => boolean;

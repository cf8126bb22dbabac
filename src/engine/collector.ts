import type { AnomalyItem } from '../protocol/items.ts';
import type { OutcomeDemand } from './outcome.ts';
import type { MutableOutcome } from './stepper.ts';

/** Where one event's outcomes are collected, and what of them is taken. */
export interface Collector {
  readonly steps: MutableOutcome[];
  readonly notices: AnomalyItem[];
  readonly created: string[];
  readonly demand: OutcomeDemand;
}

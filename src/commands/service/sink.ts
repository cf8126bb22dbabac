import type { OutcomeDemand, Outcomes } from '../../engine/outcome.ts';

/** One way out for outcomes; each waits for the journal. */
export interface Sink {
  readonly name: 'influx' | 'mqttOutput';
  readonly demand: OutcomeDemand;
  /** Takes the outcomes of one event, in order. Never throws, never waits. */
  take(outcomes: Outcomes): void;
  /** About each second: what is due without a reading. */
  tick(): void;
  /** Why it cannot deliver at the moment, for `/readyz`; null: it can. */
  problem(): string | null;
  /** Its part of the metrics, by the names in `sink-metrics.ts`. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** Delivers what it can in short time. */
  close(): Promise<void>;
}

/** What all sinks together take. */
export function demandOf(sinks: readonly { readonly demand: OutcomeDemand }[]): OutcomeDemand {
  const demands = sinks.map(({ demand }) => demand);
  return {
    forecast: (row) => demands.some((demand) => demand.forecast(row)),
    intervals: demands.some(({ intervals }) => intervals),
  };
}

import type { ForecastItem } from '../protocol/items.ts';

/** What was forecast so many steps ahead, kept until the reading it is about. */
export interface LeadForecast {
  /** Steps ahead. */
  readonly lead: number;
  /** Time it is about. */
  readonly target: number;
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

interface PendingForecast extends LeadForecast {
  /** How far from the target a reading may be, either way: half a step of the stream. */
  readonly halfStepMs: number;
}

/** Readings closer together than a step leave some of the waiting forecasts unmatched for a while. */
const SPARE_PER_LEAD = 16;

/**
 * Forecasts at chosen leads, waiting for what came true.
 *
 *     stream ─▶ one queue per lead, by target:  [12:00] [12:01] [12:02]
 *     reading at 12:00:04 ──────────────────────────┘ within half a step
 *
 * The first reading within half a step of a target is its actual value; a target that readings have
 * passed, or whose reading is missing, is forgotten. Above `entriesMax` waiting forecasts further
 * ones are not kept, and counted.
 */
export class LeadBook {
  readonly #leads: readonly number[];
  readonly #entriesMax: number;
  readonly #streams: Map<string, PendingForecast[][]>;
  #pending: number;
  #dropped: number;

  /** `leads`: steps ahead, each 1 or more. */
  constructor(leads: readonly number[], entriesMax: number) {
    this.#leads = leads;
    this.#entriesMax = entriesMax;
    this.#streams = new Map();
    this.#pending = 0;
    this.#dropped = 0;
  }

  /** Forecasts that wait. */
  get pending(): number {
    return this.#pending;
  }

  /** Forecasts that were not kept for lack of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps the forecast's values at the leads it reaches. `boundsAt` gives the bounds by target's index. */
  keep(
    forecast: ForecastItem,
    boundsAt: (index: number) => { readonly lower: number; readonly upper: number },
  ): void {
    const queues = this.#queuesOf(forecast.stream);
    this.#leads.forEach((lead, which) => {
      const index = indexOfLead(forecast, lead);
      if (index < 0) return;
      if (queues[which]!.length >= lead + SPARE_PER_LEAD) {
        queues[which]!.shift();
        this.#pending -= 1;
        this.#dropped += 1;
      }
      if (this.#pending >= this.#entriesMax) {
        this.#dropped += 1;
        return;
      }
      this.#pending += 1;
      queues[which]!.push({
        lead,
        target: forecast.targets[index]!,
        median: forecast.median[index]!,
        ...boundsAt(index),
        halfStepMs: forecast.step / 2,
      });
    });
  }

  /** The forecasts that a reading at `time` settles; it settles some for nothing when it is missing. */
  settle(stream: string, time: number, isMissing: boolean): LeadForecast[] {
    const queues = this.#streams.get(stream);
    if (queues === undefined) return [];
    const settled: LeadForecast[] = [];
    for (const queue of queues) {
      let count = 0;
      while (count < queue.length) {
        const waiting = queue[count]!;
        if (waiting.target > time + waiting.halfStepMs) break;
        if (!isMissing && waiting.target >= time - waiting.halfStepMs) settled.push(waiting);
        count += 1;
      }
      if (count > 0) queue.splice(0, count);
      this.#pending -= count;
    }
    return settled;
  }

  /** The stream is gone. */
  forget(stream: string): void {
    for (const queue of this.#streams.get(stream) ?? []) this.#pending -= queue.length;
    this.#streams.delete(stream);
  }

  #queuesOf(stream: string): PendingForecast[][] {
    let queues = this.#streams.get(stream);
    if (queues === undefined) {
      queues = this.#leads.map(() => []);
      this.#streams.set(stream, queues);
    }
    return queues;
  }
}

/** Where the forecast's target `lead` steps ahead is; −1: it has none. */
function indexOfLead({ targets, issued, step }: ForecastItem, lead: number): number {
  const target = Math.round(issued + lead * step);
  // Forecasts of all steps have it in its place; those of chosen leads are searched.
  return targets[lead - 1] === target ? lead - 1 : targets.indexOf(target);
}

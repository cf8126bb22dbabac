import type { StreamDirectory } from '../../pipeline/ports.ts';
import type { ForecastItem, ReadingItem } from '../../protocol/items.ts';
import type { Audience } from './audience.ts';
import { EncodedItem } from './encoded-item.ts';
import type { Subscription } from './subscription.ts';

export interface SnapshotOptions {
  readonly directory: StreamDirectory;
  /** Newest readings of each stream; 0: only the last, if `newest`. */
  readonly history: number;
  /** Whether the last reading and the forecast belong to it. */
  readonly newest: boolean;
}

/** Ids passed over in one step, at most. */
const IDS_PER_STEP = 5_000;

/** Fills a subscription's snapshot in steps, in ascending order of ids. */
export class SnapshotWalk {
  readonly #options: SnapshotOptions;
  readonly #audience: Audience;
  readonly #ids: readonly string[];
  #next: number;

  constructor(audience: Audience, options: SnapshotOptions) {
    this.#options = options;
    this.#audience = audience;
    this.#ids = options.directory.ids();
    this.#next = 0;
  }

  /**
   * Goes on until `streamsMax` streams are in, or about `bytesMax` wait in the subscription.
   * True when all are in. `offset` is the newest given out: what the snapshot is as of.
   */
  step(
    subscription: Subscription,
    bounds: { offset: number; streamsMax: number; bytesMax: number },
  ): boolean {
    const to = Math.min(this.#ids.length, this.#next + IDS_PER_STEP);
    let streams = 0;
    while (this.#next < to && streams < bounds.streamsMax) {
      if (subscription.queueBytes > bounds.bytesMax) break;
      const id = this.#ids[this.#next++]!;
      const row = this.#options.directory.row(id);
      if (row === null || !this.#audience.rows.has(row)) continue;
      streams++;
      const items = this.#itemsOf(id).map((item) => new EncodedItem(item, bounds.offset, row));
      subscription.addSnapshot(row, items);
    }
    return this.#next === this.#ids.length;
  }

  #itemsOf(id: string): (ReadingItem | ForecastItem)[] {
    const { directory, history, newest } = this.#options;
    const items: (ReadingItem | ForecastItem)[] = [];
    if (this.#audience.kinds.has('reading')) {
      const last = directory.lastReading(id);
      if (history > 0) items.push(...this.#readingsBefore(id, last));
      if (last !== null) items.push(last);
    }
    if (newest && this.#audience.kinds.has('forecast')) {
      const forecast = directory.forecast(id);
      if (forecast !== null) items.push(forecast);
    }
    return items;
  }

  /** Past readings carry what history keeps: time and value. */
  #readingsBefore(id: string, last: ReadingItem | null): ReadingItem[] {
    const { directory, history } = this.#options;
    const oldest = Number.MIN_SAFE_INTEGER;
    const before = last === null ? Number.MAX_SAFE_INTEGER : last.t - 1;
    const limit = last === null ? history : history - 1;
    const past = limit === 0 ? null : directory.history(id, oldest, before, limit);
    if (past === null) return [];
    return past.t.map((t, index) => ({
      kind: 'reading',
      stream: id,
      t,
      v: past.v[index]!,
      flags: [],
      expected: null,
      score: null,
    }));
  }
}

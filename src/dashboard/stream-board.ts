import type { StreamListing } from '../client/stream-listing.ts';
import type { ForecastItem, ForecastState, ReadingItem } from '../protocol/items.ts';

/** What the list shows of a stream. `recent` holds the newest values, oldest first. */
export interface BoardEntry {
  readonly id: string;
  state: ForecastState;
  cadence: number | null;
  t: number | null;
  v: number | null;
  unit: string | null;
  skill: number | null;
  score: number | null;
  recent: (number | null)[];
}

/** Values of a sparkline. */
export const recentMax = 60;

/**
 * All streams the page knows, by id, at most `entriesMax`: what comes beyond that is counted, not
 * kept. Listings bring states, units and skill; readings bring values between two listings.
 * `takeChanged` tells a renderer what to draw again.
 */
export class StreamBoard {
  readonly #entriesMax: number;
  readonly #entries: Map<string, BoardEntry>;
  readonly #beyond: Set<string>;
  #changed: Set<string>;
  #readings: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
    this.#entries = new Map();
    this.#beyond = new Set();
    this.#changed = new Set();
    this.#readings = 0;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Streams seen and not kept, itself counted up to a hundred thousand. */
  get beyondCount(): number {
    return this.#beyond.size;
  }

  /** Readings that brought something newer since the page was opened. */
  get readings(): number {
    return this.#readings;
  }

  get(id: string): BoardEntry | null {
    return this.#entries.get(id) ?? null;
  }

  entries(): IterableIterator<BoardEntry> {
    return this.#entries.values();
  }

  /** Takes one complete listing: streams missing from it are gone. */
  list(listings: readonly StreamListing[]): void {
    const present = new Set(listings.map(({ id }) => id));
    for (const id of this.#entries.keys()) {
      if (present.has(id)) continue;
      this.#entries.delete(id);
      this.#changed.add(id);
    }
    for (const listing of listings) this.#takeListing(listing);
  }

  read(reading: ReadingItem): void {
    const entry = this.#entries.get(reading.stream) ?? this.#add(reading.stream);
    // A late reading corrects history; the row shows the newest.
    if (entry === null || (entry.t !== null && reading.t < entry.t)) return;
    const corrects = entry.t === reading.t;
    // A stream's first value here is a snapshot's: it tells nothing of the rate.
    if (entry.t !== null && !corrects) this.#readings += 1;
    entry.t = reading.t;
    entry.v = reading.v;
    entry.score = reading.score ?? entry.score;
    if (corrects) entry.recent.pop();
    entry.recent.push(reading.v);
    if (entry.recent.length > recentMax) entry.recent.shift();
    this.#changed.add(entry.id);
  }

  /** A forecast says how its stream is, sooner than the next listing. */
  judge(forecast: ForecastItem): void {
    const entry = this.#entries.get(forecast.stream);
    if (entry === undefined) return;
    entry.state = forecast.state;
    entry.skill = forecast.skill;
    this.#changed.add(entry.id);
  }

  /** Puts older values beneath the sparkline of a stream that has just come into view. */
  seed(id: string, older: readonly (number | null)[]): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || older.length <= entry.recent.length) return;
    entry.recent = older.slice(-recentMax);
    this.#changed.add(id);
  }

  /** Ids added, changed or gone since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #takeListing(listing: StreamListing): void {
    const entry = this.#entries.get(listing.id) ?? this.#add(listing.id);
    if (entry === null) return;
    entry.state = listing.state;
    entry.cadence = listing.cadence;
    entry.skill = listing.skill;
    entry.score = listing.score;
    entry.unit = listing.unit;
    if (listing.last !== null && (entry.t === null || listing.last.t > entry.t)) {
      entry.t = listing.last.t;
      entry.v = listing.last.v;
    }
    this.#changed.add(entry.id);
  }

  #add(id: string): BoardEntry | null {
    if (this.#entries.size >= this.#entriesMax) {
      if (this.#beyond.size < 100_000) this.#beyond.add(id);
      return null;
    }
    const entry: BoardEntry = {
      id,
      state: 'warming',
      cadence: null,
      t: null,
      v: null,
      unit: null,
      skill: null,
      score: null,
      recent: [],
    };
    this.#entries.set(id, entry);
    this.#changed.add(id);
    return entry;
  }
}

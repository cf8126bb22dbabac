import type { StreamDirectory, StreamSummary } from './ports.ts';

export interface StreamQuery {
  /** Which ids are wanted. */
  readonly matches: (id: string) => boolean;
  /** Which ids whoever asks may know of. */
  readonly sees: (id: string) => boolean;
  /** Summaries at most; one or more. */
  readonly limit: number;
  /** Ids above this one; null: from the first. */
  readonly after: string | null;
}

export interface StreamPage {
  readonly streams: StreamSummary[];
  /** What to ask for as `after` to go on; null at the end. */
  readonly next: string | null;
}

/** Ids looked at for one page: bounds the time a query takes when hardly any id matches. */
const VISITS_MAX = 20_000;

/**
 * One page of streams in ascending order of id. A page may be short, even empty, and still have a
 * `next`: then the bound on ids looked at has ended it.
 */
export function listStreams(directory: StreamDirectory, query: StreamQuery): StreamPage {
  const ids = directory.ids();
  const streams: StreamSummary[] = [];
  const start = query.after === null ? 0 : firstAbove(ids, query.after);
  for (let index = start; index < ids.length; index++) {
    const id = ids[index]!;
    // Only ids that may be known end a page: its `next` must not give another away.
    if (!query.sees(id)) continue;
    if (query.matches(id)) {
      const summary = directory.summary(id);
      if (summary !== null) streams.push(summary);
    }
    const full = streams.length === query.limit || index - start >= VISITS_MAX;
    if (full) return { streams, next: index < ids.length - 1 ? id : null };
  }
  return { streams, next: null };
}

/** Index of the first id above `id` in an ascending list. */
function firstAbove(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

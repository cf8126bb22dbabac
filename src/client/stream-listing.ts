import type { ForecastState } from '../protocol/items.ts';
import type { ResultMessage } from '../protocol/server-messages.ts';

/** One stream as the server lists it. */
export interface StreamListing {
  readonly id: string;
  readonly state: ForecastState;
  /** Milliseconds; null before the second reading. */
  readonly cadence: number | null;
  readonly last: { readonly t: number; readonly v: number | null } | null;
  readonly skill: number | null;
  readonly score: number | null;
  readonly model: string | null;
  readonly unit: string | null;
}

export interface StreamsRequest {
  readonly type: 'streams';
  readonly match: string;
  readonly limit: number;
  readonly after: string | null;
}

const pageSizeMax = 1000;

/**
 * Asks for page after page until there is no next one or `limit` streams are there. A page may be
 * empty and still have a next one; ids rise strictly from page to page, so the walk ends.
 */
export async function listStreams(
  ask: (page: StreamsRequest) => Promise<ResultMessage['data']>,
  match: string,
  limit: number,
): Promise<StreamListing[]> {
  const listings: StreamListing[] = [];
  let after: string | null = null;
  do {
    const size = Math.min(pageSizeMax, limit - listings.length);
    const data = await ask({ type: 'streams', match, limit: size, after });
    const page = data as unknown as { streams: StreamListing[]; next: string | null };
    listings.push(...page.streams);
    after = page.next;
  } while (after !== null && listings.length < limit);
  return listings;
}

import type { History } from './series-window.ts';
import type { StreamListing } from './stream-board.ts';

/** The page's reads over HTTP: what a subscription does not bring. Each rejects when the server does not answer 2xx. */
export interface HttpSource {
  /** All streams in ascending order of ids, at most `streamsMax` of them. */
  streams(streamsMax: number): Promise<StreamListing[]>;
  /** The newest `limit` readings of a stream, ascending. */
  history(stream: string, limit: number): Promise<History>;
}

const pageSize = 500;
const answerMsMax = 15_000;

/** `origin` as in `http://host:port`; `token` goes with every request unless null. */
export function httpSource(origin: string, token: string | null): HttpSource {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(path, origin), {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(answerMsMax),
    });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}.`);
    return (await response.json()) as T;
  };
  return {
    async streams(streamsMax) {
      const listings: StreamListing[] = [];
      let after: string | null = null;
      do {
        const query = new URLSearchParams({ limit: String(pageSize) });
        if (after !== null) query.set('after', after);
        const page: { streams: StreamListing[]; next: string | null } = await get(
          `/v1/streams?${query}`,
        );
        listings.push(...page.streams);
        after = page.next;
      } while (after !== null && listings.length < streamsMax);
      return listings.slice(0, streamsMax);
    },
    history: (stream, limit) =>
      get(`/v1/streams/${encodeURIComponent(stream)}/history?limit=${limit}`),
  };
}

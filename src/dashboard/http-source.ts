import type { History } from './series-window.ts';

/**
 * The page's reads over HTTP: what a subscription does not bring. Rejects when the server does not
 * answer 2xx.
 */
export interface HttpSource {
  /** The newest `limit` readings of a stream, ascending. */
  history(stream: string, limit: number): Promise<History>;
}

const answerMsMax = 15_000;

/** `origin` as in `http://host:port`; `token` goes with every request unless null. */
export function httpSource(origin: string, token: string | null): HttpSource {
  return {
    async history(stream, limit) {
      const path = `/v1/streams/${encodeURIComponent(stream)}/history?limit=${limit}`;
      const response = await fetch(new URL(path, origin), {
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(answerMsMax),
      });
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}.`);
      return (await response.json()) as History;
    },
  };
}

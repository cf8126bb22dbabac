import { asyncScheduler, type Observable, type SchedulerLike } from 'rxjs';
import type { BatchMessage } from '../protocol/server-messages.ts';
import { systemRandom } from './back-off.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { type ItemSelection, itemFeed } from './item-feed.ts';
import { request } from './request.ts';
import { listStreams, type StreamListing } from './stream-listing.ts';
import { globalWebSocket, type WebSocketConstructor } from './web-socket-like.ts';

export interface ConnectOptions {
  /** Needed when the server's `hello` asks for a token. */
  readonly token?: string;
  /** The WebSocket class; needed where the runtime has none (Node 20: give it the one of `ws`). */
  readonly WebSocket?: WebSocketConstructor;
  /** Numbers in [0, 1) for the jitter between attempts. */
  readonly random?: () => number;
  /** Where timers run; asynchronous by default. */
  readonly scheduler?: SchedulerLike;
}

export interface Client {
  /**
   * The present state at once, then every change. A lost connection is tried again without end,
   * half a second to thirty seconds apart; `unauthorised` is final: connect anew with another
   * token.
   */
  readonly state$: Observable<ConnectionState>;
  /** Batches of items, in order, over all reconnections. See `itemFeed` for its promises. */
  items$(selection: ItemSelection): Observable<BatchMessage>;
  /**
   * Resolves with the matching streams in ascending order of id, at most `limit`; asks page by
   * page. Waits for `ready`. Rejects with `RequestRefused` when refused, and when an answer takes
   * longer than 10 s.
   */
  streams(match: string, limit?: number): Promise<StreamListing[]>;
  /** Ends everything: observables complete. */
  close(): void;
}

/**
 * Opens a client of `url`, which ends in `/v1/ws`. Throws only when there is no WebSocket class.
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  const WebSocket = options.WebSocket ?? globalWebSocket();
  if (WebSocket === null) throw new Error('This runtime has no WebSocket class: pass one.');
  const scheduler = options.scheduler ?? asyncScheduler;
  const connection = new Connection({
    url,
    token: options.token ?? null,
    WebSocket,
    random: options.random ?? systemRandom,
    scheduler,
  });
  let lastId = 0;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  return {
    state$: connection.state$,
    items$: (selection) => itemFeed(connection, nextId, selection),
    streams: (match, limit = 10_000) =>
      listStreams(
        (page) => request(connection, { id: nextId(), ...page }, scheduler),
        match,
        limit,
      ),
    close: () => connection.close(),
  };
}

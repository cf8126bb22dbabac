import { filter, Observable, Subscription, take, takeUntil } from 'rxjs';
import type { ClientMessageInput } from '../protocol/client-messages.ts';
import type { BatchMessage, ServerMessage } from '../protocol/server-messages.ts';
import type { Connection } from './connection.ts';
import { answers } from './request.ts';
import { RequestRefused } from './request-refused.ts';

type SubscribeInput = Extract<ClientMessageInput, { type: 'subscribe' }>;

/** What to subscribe to: the protocol's `subscribe` without what the client fills in. */
export type ItemSelection = Omit<SubscribeInput, 'id' | 'type' | 'resume'>;

/**
 * One subscription that outlives its sockets. After every `ready` it is sent anew, with the epoch
 * and offset of the last batch, so that the server can go on from there; a server that cannot sends
 * a snapshot first. Cold: each subscriber has its own subscription at the server, given back on
 * unsubscribe. Errors with `RequestRefused` when the server refuses the selection; completes when
 * the client is closed.
 */
export function itemFeed(
  connection: Connection,
  nextId: () => number,
  selection: ItemSelection,
): Observable<BatchMessage> {
  return new Observable((subscriber) => {
    const feed = new Subscription();
    let requestId: number | null = null;
    let subscription: number | null = null;
    let resume: { epoch: string; offset: number } | null = null;

    const takeBatch = (batch: BatchMessage): void => {
      if (batch.subscription !== subscription) return;
      // Offset 0 marks a part of a snapshot that goes on: there is nothing yet to resume from.
      if (batch.offset > 0) resume = { epoch: batch.epoch, offset: batch.offset };
      subscriber.next(batch);
    };
    const takeAnswer = (message: ServerMessage): void => {
      if (message.type === 'subscribed') subscription = message.subscription;
      if (message.type !== 'error') return;
      requestId = null;
      subscriber.error(new RequestRefused(message.code, message.message, message.hint ?? null));
    };
    const receive = (message: ServerMessage): void => {
      if (message.type === 'batch') takeBatch(message);
      else if (requestId !== null && answers(message, requestId)) takeAnswer(message);
    };

    feed.add(
      connection.messages$.subscribe({ next: receive, complete: () => subscriber.complete() }),
    );
    feed.add(
      connection.state$.subscribe((state) => {
        requestId = null;
        subscription = null;
        if (state !== 'ready') return;
        requestId = nextId();
        connection.send({
          id: requestId,
          type: 'subscribe',
          ...selection,
          ...(resume === null ? {} : { resume }),
        });
      }),
    );
    return () => {
      feed.unsubscribe();
      if (subscription !== null) release(connection, nextId, subscription);
      else if (requestId !== null) releaseWhenKnown(connection, nextId, requestId);
    };
  });
}

function release(connection: Connection, nextId: () => number, subscription: number): void {
  connection.send({ id: nextId(), type: 'unsubscribe', subscription });
}

/** The consumer left before the server had named the subscription: give it back once it has. */
function releaseWhenKnown(connection: Connection, nextId: () => number, requestId: number): void {
  const lost$ = connection.state$.pipe(filter((state) => state !== 'ready'));
  connection.messages$
    .pipe(
      filter((message) => answers(message, requestId)),
      take(1),
      takeUntil(lost$),
    )
    .subscribe((message) => {
      if (message.type === 'subscribed') release(connection, nextId, message.subscription);
    });
}

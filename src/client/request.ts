import {
  defer,
  EMPTY,
  filter,
  firstValueFrom,
  map,
  merge,
  type SchedulerLike,
  switchMap,
  take,
  timeout,
} from 'rxjs';
import type { ClientMessageInput } from '../protocol/client-messages.ts';
import type { ResultMessage, ServerMessage } from '../protocol/server-messages.ts';
import type { Connection } from './connection.ts';
import { RequestRefused } from './request-refused.ts';

const answerMsMax = 10_000;

/**
 * Sends one request as soon as the connection is ready and resolves with the data of its answer.
 * Rejects with `RequestRefused` when refused, and when all of it takes longer than ten seconds.
 */
export function request(
  connection: Connection,
  message: ClientMessageInput & { readonly id: number },
  scheduler: SchedulerLike,
): Promise<ResultMessage['data']> {
  const answer$ = connection.messages$.pipe(
    filter((said) => answers(said, message.id)),
    take(1),
    map(takeData),
  );
  const send$ = defer(() => {
    connection.send(message);
    return EMPTY;
  });
  return firstValueFrom(
    connection.state$.pipe(
      filter((state) => state === 'ready'),
      take(1),
      // Listening comes first: a server in the same process may answer at once.
      switchMap(() => merge(answer$, send$)),
      timeout({ first: answerMsMax, scheduler }),
    ),
  );
}

/** True when the message is the server's answer to the request of this id. */
export function answers(message: ServerMessage, requestId: number): boolean {
  return 'id' in message && message.id === requestId;
}

function takeData(answer: ServerMessage): ResultMessage['data'] {
  if (answer.type === 'result') return answer.data;
  if (answer.type !== 'error') throw new Error(`Expected a result, got "${answer.type}".`);
  throw new RequestRefused(answer.code, answer.message, answer.hint ?? null);
}

import { Observable, type OperatorFunction } from 'rxjs';

/** Runs a callback once the current turn of the event loop is over. */
export type AfterTurn = (callback: () => void) => void;

/**
 * Collects what arrives within one turn of the event loop into batches, and sends one batch a turn.
 *
 * It never waits to fill: a batch goes out when the turn ends. When more has come than `weightMax`,
 * the rest goes out in the turns after, so that a flood does not keep the loop from its other work;
 * how much may wait is bounded by the source. Completion and errors send out all that was collected.
 *
 * @param weightOf how much a value counts towards `weightMax`, 1 or more. A single value may exceed it.
 */
export function batchByTurn<T>(
  weightMax: number,
  weightOf: (value: T) => number,
  afterTurn: AfterTurn,
): OperatorFunction<T, T[]> {
  return (source) =>
    new Observable((subscriber) => {
      let waiting: T[] = [];
      let isScheduled = false;
      const send = (): void => {
        const count = countWithin(waiting, weightMax, weightOf);
        const batch = waiting.slice(0, count);
        waiting = waiting.slice(count);
        if (batch.length > 0) subscriber.next(batch);
      };
      const schedule = (): void => {
        if (isScheduled || waiting.length === 0) return;
        isScheduled = true;
        afterTurn(() => {
          isScheduled = false;
          send();
          schedule();
        });
      };
      const sendAll = (): void => {
        while (waiting.length > 0) send();
      };
      return source.subscribe({
        next(value) {
          waiting.push(value);
          schedule();
        },
        error(error: unknown) {
          sendAll();
          subscriber.error(error);
        },
        complete() {
          sendAll();
          subscriber.complete();
        },
      });
    });
}

/** How many values from the first on weigh at most `weightMax` together; at least one. */
function countWithin<T>(
  values: readonly T[],
  weightMax: number,
  weightOf: (value: T) => number,
): number {
  let weight = 0;
  let count = 0;
  for (const value of values) {
    weight += weightOf(value);
    if (weight > weightMax && count > 0) break;
    count++;
  }
  return count;
}

import { Observable, type OperatorFunction } from 'rxjs';

/** Runs a callback once the current turn of the event loop is over. */
export type AfterTurn = (callback: () => void) => void;

/**
 * Collects what arrives within one turn of the event loop into one array.
 *
 * It never waits to fill: the batch goes out when the turn ends, or at once when its weight
 * reaches `weightMax`. With a single value a turn it adds nothing but the turn's end.
 * Completion and errors send out what was collected first.
 *
 * @param weightOf how much a value counts towards `weightMax`, 1 or more.
 */
export function batchByTurn<T>(
  weightMax: number,
  weightOf: (value: T) => number,
  afterTurn: AfterTurn,
): OperatorFunction<T, T[]> {
  return (source) =>
    new Observable((subscriber) => {
      let batch: T[] = [];
      let weight = 0;
      let scheduled = false;
      const send = (): void => {
        if (batch.length === 0) return;
        const full = batch;
        batch = [];
        weight = 0;
        subscriber.next(full);
      };
      return source.subscribe({
        next(value) {
          batch.push(value);
          weight += weightOf(value);
          if (weight >= weightMax) send();
          else if (!scheduled) {
            scheduled = true;
            afterTurn(() => {
              scheduled = false;
              send();
            });
          }
        },
        error(error: unknown) {
          send();
          subscriber.error(error);
        },
        complete() {
          send();
          subscriber.complete();
        },
      });
    });
}

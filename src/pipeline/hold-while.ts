import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Holds values back, in their order, while `accepting` answers with a promise, and lets them go when
 * that resolves and it answers with null. Nothing is dropped: what is held is bounded by its sources,
 * which stop when too much of theirs is unacknowledged. Completion drops what is held.
 */
export function holdWhile<T>(accepting: () => Promise<void> | null): OperatorFunction<T, T> {
  return (source) =>
    new Observable((subscriber) => {
      let held: T[] = [];
      const letGo = (): void => {
        const list = held;
        held = [];
        let gone = 0;
        while (gone < list.length && accepting() === null) {
          subscriber.next(list[gone] as T);
          gone += 1;
        }
        held = [...list.slice(gone), ...held];
        if (held.length > 0) waitFor(accepting());
      };
      const waitFor = (again: Promise<void> | null): void => {
        void (again ?? Promise.resolve()).then(() => {
          if (!subscriber.closed) letGo();
        });
      };
      return source.subscribe({
        next(value) {
          const again = held.length > 0 ? null : accepting();
          if (held.length === 0 && again === null) {
            subscriber.next(value);
            return;
          }
          held.push(value);
          if (held.length === 1) waitFor(again);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}

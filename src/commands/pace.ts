import type { Clock } from '../pipeline/ports.ts';

/** setTimeout takes no more. */
const timeoutMsMax = 2 ** 31 - 1;

/** How many times faster than it was recorded, above 0; `max`: without waiting. */
export type Speed = number | 'max';

/**
 * When the rows of a recording are due: the first at once, the others as far apart as their times
 * say, divided by the speed. A row without a time, or with one that lies before, is due at once.
 */
export class Pace {
  readonly #speed: Speed;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #firstTime: number | null;

  constructor(speed: Speed, clock: Clock) {
    this.#speed = speed;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#firstTime = null;
  }

  /** Milliseconds until the row is due; 0: now. */
  waitMs(time: number | null): number {
    if (this.#speed === 'max' || time === null) return 0;
    this.#firstTime ??= time;
    const dueAt = this.#startedAt + (time - this.#firstTime) / this.#speed;
    return Math.max(0, dueAt - this.#clock.now());
  }
}

/** Waits; ends early, without an error, when the signal is aborted. */
export async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= timeoutMsMax) {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(left, timeoutMsMax));
      signal.addEventListener('abort', end);
    });
  }
}

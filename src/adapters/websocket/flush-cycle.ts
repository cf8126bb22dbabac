import type { Clock } from '../../pipeline/ports.ts';

/** What is flushed: something with items waiting, and perhaps more due later. */
export interface Flushable {
  flush(): void;
  readonly dueAt: number | null;
}

/**
 * Flushes everything that woke, at the end of the turn, but never twice within `intervalMs`: what
 * comes in a burst goes out in one write, and what comes alone goes out at once.
 */
export class FlushCycle {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #awake: Set<Flushable>;
  /** Those with something due at a later time. */
  readonly #later: Set<Flushable>;
  #flushedAt: number;
  #cancelFlush: (() => void) | null;
  #laterTimer: NodeJS.Timeout | null;
  #laterAt: number;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#awake = new Set();
    this.#later = new Set();
    this.#flushedAt = Number.NEGATIVE_INFINITY;
    this.#cancelFlush = null;
    this.#laterTimer = null;
    this.#laterAt = Number.POSITIVE_INFINITY;
  }

  wake(one: Flushable): void {
    this.#awake.add(one);
    if (this.#cancelFlush !== null) return;
    const elapsed = Math.max(0, this.#clock.now() - this.#flushedAt);
    this.#cancelFlush = this.#schedule(Math.ceil(this.#intervalMs - elapsed));
  }

  forget(one: Flushable): void {
    this.#awake.delete(one);
    this.#later.delete(one);
  }

  close(): void {
    this.#cancelFlush?.();
    if (this.#laterTimer !== null) clearTimeout(this.#laterTimer);
    this.#awake.clear();
    this.#later.clear();
  }

  #schedule(delayMs: number): () => void {
    const flush = () => this.#flush();
    if (delayMs <= 0) {
      const immediate = setImmediate(flush);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(flush, delayMs);
    return () => clearTimeout(timer);
  }

  #flush(): void {
    this.#cancelFlush = null;
    this.#flushedAt = this.#clock.now();
    const awake = this.#awake;
    this.#awake = new Set();
    for (const one of awake) {
      one.flush();
      const due = one.dueAt;
      if (due === null) this.#later.delete(one);
      else this.#flushLater(one, due);
    }
  }

  #flushLater(one: Flushable, due: number): void {
    this.#later.add(one);
    if (due >= this.#laterAt) return;
    if (this.#laterTimer !== null) clearTimeout(this.#laterTimer);
    this.#laterAt = due;
    const delayMs = Math.max(this.#intervalMs, Math.ceil(due - this.#clock.now()));
    this.#laterTimer = setTimeout(() => this.#wakeDue(), delayMs);
  }

  #wakeDue(): void {
    this.#laterTimer = null;
    this.#laterAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (const one of this.#later) {
      const due = one.dueAt;
      if (due === null) this.#later.delete(one);
      else if (due <= now) this.wake(one);
      else this.#flushLater(one, due);
    }
  }
}

import type { EncodedItem } from './encoded-item.ts';

/**
 * Lets one item per key through in each interval. In between the newest is withheld, and goes out
 * when its interval ends, so that the last value of a burst always arrives.
 */
export class RateLimiter {
  readonly #intervalMs: number;
  /** When each key's last item went out. */
  readonly #passedAt: Map<number, number>;
  readonly #withheld: Map<number, EncodedItem>;
  #dueAt: number | null;

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#passedAt = new Map();
    this.#withheld = new Map();
    this.#dueAt = null;
  }

  /** When to call `releaseDue` next; null: nothing is withheld. Never early, at most a tenth of an interval late. */
  get dueAt(): number | null {
    return this.#dueAt;
  }

  /** `pass`: send it now; `withheld`: later; `replaced`: later, in place of one that is lost. */
  offer(key: number, item: EncodedItem, now: number): 'pass' | 'withheld' | 'replaced' {
    const due = this.#due(key);
    if (now >= due && !this.#withheld.has(key)) {
      this.#passedAt.set(key, now);
      return 'pass';
    }
    const replaced = this.#withheld.has(key);
    this.#withheld.set(key, item);
    this.#dueAt = this.#dueAt === null ? due : Math.min(this.#dueAt, due);
    return replaced ? 'replaced' : 'withheld';
  }

  releaseDue(now: number, pass: (item: EncodedItem) => void): void {
    if (this.#dueAt === null || now < this.#dueAt) return;
    let soonest = Number.POSITIVE_INFINITY;
    for (const [key, item] of this.#withheld) {
      const due = this.#due(key);
      if (due > now) {
        soonest = Math.min(soonest, due);
        continue;
      }
      this.#withheld.delete(key);
      this.#passedAt.set(key, now);
      pass(item);
    }
    // Many keys due one by one must not mean a walk over all of them each time.
    const pause = now + this.#intervalMs / 10;
    this.#dueAt = this.#withheld.size === 0 ? null : Math.max(soonest, pause);
  }

  #due(key: number): number {
    const passedAt = this.#passedAt.get(key);
    return passedAt === undefined ? Number.NEGATIVE_INFINITY : passedAt + this.#intervalMs;
  }
}

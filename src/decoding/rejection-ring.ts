import type { ErrorCode } from '../protocol/errors.ts';
import type { Rejection } from './decode-message.ts';

/**
 * What became of messages that could not be taken: a count per code, which only grows, and the
 * newest rejections themselves. When the ring is full, each new one takes the place of the oldest.
 *
 *     slots   r5 r6 r2 r3 r4        capacity 5, seven added (r0 … r6)
 *                   ↑ added % capacity: the oldest, overwritten next
 */
export class RejectionRing {
  readonly #capacity: number;
  readonly #slots: Rejection[];
  readonly #counts: Map<ErrorCode, number>;
  #added: number;

  /** `capacity` is how many rejections are kept, at least 1. */
  constructor(capacity = 1_000) {
    this.#capacity = capacity;
    this.#slots = [];
    this.#counts = new Map();
    this.#added = 0;
  }

  /** Keeps the rejection as it is and counts it. */
  add(rejection: Rejection): void {
    this.#slots[this.#added % this.#capacity] = rejection;
    this.#added++;
    this.#counts.set(rejection.code, (this.#counts.get(rejection.code) ?? 0) + 1);
  }

  /** How many were ever added. */
  get total(): number {
    return this.#added;
  }

  /** How many were ever added, by code; codes that never came are absent. A live view. */
  get counts(): ReadonlyMap<ErrorCode, number> {
    return this.#counts;
  }

  /** Those still kept, newest first; a new array. */
  newest(): Rejection[] {
    const kept: Rejection[] = [];
    for (let back = 1; back <= this.#slots.length; back++) {
      kept.push(this.#slots[(this.#added - back) % this.#capacity]!);
    }
    return kept;
  }
}

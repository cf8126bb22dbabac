import { backOffMs } from '../../pipeline/back-off.ts';

/** How a connection ended, or was not made. */
export type ConnectionEnd =
  /** It was subscribed, and the broker closed it without a word or because of another client. */
  | 'evicted'
  /** Anything else: not reachable, refused, broken, closed by ourselves. */
  | 'failed';

/** Only a connection that lasted this long lets the next attempts begin quickly again. */
const steadyMs = 60_000;
const evictionsInRow = 3;

/**
 * How long to wait before the next attempt, and whether somebody else has our client id. A broker
 * lets one connection have an id: with two instances each throws the other out and is thrown out in
 * turn. Both see connections that are accepted and closed soon after; so a connection counts as a
 * success only after a minute, and the pauses grow all the same. Pure: time comes in as a value.
 */
export class ReconnectPolicy {
  readonly #random: () => number;
  #attempt: number;
  #acceptedAt: number | null;
  #evictions: number;

  /** `random` answers 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
    this.#attempt = 0;
    this.#acceptedAt = null;
    this.#evictions = 0;
  }

  /** Connections in a row were ended as when another client uses the same id. */
  get isContested(): boolean {
    return this.#evictions >= evictionsInRow;
  }

  /** The broker has granted our subscriptions on a new connection. */
  accepted(now: number): void {
    this.#acceptedAt = now;
  }

  /** How long to wait before the next attempt. Milliseconds. */
  closed(now: number, end: ConnectionEnd): number {
    if (this.#acceptedAt !== null && now - this.#acceptedAt >= steadyMs) {
      this.#attempt = 0;
      this.#evictions = 0;
    }
    this.#acceptedAt = null;
    this.#evictions = end === 'evicted' ? this.#evictions + 1 : 0;
    return backOffMs(this.#attempt++, this.#random);
  }
}

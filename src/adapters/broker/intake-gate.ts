import type { Client } from 'aedes';

/** aedes' own way of not reading a connection; its typings leave it out. */
interface Pausable extends Client {
  pause(): void;
  resume(): void;
}

/**
 * Bounds the messages that wait for their acknowledgement. At `pendingMax` whoever sends another one
 * is read no further, until half of them are through; what was read already (one chunk of the
 * socket, at most 64 KiB a connection) still comes.
 */
export class IntakeGate {
  readonly #pendingMax: number;
  readonly #onPause: () => void;
  readonly #paused: Set<Pausable>;
  #pending: number;

  constructor(pendingMax: number, onPause: () => void) {
    this.#pendingMax = pendingMax;
    this.#onPause = onPause;
    this.#paused = new Set();
    this.#pending = 0;
  }

  /** Counts a message in; the result counts it out and then calls `done`. Wills have no client. */
  admit(client: Client | null, done: () => void): () => void {
    this.#pending++;
    if (client !== null && this.#pending >= this.#pendingMax) this.#pause(client as Pausable);
    return () => {
      this.#pending--;
      done();
      if (this.#paused.size > 0 && this.#pending <= this.#pendingMax / 2) this.#resumeAll();
    };
  }

  #pause(client: Pausable): void {
    if (this.#paused.has(client)) return;
    this.#paused.add(client);
    client.pause();
    this.#onPause();
  }

  #resumeAll(): void {
    const clients = [...this.#paused];
    this.#paused.clear();
    for (const client of clients) if (!client.closed) client.resume();
  }
}

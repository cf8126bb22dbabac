import type { OutgoingMessage } from '../pipeline/ports.ts';

/**
 * Messages between a reader that is faster and a publisher that is slower: the reader waits for
 * room, the publisher takes one by one. First in, first out.
 */
export class MessageQueue {
  readonly #waitingMax: number;
  #messages: OutgoingMessage[];
  /** Index of the next message to take; what is before it is gone. */
  #head: number;
  #whenRoom: (() => void) | null;

  /** The reader should wait while more than `waitingMax` messages are in it. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
    this.#messages = [];
    this.#head = 0;
    this.#whenRoom = null;
  }

  get count(): number {
    return this.#messages.length - this.#head;
  }

  get full(): boolean {
    return this.count > this.#waitingMax;
  }

  push(message: OutgoingMessage): void {
    this.#messages.push(message);
  }

  /** The oldest message; null when there is none. */
  take(): OutgoingMessage | null {
    const message = this.#messages[this.#head];
    if (message === undefined) return null;
    this.#head++;
    if (this.#head > this.#waitingMax || this.count === 0) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    if (this.count <= this.#waitingMax / 2) this.#callRoom();
    return message;
  }

  /** Resolves when at most half of `waitingMax` wait, or the signal is aborted. One waits at a time. */
  room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.count <= this.#waitingMax / 2) {
        resolve();
        return;
      }
      this.#whenRoom = () => {
        signal.removeEventListener('abort', resolveRoom);
        resolve();
      };
      const resolveRoom = () => this.#callRoom();
      signal.addEventListener('abort', resolveRoom, { once: true });
    });
  }

  #callRoom(): void {
    const callback = this.#whenRoom;
    this.#whenRoom = null;
    callback?.();
  }
}

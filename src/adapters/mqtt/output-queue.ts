import type { OutgoingMessage } from '../../pipeline/ports.ts';

/**
 * What waits to be sent to the outside broker. Two lines, each bounded; events go first:
 *
 *   events   a ─ b ─ c            first in, first out; when full, the oldest is dropped
 *   latest   topic → newest       one a retained topic; when full, the topic waiting longest is dropped
 *
 * A message on a retained topic takes the place of the one before it: nobody would see that any
 * more. It keeps its turn, so that a busy topic neither jumps the line nor waits for ever.
 */
export class OutputQueue {
  /** Messages dropped since a line was full. */
  dropped: number;
  /** Messages that a newer one on the same retained topic took the place of. */
  replaced: number;
  readonly #lineMax: number;
  readonly #latest: Map<string, OutgoingMessage>;
  /** By a number that rises, in the order of putting. */
  readonly #events: Map<number, OutgoingMessage>;
  #sequence: number;

  /** `lineMax`: messages in each line. */
  constructor(lineMax: number) {
    this.dropped = 0;
    this.replaced = 0;
    this.#lineMax = lineMax;
    this.#latest = new Map();
    this.#events = new Map();
    this.#sequence = 0;
  }

  get count(): number {
    return this.#latest.size + this.#events.size;
  }

  put(message: OutgoingMessage): void {
    if (!message.retain) {
      if (this.#events.size >= this.#lineMax) this.#dropFirst(this.#events);
      this.#events.set(this.#sequence++, message);
    } else if (this.#latest.has(message.topic)) {
      this.replaced++;
      this.#latest.set(message.topic, message);
    } else {
      if (this.#latest.size >= this.#lineMax) this.#dropFirst(this.#latest);
      this.#latest.set(message.topic, message);
    }
  }

  /** The next message to send; null when there is none. */
  take(): OutgoingMessage | null {
    return takeFirst(this.#events) ?? takeFirst(this.#latest);
  }

  #dropFirst<K>(line: Map<K, OutgoingMessage>): void {
    takeFirst(line);
    this.dropped++;
  }
}

/** A Map remembers the order in which its keys were first set. */
function takeFirst<K>(line: Map<K, OutgoingMessage>): OutgoingMessage | null {
  for (const [key, message] of line) {
    line.delete(key);
    return message;
  }
  return null;
}

/**
 * The PUBACKs one connection owes, in the order in which its messages came [MQTT-4.6.0-2].
 * Messages may be acknowledged in any order and at any time; bytes leave from the head only.
 *
 *      sent          head                    tail
 *        ▼             ▼                       ▼
 *   ─────┬──────┬──────┬──────┬──────┬──────┬──────
 *   ids  │ 4711 │ 4712 │ 4713 │ 4714 │ 4715 │          a ring of `capacity` packet identifiers,
 *   done │  1   │  1   │  0   │  1   │  0   │          each with a flag: acknowledged, not yet sent
 *   ─────┴──────┴──────┴──────┴──────┴──────┴──────
 *
 * What is acknowledged within one turn of the event loop leaves in one write.
 */
export class AcknowledgementQueue {
  readonly #capacity: number;
  readonly #ids: Uint16Array;
  readonly #done: Uint8Array;
  readonly #write: (bytes: Buffer) => void;
  /** Sequence numbers; a slot is its number modulo the capacity. */
  #head: number;
  #tail: number;
  /** Messages that need no PUBACK (QoS 0) and are not acknowledged yet. */
  #silent: number;
  #flushing: boolean;
  #awaitedCount: number;
  #awaiting: (() => void) | null;

  /** `write` gets the bytes of one or more PUBACKs and owns them. */
  constructor(capacity: number, write: (bytes: Buffer) => void) {
    this.#capacity = capacity;
    this.#ids = new Uint16Array(capacity);
    this.#done = new Uint8Array(capacity);
    this.#write = write;
    this.#head = 0;
    this.#tail = 0;
    this.#silent = 0;
    this.#flushing = false;
    this.#awaitedCount = 0;
    this.#awaiting = null;
  }

  /** Messages taken and not acknowledged, or acknowledged and not written yet. */
  get pending(): number {
    return this.#tail - this.#head + this.#silent;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get full(): boolean {
    return this.pending >= this.#capacity;
  }

  /** Calls back once no more than `count` are pending, never in this turn; replaces an earlier wish. */
  whenAtMost(count: number, callback: () => void): void {
    this.#awaitedCount = count;
    this.#awaiting = callback;
    this.#scheduleFlush();
  }

  /** Takes a message with its packet identifier, null at QoS 0. Must not be called when full. */
  take(packetId: number | null): () => void {
    if (packetId === null) {
      this.#silent++;
      return this.#acknowledgeSilent;
    }
    const sequence = this.#tail++;
    const slot = sequence % this.#capacity;
    this.#ids[slot] = packetId;
    this.#done[slot] = 0;
    return () => this.#acknowledge(sequence);
  }

  readonly #acknowledgeSilent = (): void => {
    this.#silent--;
    if (this.#awaiting) this.#scheduleFlush();
  };

  #acknowledge(sequence: number): void {
    this.#done[sequence % this.#capacity] = 1;
    if (sequence === this.#head) this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    let end = this.#head;
    while (end < this.#tail && this.#done[end % this.#capacity] === 1) end++;
    if (end > this.#head) this.#write(this.#pubacks(end));
    this.#head = end;
    if (this.#awaiting && this.pending <= this.#awaitedCount) {
      const callback = this.#awaiting;
      this.#awaiting = null;
      callback();
    }
  }

  /** The same four bytes in MQTT 3.1.1 and, for success, in MQTT 5. */
  #pubacks(end: number): Buffer {
    const bytes = Buffer.allocUnsafe((end - this.#head) * 4);
    let offset = 0;
    for (let sequence = this.#head; sequence < end; sequence++) {
      bytes[offset++] = 0x40;
      bytes[offset++] = 2;
      offset = bytes.writeUInt16BE(this.#ids[sequence % this.#capacity]!, offset);
    }
    return bytes;
  }
}

import type { Duplex } from 'node:stream';
import type { IPublishPacket, Packet } from 'mqtt';
import type { Message } from '../../pipeline/ports.ts';
import { AcknowledgementQueue } from './acknowledgement-queue.ts';

/**
 * What one connection brings, and when to stop reading it.
 *
 *                  room                    no room                     half the keep-alive later
 *     FLOWING ────────────▶ emit    PAUSED: the socket is not    ───▶  HOLDING: the socket is read,
 *        ▲                          read, the broker waits             messages wait here
 *        └──────────────── half of the room is free ─────────────────────┘  │ too many bytes
 *                                                                           ▼
 *                                                              overflow: the connection is given up
 *
 * A socket that is not read holds back PINGRESP too, hence the limit on pausing. Messages held at
 * an overflow have not been acknowledged: the broker sends those of QoS 1 again, those of QoS 0 are
 * counted as lost.
 */
export interface IntakeOptions {
  /** Topics under it are acknowledged and dropped. */
  readonly ownPrefix: string;
  readonly unacknowledgedMax: number;
  readonly pauseMsMax: number;
  readonly heldBytesMax: number;
  readonly emit: (message: Message) => void;
  /** Called once for a connection that must be given up. */
  readonly overflow: () => void;
}

/** Counts since the source was made. */
export interface IntakeCounters {
  /** Messages handed on. */
  messages: number;
  /** Messages under our own prefix, acknowledged and dropped. */
  own: number;
  /** Times the socket was not read because too many messages waited for their acknowledgement. */
  pauses: number;
  /** Messages that waited here since the socket had to be read. */
  held: number;
  /** Connections given up because too many bytes waited. */
  overflows: number;
  /** QoS 0 messages that waited here when the connection ended. */
  lost: number;
}

interface Held {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  /** Null at QoS 0. */
  readonly packetId: number | null;
}

/** What a held message takes beside its topic and payload. */
const heldOverheadBytes = 256;

export class Intake {
  readonly counters: IntakeCounters;
  readonly #options: IntakeOptions;
  #queue: AcknowledgementQueue;
  /** Identifier of the QoS 1 message mqtt.js is about to emit. */
  #packetId: number | null;
  /** Lets mqtt.js read on; null: it does. */
  #resume: (() => void) | null;
  #pauseTimer: NodeJS.Timeout | null;
  #holding: boolean;
  #held: Held[];
  /** Held messages before this index are emitted. */
  #heldFrom: number;
  #heldBytes: number;
  #live: number;
  /** From `begin` until `stop` or an overflow. */
  #isOpen: boolean;

  constructor(options: IntakeOptions) {
    this.counters = { messages: 0, own: 0, pauses: 0, held: 0, overflows: 0, lost: 0 };
    this.#options = options;
    this.#queue = new AcknowledgementQueue(options.unacknowledgedMax, () => {});
    this.#packetId = null;
    this.#resume = null;
    this.#pauseTimer = null;
    this.#holding = false;
    this.#held = [];
    this.#heldFrom = 0;
    this.#heldBytes = 0;
    this.#live = 0;
    this.#isOpen = false;
  }

  /** Messages of any topic but retained ones: signs that the subscriptions work. */
  get live(): number {
    return this.#live;
  }

  /** False while we keep ourselves from hearing what the broker has. */
  get isFlowing(): boolean {
    return this.#resume === null && !this.#holding;
  }

  /** A PUBACK never crosses connections: what waited on the last one is forgotten. */
  begin(stream: Duplex, isCurrent: () => boolean): void {
    this.#forget();
    this.#isOpen = true;
    this.#packetId = null;
    this.#queue = new AcknowledgementQueue(this.#options.unacknowledgedMax, (bytes) => {
      if (isCurrent() && !stream.destroyed) stream.write(bytes);
    });
  }

  /** Sees each packet before mqtt.js does. */
  inspect(packet: Packet): void {
    if (packet.cmd !== 'publish') return;
    this.#packetId = packet.qos === 1 ? packet.messageId! : null;
    if (packet.qos === 1) packet.qos = 0;
  }

  /** A message, right after its packet was inspected. When closed it stays with the broker. */
  take(topic: string, payload: Buffer, { retain }: IPublishPacket): void {
    if (!this.#isOpen) return;
    const packetId = this.#packetId;
    this.#packetId = null;
    if (!retain) this.#live++;
    if (this.#holding) this.#hold({ topic, payload, retained: retain, packetId });
    else this.#emit(topic, payload, retain, packetId);
  }

  /** mqtt.js handles the next packet only after `done`; withholding it stops reading the socket. */
  goOn(done: () => void): void {
    if (!this.#isOpen) return;
    if (this.#holding || !this.#queue.full) {
      done();
      return;
    }
    this.counters.pauses++;
    this.#resume = done;
    this.#pauseTimer = setTimeout(() => this.#startHolding(), this.#options.pauseMsMax);
    this.#whenHalfIsFree(() => this.#endPause());
  }

  /** Takes nothing more; resolves when everything taken is acknowledged and the PUBACKs are written. */
  stop(): Promise<void> {
    this.#isOpen = false;
    const queue = this.#queue;
    this.#forget();
    return new Promise((resolve) => queue.whenAtMost(0, resolve));
  }

  #emit(topic: string, payload: Buffer, retained: boolean, packetId: number | null): void {
    const acknowledge = this.#queue.take(packetId);
    if (topic.startsWith(this.#options.ownPrefix)) {
      this.counters.own++;
      acknowledge();
      return;
    }
    this.counters.messages++;
    this.#options.emit({ topic, payload, retained, acknowledge });
  }

  #whenHalfIsFree(callback: () => void): void {
    const queue = this.#queue;
    queue.whenAtMost(Math.floor(queue.capacity / 2), () => {
      if (queue === this.#queue && this.#isOpen) callback();
    });
  }

  #endPause(): void {
    if (this.#pauseTimer) clearTimeout(this.#pauseTimer);
    const resume = this.#resume;
    this.#pauseTimer = null;
    this.#resume = null;
    resume?.();
  }

  #startHolding(): void {
    this.#holding = true;
    this.#whenHalfIsFree(() => this.#release());
    this.#endPause();
  }

  #hold(held: Held): void {
    this.counters.held++;
    this.#held.push(held);
    this.#heldBytes += sizeOf(held);
    if (this.#heldBytes <= this.#options.heldBytesMax) return;
    this.counters.overflows++;
    this.#isOpen = false;
    this.#forget();
    this.#options.overflow();
  }

  /** Emits what is held while there is room. */
  #release(): void {
    while (this.#heldFrom < this.#held.length && !this.#queue.full) {
      const held = this.#held[this.#heldFrom++]!;
      this.#heldBytes -= sizeOf(held);
      this.#emit(held.topic, held.payload, held.retained, held.packetId);
    }
    if (this.#heldFrom === this.#held.length) {
      this.#forget();
      return;
    }
    this.#held = this.#held.slice(this.#heldFrom);
    this.#heldFrom = 0;
    this.#whenHalfIsFree(() => this.#release());
  }

  /** Back to flowing, with nothing held and nothing paused. */
  #forget(): void {
    for (let index = this.#heldFrom; index < this.#held.length; index++) {
      if (this.#held[index]!.packetId === null) this.counters.lost++;
    }
    this.#held = [];
    this.#heldFrom = 0;
    this.#heldBytes = 0;
    this.#holding = false;
    if (this.#pauseTimer) clearTimeout(this.#pauseTimer);
    this.#pauseTimer = null;
    this.#resume = null;
  }
}

function sizeOf({ payload, topic }: Held): number {
  return payload.length + topic.length + heldOverheadBytes;
}

import type { WebSocketCounters } from './counters.ts';
import type { WebSocketLimits } from './limits.ts';
import type { SnapshotWalk } from './snapshot-walk.ts';
import type { Subscription } from './subscription.ts';

/** Writes of up to `slowBytes` in one flush; more than one only when a burst waits. */
const WRITES_PER_FLUSH = 4;

/** The way out to one client. */
export interface SessionTransport {
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Hands frames over in one socket write. */
  write(frames: readonly string[]): void;
  close(code: number, reason: string): void;
}

interface Feed {
  readonly subscription: Subscription;
  walk: SnapshotWalk | null;
  /** Items withheld that the counters know of. */
  droppedCounted: number;
}

/**
 * What one client is owed: answers first, then the batches of its subscriptions in turn. Hands over
 * only as much as the network takes: beyond `slowBytes` it waits and conflates.
 */
export class SessionOutbox {
  readonly #context: {
    readonly limits: WebSocketLimits;
    readonly counters: WebSocketCounters;
    offset(): number;
  };
  readonly #transport: SessionTransport;
  readonly #feeds: Map<number, Feed>;
  #answers: string[];
  #answerBytes: number;

  constructor(
    context: {
      readonly limits: WebSocketLimits;
      readonly counters: WebSocketCounters;
      offset(): number;
    },
    transport: SessionTransport,
  ) {
    this.#context = context;
    this.#transport = transport;
    this.#feeds = new Map();
    this.#answers = [];
    this.#answerBytes = 0;
  }

  /** When withheld items are due next; null: there are none. */
  get dueAt(): number | null {
    let soonest: number | null = null;
    for (const { subscription } of this.#feeds.values()) {
      const due = subscription.dueAt;
      if (due !== null && (soonest === null || due < soonest)) soonest = due;
    }
    return soonest;
  }

  /** Whether batches wait to be handed over, or to be made. */
  get isBehind(): boolean {
    for (const { subscription, walk } of this.#feeds.values()) {
      if (walk !== null || subscription.isWaiting) return true;
    }
    return false;
  }

  answer(text: string): void {
    this.#answers.push(text);
    this.#answerBytes += text.length;
  }

  open(subscription: Subscription): void {
    this.#feeds.set(subscription.id, { subscription, walk: null, droppedCounted: 0 });
  }

  remove(id: number): Subscription | null {
    const feed = this.#feeds.get(id);
    this.#feeds.delete(id);
    return feed?.subscription ?? null;
  }

  /** The first part of the snapshot is taken at once, the rest while flushing. */
  beginSnapshot(subscription: Subscription, walk: SnapshotWalk): void {
    const feed = this.#feeds.get(subscription.id)!;
    subscription.beginSnapshot(subscription.audience.rows.copy());
    feed.walk = walk;
    this.#walk(feed);
  }

  /** `more`: not all is handed over; `overflow`: more waits than one client may have. */
  flush(now: number): 'done' | 'more' | 'overflow' {
    for (const { subscription } of this.#feeds.values()) subscription.releaseDue(now);
    for (let write = 0; write < WRITES_PER_FLUSH && !this.#isSlow; write++) {
      for (const feed of this.#feeds.values()) if (feed.walk !== null) this.#walk(feed);
      const frames = this.#collect();
      if (frames.length === 0) break;
      this.#hand(frames);
    }
    // Answers do not wait for a slow client: the bound on inbound messages bounds them.
    this.flushAnswers();
    for (const feed of this.#feeds.values()) {
      if (this.#isSlow) feed.subscription.conflate();
      this.#countDrops(feed);
    }
    this.#rotate();
    if (this.#waitingBytes() > this.#context.limits.outboundBytes) return 'overflow';
    return this.isBehind ? 'more' : 'done';
  }

  flushAnswers(): void {
    const answers = this.#takeAnswers();
    if (answers.length > 0) this.#hand(answers);
  }

  get #isSlow(): boolean {
    return this.#transport.bufferedBytes > this.#context.limits.slowBytes;
  }

  /** Answers, and as many batches as make one write. */
  #collect(): string[] {
    const frames = this.#takeAnswers();
    let bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    for (const { subscription } of this.#feeds.values()) {
      while (bytes < this.#context.limits.slowBytes) {
        const frame = subscription.nextFrame(this.#context.limits.frameBytes);
        if (frame === null) break;
        this.#context.counters.itemsTotal += frame.items;
        frames.push(frame.text);
        bytes += frame.text.length;
      }
    }
    return frames;
  }

  #takeAnswers(): string[] {
    const answers = this.#answers;
    this.#answers = [];
    this.#answerBytes = 0;
    return answers;
  }

  #hand(frames: readonly string[]): void {
    this.#context.counters.framesTotal += frames.length;
    for (const frame of frames) this.#context.counters.bytesTotal += frame.length;
    this.#transport.write(frames);
  }

  #walk(feed: Feed): void {
    const { limits } = this.#context;
    const offset = this.#context.offset();
    const done = feed.walk!.step(feed.subscription, {
      offset,
      streamsMax: limits.snapshotStreams,
      bytesMax: limits.frameBytes,
    });
    if (!done) return;
    feed.walk = null;
    feed.subscription.endSnapshot(offset);
  }

  #countDrops(feed: Feed): void {
    const dropped = feed.subscription.droppedTotal;
    this.#context.counters.droppedTotal += dropped - feed.droppedCounted;
    feed.droppedCounted = dropped;
  }

  /** The one served first now is served last the next time. */
  #rotate(): void {
    if (this.#feeds.size < 2) return;
    const [id, feed] = this.#feeds.entries().next().value!;
    this.#feeds.delete(id);
    this.#feeds.set(id, feed);
  }

  #waitingBytes(): number {
    let bytes = this.#transport.bufferedBytes + this.#answerBytes;
    for (const { subscription } of this.#feeds.values()) bytes += subscription.queueBytes;
    return bytes;
  }
}

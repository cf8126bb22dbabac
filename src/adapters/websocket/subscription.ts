import type { Audience, AudienceMember } from './audience.ts';
import type { EncodedItem } from './encoded-item.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { RowSet } from './row-set.ts';

export interface SubscriptionOptions {
  readonly id: number;
  readonly epoch: string;
  readonly mode: 'latest' | 'all';
  /** Readings, and forecasts, a second and stream; null: no limit. */
  readonly maxRate: number | null;
  /** Called when items wait. */
  readonly wake: () => void;
}

/**
 * What waits for one subscription of one client, in the order it will be sent:
 *
 *   queue   [ snapshot items | live items … ]   sent from the front, a frame at a time
 *   pending   streams whose snapshot is still to come: their live items are left out, because the
 *             snapshot will carry something newer
 *
 * In mode latest `conflate` thins the queue to the newest reading and forecast of each stream;
 * anomalies, alerts and model items always stay. What is left out is counted in `dropped`.
 */
export class Subscription implements AudienceMember {
  readonly id: number;
  readonly audience: Audience;
  readonly #options: SubscriptionOptions;
  readonly #limiter: RateLimiter | null;
  #queue: EncodedItem[];
  #queueBytes: number;
  /** Items left by the last conflation: it is worth another when the queue has doubled since. */
  #conflatedCount: number;
  #dropped: number;
  #droppedTotal: number;
  #offset: number;
  #pending: RowSet | null;
  /** Items that must be sent before the snapshot is complete; null while it is being made. */
  #snapshotLeft: number | null;
  /** A first batch is owed even when it is empty. */
  #owesFirst: boolean;

  constructor(audience: Audience, options: SubscriptionOptions) {
    this.id = options.id;
    this.audience = audience;
    this.#options = options;
    this.#limiter = options.maxRate === null ? null : new RateLimiter(options.maxRate);
    this.#queue = [];
    this.#queueBytes = 0;
    this.#conflatedCount = 0;
    this.#dropped = 0;
    this.#droppedTotal = 0;
    this.#offset = 0;
    this.#pending = null;
    this.#snapshotLeft = 0;
    this.#owesFirst = false;
  }

  /** Bytes that wait, about. */
  get queueBytes(): number {
    return this.#queueBytes;
  }

  /** Items that wait. */
  get queueCount(): number {
    return this.#queue.length;
  }

  /** Items withheld so far. */
  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** Whether a frame can be made now. */
  get isWaiting(): boolean {
    return this.#queue.length > 0 || (this.#owesFirst && this.#snapshotLeft !== null);
  }

  /** When the rate limit lets the next withheld item go; null: none is withheld. */
  get dueAt(): number | null {
    return this.#limiter?.dueAt ?? null;
  }

  /** From now on live items of these rows are left out until their snapshot is in. */
  beginSnapshot(rows: RowSet): void {
    this.#pending = rows;
    this.#snapshotLeft = null;
    this.#owesFirst = true;
  }

  /** The snapshot of one stream: `items` of one row, taken at this moment. */
  addSnapshot(row: number, items: readonly EncodedItem[]): void {
    this.#pending?.delete(row);
    for (const item of items) this.#enqueue(item);
  }

  /** All is in; `offset` is the newest there is, for a snapshot without items. */
  endSnapshot(offset: number): void {
    this.#pending = null;
    this.#snapshotLeft = this.#queue.length;
    this.#offset = Math.max(this.#offset, offset);
    this.#options.wake();
  }

  take(item: EncodedItem, now: number): void {
    if (this.#pending?.has(item.row)) return;
    if (this.#limiter !== null && item.replaceKey !== null) {
      const verdict = this.#limiter.offer(item.replaceKey, item, now);
      if (verdict === 'replaced') this.#drop(1);
      if (verdict !== 'pass') {
        // The flush after this one has to be at the due time.
        this.#options.wake();
        return;
      }
    }
    this.#enqueue(item);
    this.#options.wake();
  }

  created(row: number): void {
    this.#pending?.delete(row);
  }

  /** Puts withheld items that are due into the queue. */
  releaseDue(now: number): void {
    this.#limiter?.releaseDue(now, (item) => this.#enqueue(item));
  }

  /** Thins the queue of a slow client; mode all keeps everything. */
  conflate(): void {
    if (this.#options.mode === 'all') return;
    if (this.#queue.length < 2 * this.#conflatedCount + 16) return;
    const seen = new Set<number>();
    const kept: EncodedItem[] = [];
    let bytes = 0;
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const item = this.#queue[index]!;
      const key = item.replaceKey;
      if (key !== null) {
        if (seen.has(key)) continue;
        seen.add(key);
      }
      kept.push(item);
      bytes += item.bytes;
    }
    this.#drop(this.#queue.length - kept.length);
    this.#queue = kept.reverse();
    this.#queueBytes = bytes;
    this.#conflatedCount = kept.length;
    if (this.#snapshotLeft !== null) {
      this.#snapshotLeft = Math.min(this.#snapshotLeft, kept.length);
    }
  }

  /** Takes a batch of about `bytesMax` at most, one item at least; null when nothing waits. */
  nextFrame(bytesMax: number): { readonly text: string; readonly items: number } | null {
    if (!this.isWaiting) return null;
    const texts: string[] = [];
    let bytes = 0;
    while (texts.length < this.#queue.length && (bytes < bytesMax || texts.length === 0)) {
      const item = this.#queue[texts.length]!;
      texts.push(item.text);
      this.#queueBytes -= item.bytes;
      bytes += item.text.length;
      if (item.offset > this.#offset) this.#offset = item.offset;
    }
    this.#queue = texts.length === this.#queue.length ? [] : this.#queue.slice(texts.length);
    this.#conflatedCount = Math.min(this.#conflatedCount, this.#queue.length);
    const text = this.#frame(texts);
    this.#dropped = 0;
    this.#owesFirst = false;
    return { text, items: texts.length };
  }

  #frame(texts: readonly string[]): string {
    if (this.#snapshotLeft !== null) {
      this.#snapshotLeft = Math.max(0, this.#snapshotLeft - texts.length);
    }
    // Whoever came back to a half-sent snapshot would miss its rest: 0 cannot be resumed from.
    const offset = this.#snapshotLeft === 0 ? this.#offset : 0;
    return (
      `{"type":"batch","subscription":${this.id},"epoch":"${this.#options.epoch}"` +
      `,"offset":${offset},"dropped":${this.#dropped},"items":[${texts.join()}]}`
    );
  }

  #enqueue(item: EncodedItem): void {
    this.#queue.push(item);
    this.#queueBytes += item.bytes;
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#droppedTotal += count;
  }
}

import type { Grant } from '../../pipeline/access.ts';
import type { SubscribeMessage } from '../../protocol/client-messages.ts';
import type { Audience } from './audience.ts';
import type { Ready } from './audience-index.ts';
import { audienceSpec } from './audience-spec.ts';
import { replayItems } from './replay-items.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionOutbox } from './session-outbox.ts';
import { SnapshotWalk } from './snapshot-walk.ts';
import { Subscription } from './subscription.ts';

export interface SessionSubscriptionsOptions {
  readonly outbox: SessionOutbox;
  readonly wake: () => void;
  readonly answer: (message: object) => void;
}

/**
 * The subscriptions of one client. Each holds an audience from the request on; it opens when the
 * audience's streams are known, at once or some turns later, and is answered then.
 */
export class SessionSubscriptions {
  readonly #context: SessionContext;
  readonly #options: SessionSubscriptionsOptions;
  /** Audiences held, by the function that each calls when it is ready. */
  readonly #held: Map<Ready, Audience>;
  /** Those that are open, by subscription. */
  readonly #open: Map<number, Ready>;
  #last: number;

  constructor(context: SessionContext, options: SessionSubscriptionsOptions) {
    this.#context = context;
    this.#options = options;
    this.#held = new Map();
    this.#open = new Map();
    this.#last = 0;
  }

  /** Open ones and those about to be. */
  get count(): number {
    return this.#held.size;
  }

  add(message: SubscribeMessage, grant: Grant): void {
    const ready: Ready = (audience) => this.#accept(message, audience, ready);
    this.#held.set(ready, this.#context.index.acquire(audienceSpec(message, grant), ready));
  }

  /** False when there is no such subscription. */
  remove(id: number): boolean {
    const ready = this.#open.get(id);
    const subscription = this.#options.outbox.remove(id);
    if (ready === undefined || subscription === null) return false;
    const { audience } = subscription;
    this.#open.delete(id);
    this.#held.delete(ready);
    this.#context.counters.subscriptions--;
    audience.members.delete(subscription);
    this.#context.index.release(audience, ready, this.#context.clock.now());
    return true;
  }

  close(): void {
    for (const id of this.#open.keys()) this.remove(id);
    const now = this.#context.clock.now();
    for (const [ready, audience] of this.#held) this.#context.index.release(audience, ready, now);
    this.#held.clear();
  }

  #accept(message: SubscribeMessage, audience: Audience, ready: Ready): void {
    const context = this.#context;
    const id = ++this.#last;
    const subscription = new Subscription(audience, {
      id,
      epoch: context.epoch,
      mode: message.mode,
      maxRate: message.maxRate,
      wake: this.#options.wake,
    });
    const replay = replayItems(message, audience, context);
    this.#open.set(id, ready);
    context.counters.subscriptions++;
    this.#options.answer({
      id: message.id ?? null,
      type: 'subscribed',
      subscription: id,
      streams: audience.count,
      epoch: context.epoch,
      offset: context.offset(),
      recovered: replay !== null,
    });
    this.#options.outbox.open(subscription);
    if (replay !== null) {
      const now = context.clock.now();
      for (const item of replay) subscription.take(item, now);
    } else if (message.snapshot || message.history > 0) {
      const { directory } = context;
      const { history, snapshot } = message;
      const walk = new SnapshotWalk(audience, { directory, history, newest: snapshot });
      this.#options.outbox.beginSnapshot(subscription, walk);
    }
    audience.members.add(subscription);
  }
}

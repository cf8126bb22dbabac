import type { Subscription as FeedSubscription } from 'rxjs';
import type { Outcomes } from '../../engine/outcome.ts';
import type { Access } from '../../pipeline/access.ts';
import type { Clock, OutcomeFeed, StreamDirectory } from '../../pipeline/ports.ts';
import type { Item } from '../../protocol/items.ts';
import { closeCodes } from '../../protocol/limits.ts';
import type { Audience } from './audience.ts';
import { AudienceIndex } from './audience-index.ts';
import type { WebSocketCounters } from './counters.ts';
import { EncodedItem, NO_ROW } from './encoded-item.ts';
import { FlushCycle } from './flush-cycle.ts';
import { ItemRing } from './item-ring.ts';
import type { WebSocketLimits } from './limits.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionTransport } from './session-outbox.ts';

export interface HubOptions {
  /** Version of the server, told in hello. */
  readonly server: string;
  /** Names this run: offsets of another run mean nothing. */
  readonly epoch: string;
  readonly access: Access;
  readonly limits: WebSocketLimits;
  readonly clock: Clock;
  readonly directory: StreamDirectory;
  readonly feed: OutcomeFeed;
  readonly counters: WebSocketCounters;
}

/**
 * Brings every outcome to the sessions that want it:
 *
 *   outcomes ─▶ offset, ring ─▶ audiences of the row ─▶ members' queues ─▶ (each 10 ms) sockets
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #context: SessionContext;
  readonly #index: AudienceIndex;
  readonly #ring: ItemRing;
  readonly #sessions: Set<Session>;
  readonly #cycle: FlushCycle;
  readonly #feed: FeedSubscription;
  #offset: number;

  constructor(options: HubOptions) {
    const { limits, clock, directory } = options;
    this.#options = options;
    this.#offset = 0;
    this.#index = new AudienceIndex({
      directory,
      offset: () => this.#offset,
      lingerMs: limits.lingerMs,
      lingering: limits.lingering,
      defer: setImmediate,
    });
    this.#ring = new ItemRing({ itemsMax: limits.ringItems, bytesMax: limits.ringBytes });
    this.#sessions = new Set();
    this.#cycle = new FlushCycle(clock, limits.flushMs);
    this.#context = {
      ...options,
      index: this.#index,
      ring: this.#ring,
      offset: () => this.#offset,
    };
    this.#feed = options.feed.outcomes$.subscribe((outcomes) => this.#publish(outcomes));
  }

  /** Whether anyone is subscribed to the forecasts of the stream in this row. A look-up. */
  wants(row: number): boolean {
    return this.#index.wants(row);
  }

  /** Starts a session on a new connection: hello goes out. */
  open(transport: SessionTransport): Session {
    const session: Session = new Session(this.#context, {
      transport,
      wake: () => this.#cycle.wake(session),
    });
    this.#sessions.add(session);
    session.greet();
    return session;
  }

  /** The connection of a session is gone. */
  end(session: Session): void {
    session.end();
    this.#sessions.delete(session);
    this.#cycle.forget(session);
  }

  /** Something of a slow client's backlog has left. */
  drained(session: Session): void {
    this.#cycle.wake(session);
  }

  /** Housekeeping, about each second. */
  sweep(): void {
    this.#index.sweep(this.#options.clock.now());
  }

  /** Tells every client that the service restarts, and stops. */
  close(): void {
    this.#feed.unsubscribe();
    this.#cycle.close();
    for (const session of this.#sessions) {
      session.flush();
      session.close(closeCodes.restart, 'restart');
    }
  }

  #publish(outcomes: Outcomes): void {
    const now = this.#options.clock.now();
    for (const id of outcomes.removed) this.#index.removed(id);
    for (const id of outcomes.created) {
      const row = this.#options.directory.row(id);
      if (row !== null) this.#index.created(id, row);
    }
    for (const { row, reading, forecast } of outcomes.steps) {
      const audiences = this.#index.route(row);
      this.#route(reading, row, audiences, now);
      if (forecast !== null) this.#route(forecast, row, audiences, now);
    }
    for (const notice of outcomes.notices) this.#announce(notice, now);
  }

  /** What comes without a row is compared with every audience: such items are few. */
  #announce(item: Item, now: number): void {
    const audiences = [...this.#index.all()].filter(
      (audience) => item.kind === 'model' || audience.matches(item.stream),
    );
    this.#route(item, NO_ROW, audiences, now);
  }

  #route(item: Item, row: number, audiences: readonly Audience[], now: number): void {
    this.#offset++;
    let entry: EncodedItem | null = null;
    for (const audience of audiences) {
      if (!audience.kinds.has(item.kind)) continue;
      if (entry === null) {
        entry = new EncodedItem(item, this.#offset, row);
        this.#ring.push(entry);
      }
      for (const member of audience.members) member.take(entry, now);
    }
  }
}

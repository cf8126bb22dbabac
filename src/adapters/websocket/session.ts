import type { Access, Grant } from '../../pipeline/access.ts';
import { globProblem } from '../../pipeline/glob-problem.ts';
import { listStreams } from '../../pipeline/list-streams.ts';
import type { Clock, StreamDirectory } from '../../pipeline/ports.ts';
import type {
  ClientMessage,
  RequestId,
  StreamsMessage,
  SubscribeMessage,
} from '../../protocol/client-messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { closeCodes, PROTOCOL_VERSION } from '../../protocol/limits.ts';
import { compileGlob } from '../../stream/glob.ts';
import type { Audience } from './audience.ts';
import type { AudienceIndex, Ready } from './audience-index.ts';
import { audienceSpec } from './audience-spec.ts';
import type { WebSocketCounters } from './counters.ts';
import type { ItemRing } from './item-ring.ts';
import type { WebSocketLimits } from './limits.ts';
import { parseMessage } from './parse-message.ts';
import { replayItems } from './replay-items.ts';
import { SessionOutbox, type SessionTransport } from './session-outbox.ts';
import { SnapshotWalk } from './snapshot-walk.ts';
import { Subscription } from './subscription.ts';
import { TokenBucket } from './token-bucket.ts';

/** What all sessions share. */
export interface SessionContext {
  readonly server: string;
  readonly epoch: string;
  readonly access: Access;
  readonly limits: WebSocketLimits;
  readonly clock: Clock;
  readonly directory: StreamDirectory;
  readonly index: AudienceIndex;
  readonly ring: ItemRing;
  readonly counters: WebSocketCounters;
  /** The newest offset given out. */
  offset(): number;
}

export interface SessionOptions {
  readonly transport: SessionTransport;
  /** Asks for a `flush` soon. */
  readonly wake: () => void;
}

/**
 * One client's side of the protocol, without a socket: texts come in by `receive`, texts go out
 * through the transport when `flush` is called. States: greeting (waits for auth) → ready → closed.
 */
export class Session {
  readonly #context: SessionContext;
  readonly #transport: SessionTransport;
  readonly #wake: () => void;
  readonly #outbox: SessionOutbox;
  readonly #inbound: TokenBucket;
  /** Audiences held, by the function that each calls when it is ready. */
  readonly #held: Map<Ready, Audience>;
  readonly #open: Map<number, Ready>;
  #grant: Grant | null;
  #state: 'greeting' | 'ready' | 'closed';
  #lastSubscription: number;

  constructor(context: SessionContext, options: SessionOptions) {
    this.#context = context;
    this.#transport = options.transport;
    this.#wake = options.wake;
    this.#outbox = new SessionOutbox(context, options.transport);
    this.#inbound = new TokenBucket({
      perSecond: context.limits.messagesPerSecond,
      burst: context.limits.messagesBurst,
      now: context.clock.now(),
    });
    this.#held = new Map();
    this.#open = new Map();
    this.#grant = context.access.open;
    this.#state = 'greeting';
    this.#lastSubscription = 0;
  }

  get state(): 'greeting' | 'ready' | 'closed' {
    return this.#state;
  }

  /** Says hello; called once, first of all. */
  greet(): void {
    const { access, limits, server, epoch } = this.#context;
    this.#answer({
      type: 'hello',
      proto: PROTOCOL_VERSION,
      server,
      epoch,
      auth: access.required ? 'token' : 'none',
      ping: limits.pingMs,
      limits: { subscriptions: limits.subscriptionsPerClient, message: limits.messageBytes },
    });
    if (this.#grant !== null) this.#becomeReady();
  }

  /** When withheld items are due next; null: there are none. */
  get dueAt(): number | null {
    return this.#outbox.dueAt;
  }

  /** Whether something waits for the network. */
  get isBehind(): boolean {
    return this.#outbox.isBehind;
  }

  /** One text frame. */
  receive(text: string): void {
    if (this.#state === 'closed' || !this.countInbound()) return;
    this.#context.counters.messagesTotal++;
    const parsed = parseMessage(text);
    if (parsed.kind === 'not-json') {
      this.close(closeCodes.notJson, 'expected JSON');
      return;
    }
    if (parsed.kind === 'problem') {
      const { id, code, message, hint } = parsed.problem;
      this.#refuse(id, code, message, hint);
      return;
    }
    this.#handle(parsed.message);
  }

  /** Counts one frame of any kind; false when there were too many and the session is closed. */
  countInbound(): boolean {
    if (this.#inbound.take(this.#context.clock.now())) return true;
    this.close(closeCodes.tooMany, 'too many messages');
    return false;
  }

  /** The time for authorising is over. */
  authTimedOut(): void {
    if (this.#state === 'greeting') this.close(closeCodes.authTimeout, 'no auth in time');
  }

  /** Hands over what waits, as far as the client keeps up. */
  flush(): void {
    if (this.#state === 'closed') return;
    const verdict = this.#outbox.flush(this.#context.clock.now());
    if (verdict === 'overflow') this.closeSlow('too much waiting');
    else if (verdict === 'more') this.#wake();
  }

  /** Closes a client that does not keep up. */
  closeSlow(reason: string): void {
    if (this.#state === 'closed') return;
    this.#context.counters.slowClosesTotal++;
    this.close(closeCodes.slowConsumer, reason);
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    // Answers given before go out first: the client learns what happened.
    this.#outbox.flushAnswers();
    this.end();
    this.#transport.close(code, reason);
  }

  /** The connection is gone: lets go of everything. */
  end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const now = this.#context.clock.now();
    for (const id of this.#open.keys()) this.#unsubscribe(id);
    for (const [ready, audience] of this.#held) {
      this.#context.index.release(audience, ready, now);
    }
    this.#held.clear();
  }

  #becomeReady(): void {
    this.#state = 'ready';
    this.#answer({ type: 'ready' });
  }

  #handle(message: ClientMessage): void {
    const id = message.id ?? null;
    if (message.type === 'ping') {
      this.#answer(id === null ? { type: 'pong' } : { id, type: 'pong' });
      return;
    }
    if (message.type === 'auth') {
      this.#authorise(id, message.token);
      return;
    }
    if (this.#grant === null) {
      this.#refuse(id, 'ERR_UNAUTHORISED', `Expected auth first, got "${message.type}".`);
      return;
    }
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message, this.#grant);
        break;
      case 'unsubscribe':
        if (this.#unsubscribe(message.subscription)) {
          this.#answer({ id, type: 'result', data: { subscription: message.subscription } });
        } else {
          const text = `Expected an open subscription, got ${message.subscription}.`;
          this.#refuse(id, 'ERR_UNKNOWN_SUBSCRIPTION', text);
        }
        break;
      case 'streams':
        this.#list(message, this.#grant);
        break;
      case 'acknowledge':
        this.#refuse(id, 'ERR_NOT_FOUND', `There is no alert ${JSON.stringify(message.alert)}.`);
        break;
    }
  }

  #authorise(id: RequestId | null, token: string): void {
    if (this.#state !== 'greeting') {
      this.#refuse(id, 'ERR_REQUEST_INVALID', 'Expected no auth: this connection is ready.');
      return;
    }
    this.#grant = this.#context.access.authorise(token);
    if (this.#grant === null) this.close(closeCodes.unauthorised, 'wrong token');
    else this.#becomeReady();
  }

  #list(message: StreamsMessage, grant: Grant): void {
    const id = message.id ?? null;
    const problem = globProblem(message.match);
    if (problem !== null) {
      this.#refuse(id, 'ERR_REQUEST_INVALID', problem);
      return;
    }
    const page = listStreams(this.#context.directory, {
      matches: compileGlob(message.match),
      sees: (stream) => grant.sees(stream),
      limit: message.limit,
      after: message.after,
    });
    this.#answer({ id, type: 'result', data: page });
  }

  #subscribe(message: SubscribeMessage, grant: Grant): void {
    const id = message.id ?? null;
    const { index, limits } = this.#context;
    const problem = message.streams.map(globProblem).find((found) => found !== null);
    if (problem !== undefined) {
      this.#refuse(id, 'ERR_REQUEST_INVALID', problem);
      return;
    }
    if (this.#held.size >= limits.subscriptionsPerClient) {
      const bound = `Expected at most ${limits.subscriptionsPerClient} subscriptions`;
      this.#refuse(id, 'ERR_SUBSCRIPTION_LIMIT', `${bound}, got ${this.#held.size + 1}.`);
      return;
    }
    if (index.pairs >= limits.routes) {
      const message = 'All clients together follow as many streams as the service can route.';
      this.#refuse(id, 'ERR_SUBSCRIPTION_LIMIT', message);
      return;
    }
    const ready: Ready = (audience) => this.#accept(message, audience, ready);
    this.#held.set(ready, index.acquire(audienceSpec(message, grant), ready));
  }

  /** The audience is complete: at once, or some turns after the request. */
  #accept(message: SubscribeMessage, audience: Audience, ready: Ready): void {
    const context = this.#context;
    const id = ++this.#lastSubscription;
    const subscription = new Subscription(audience, {
      id,
      epoch: context.epoch,
      mode: message.mode,
      maxRate: message.maxRate,
      wake: this.#wake,
    });
    const replay = replayItems(message, audience, context);
    this.#open.set(id, ready);
    context.counters.subscriptions++;
    this.#answer({
      id: message.id ?? null,
      type: 'subscribed',
      subscription: id,
      streams: audience.count,
      epoch: context.epoch,
      offset: context.offset(),
      recovered: replay !== null,
    });
    this.#outbox.open(subscription);
    if (replay !== null) {
      const now = context.clock.now();
      for (const item of replay) subscription.take(item, now);
    } else if (message.snapshot || message.history > 0) {
      const walk = new SnapshotWalk(audience, {
        directory: context.directory,
        history: message.history,
        newest: message.snapshot,
      });
      this.#outbox.beginSnapshot(subscription, walk);
    }
    audience.members.add(subscription);
  }

  #unsubscribe(id: number): boolean {
    const ready = this.#open.get(id);
    const subscription = this.#outbox.remove(id);
    if (ready === undefined || subscription === null) return false;
    const { audience } = subscription;
    this.#open.delete(id);
    this.#held.delete(ready);
    this.#context.counters.subscriptions--;
    audience.members.delete(subscription);
    this.#context.index.release(audience, ready, this.#context.clock.now());
    return true;
  }

  #refuse(
    id: RequestId | null,
    code: ErrorCode,
    message: string,
    hint: string | null = null,
  ): void {
    this.#answer({ id, type: 'error', code, message, ...(hint === null ? {} : { hint }) });
  }

  #answer(message: object): void {
    this.#outbox.answer(JSON.stringify(message));
    this.#wake();
  }
}

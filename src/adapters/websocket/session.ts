import type { Grant } from '../../pipeline/access.ts';
import { globProblem } from '../../pipeline/glob-problem.ts';
import { listStreams } from '../../pipeline/list-streams.ts';
import type {
  ClientMessage,
  RequestId,
  StreamsMessage,
  SubscribeMessage,
} from '../../protocol/client-messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { closeCodes, PROTOCOL_VERSION } from '../../protocol/limits.ts';
import { compileGlob } from '../../stream/glob.ts';
import { parseMessage } from './parse-message.ts';
import type { SessionContext } from './session-context.ts';
import { SessionOutbox, type SessionTransport } from './session-outbox.ts';
import { SessionSubscriptions } from './session-subscriptions.ts';
import { TokenBucket } from './token-bucket.ts';

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
  readonly #subscriptions: SessionSubscriptions;
  #grant: Grant | null;
  #state: 'greeting' | 'ready' | 'closed';

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
    this.#subscriptions = new SessionSubscriptions(context, {
      outbox: this.#outbox,
      wake: options.wake,
      answer: (message) => this.#answer(message),
    });
    this.#grant = context.access.open;
    this.#state = 'greeting';
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
    this.#subscriptions.close();
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
        if (this.#subscriptions.remove(message.subscription)) {
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
    if (this.#subscriptions.count >= limits.subscriptionsPerClient) {
      const bound = `Expected at most ${limits.subscriptionsPerClient} subscriptions`;
      const count = this.#subscriptions.count + 1;
      this.#refuse(id, 'ERR_SUBSCRIPTION_LIMIT', `${bound}, got ${count}.`);
      return;
    }
    if (index.pairs >= limits.routes) {
      const text = 'All clients together follow as many streams as the service can route.';
      this.#refuse(id, 'ERR_SUBSCRIPTION_LIMIT', text);
      return;
    }
    this.#subscriptions.add(message, grant);
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

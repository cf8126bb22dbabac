import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCounters } from '../../../src/adapters/websocket/counters.ts';
import { Hub } from '../../../src/adapters/websocket/hub.ts';
import { defaultLimits, type WebSocketLimits } from '../../../src/adapters/websocket/limits.ts';
import type { Session } from '../../../src/adapters/websocket/session.ts';
import type { SessionTransport } from '../../../src/adapters/websocket/session-outbox.ts';
import { createAccess, type TokenRule } from '../../../src/pipeline/access.ts';
import type { ClientMessageInput } from '../../../src/protocol/client-messages.ts';
import type { Item } from '../../../src/protocol/items.ts';
import { type ServerMessage, serverMessageSchema } from '../../../src/protocol/server-messages.ts';
import { MemoryStreams, memoryAnomaly } from '../memory-streams.ts';

/** A client without a socket: keeps what it is sent, and may stop reading. */
class FakeClient implements SessionTransport {
  bufferedBytes = 0;
  frozen = false;
  writes = 0;
  closed: { code: number; reason: string } | null = null;
  received: ServerMessage[] = [];
  session!: Session;

  write(frames: readonly string[]): void {
    this.writes++;
    for (const frame of frames) {
      if (this.frozen) this.bufferedBytes += frame.length;
      this.received.push(serverMessageSchema.parse(JSON.parse(frame)));
    }
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  say(message: ClientMessageInput): void {
    this.session.receive(JSON.stringify(message));
  }

  /** Everything since the last call, of one type. */
  take<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    const found = this.received.filter((message) => message.type === type);
    this.received = this.received.filter((message) => message.type !== type);
    return found as Extract<ServerMessage, { type: T }>[];
  }

  items(): Item[] {
    return this.take('batch').flatMap((batch) => batch.items);
  }
}

function createService(limits: Partial<WebSocketLimits> = {}, tokens: TokenRule[] = []) {
  const streams = new MemoryStreams();
  const counters = createCounters();
  const hub = new Hub({
    server: '1.0.0',
    epoch: 'e7f1',
    access: createAccess(tokens),
    limits: { ...defaultLimits, ...limits },
    clock: { now: () => Date.now() },
    directory: streams,
    feed: streams,
    counters,
  });
  streams.wants = (row) => hub.wants(row);
  const connect = () => {
    const client = new FakeClient();
    client.session = hub.open(client);
    return client;
  };
  const settle = () => vi.advanceTimersByTime(10);
  return { streams, counters, hub, connect, settle };
}

const valuesOf = (items: Item[]) => items.map((item) => (item.kind === 'reading' ? item.v : 'f'));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Session greeting', () => {
  it('says hello and is ready at once when no tokens are configured', () => {
    const { connect, settle } = createService();
    const client = connect();
    settle();
    expect(client.received).toEqual([
      {
        type: 'hello',
        proto: 1,
        server: '1.0.0',
        epoch: 'e7f1',
        auth: 'none',
        ping: 25_000,
        limits: { subscriptions: 200, message: 16_384 },
      },
      { type: 'ready' },
    ]);
    expect(client.writes).toBe(1);
  });

  it('asks for a token, refuses requests before it and closes on a wrong one', () => {
    const { connect, settle } = createService({}, [{ token: 's3', streams: ['**'], write: false }]);
    const client = connect();
    client.say({ id: 1, type: 'subscribe', streams: ['**'] });
    settle();
    expect(client.take('hello')[0]!.auth).toBe('token');
    expect(client.take('error')[0]).toMatchObject({ id: 1, code: 'ERR_UNAUTHORISED' });
    client.say({ type: 'auth', token: 's4' });
    expect(client.closed?.code).toBe(4401);
  });

  it('closes with 4408 when no auth came in time, and not after a right one', () => {
    const { connect, settle } = createService({}, [{ token: 's3', streams: ['**'], write: false }]);
    const late = connect();
    const prompt = connect();
    prompt.say({ type: 'auth', token: 's3' });
    settle();
    expect(prompt.take('ready')).toHaveLength(1);
    late.session.authTimedOut();
    prompt.session.authTimedOut();
    expect(late.closed?.code).toBe(4408);
    expect(prompt.closed).toBeNull();
  });
});

describe('Session requests', () => {
  it('closes on what is not JSON and stays on JSON that fails the schema', () => {
    const { connect, settle } = createService();
    const client = connect();
    client.session.receive('{"id":3,"type":"subscrib","streams":["**"]}');
    settle();
    expect(client.take('error')[0]).toMatchObject({
      id: 3,
      code: 'ERR_REQUEST_INVALID',
      hint: 'did you mean "subscribe"?',
    });
    expect(client.closed).toBeNull();
    client.session.receive('{"id":3');
    expect(client.closed?.code).toBe(4400);
  });

  it('answers ping, lists streams and knows no alerts', () => {
    const { connect, settle, streams } = createService();
    streams.read({ 'plant/b': 1, 'plant/a': 2, 'other/a': 3 }, 1000);
    const client = connect();
    client.say({ type: 'ping' });
    client.say({ id: 4, type: 'streams', match: 'plant/**' });
    client.say({ id: 5, type: 'acknowledge', alert: 'a1' });
    settle();
    expect(client.take('pong')).toEqual([{ type: 'pong' }]);
    const { data } = client.take('result')[0]!;
    expect(data['streams']).toMatchObject([{ id: 'plant/a' }, { id: 'plant/b' }]);
    expect(client.take('error')[0]).toMatchObject({ id: 5, code: 'ERR_NOT_FOUND' });
  });

  it('closes with 4429 when messages come faster than allowed', () => {
    const { connect } = createService({ messagesBurst: 3, messagesPerSecond: 1 });
    const client = connect();
    for (let sent = 0; sent < 3; sent++) client.say({ type: 'ping' });
    expect(client.closed).toBeNull();
    client.say({ type: 'ping' });
    expect(client.closed?.code).toBe(4429);
  });

  it('bounds subscriptions and frees one by unsubscribing', () => {
    const { connect, settle, counters } = createService({ subscriptionsPerClient: 1 });
    const client = connect();
    client.say({ id: 1, type: 'subscribe', streams: ['a'] });
    client.say({ id: 2, type: 'subscribe', streams: ['b'] });
    client.say({ id: 3, type: 'unsubscribe', subscription: 1 });
    client.say({ id: 4, type: 'unsubscribe', subscription: 1 });
    client.say({ id: 5, type: 'subscribe', streams: ['b'] });
    settle();
    expect(client.take('error')).toMatchObject([
      { id: 2, code: 'ERR_SUBSCRIPTION_LIMIT' },
      { id: 4, code: 'ERR_UNKNOWN_SUBSCRIPTION' },
    ]);
    expect(client.take('subscribed').map(({ subscription }) => subscription)).toEqual([1, 2]);
    expect(counters.subscriptions).toBe(1);
  });

  it('refuses a glob that could take forever', () => {
    const { connect, settle } = createService();
    const client = connect();
    client.say({ id: 1, type: 'subscribe', streams: ['*a*a*a*a*a*b'] });
    client.say({ id: 2, type: 'streams', match: '{a,b}{a,b}{a,b}' });
    settle();
    expect(client.take('error').map(({ code }) => code)).toEqual([
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_INVALID',
    ]);
  });
});

describe('Session subscriptions', () => {
  it('sends the newest reading and forecast of each matching stream first, then what comes', () => {
    const { connect, settle, streams } = createService();
    streams.read({ 'plant/a': 1, 'plant/b': 2, other: 3 }, 1000);
    streams.read({ 'plant/a': 4, other: 5 }, 2000);
    const client = connect();
    client.say({ id: 1, type: 'subscribe', streams: ['plant/*'] });
    settle();
    expect(client.take('subscribed')).toEqual([
      {
        id: 1,
        type: 'subscribed',
        subscription: 1,
        streams: 2,
        epoch: 'e7f1',
        offset: 5,
        recovered: false,
      },
    ]);
    const [first] = client.take('batch');
    expect(first).toMatchObject({ subscription: 1, offset: 5, dropped: 0 });
    expect(first!.items.map(({ kind }) => kind)).toEqual(['reading', 'forecast', 'reading']);
    streams.read({ 'plant/b': 6, other: 7 }, 3000);
    settle();
    expect(valuesOf(client.items())).toEqual([6, 'f']);
  });

  it('owes a first batch even when nothing matches, and none without a snapshot', () => {
    const { connect, settle } = createService();
    const client = connect();
    client.say({ id: 1, type: 'subscribe', streams: ['nothing'] });
    client.say({ id: 2, type: 'subscribe', streams: ['nothing'], snapshot: false });
    settle();
    expect(client.take('batch')).toMatchObject([{ subscription: 1, items: [] }]);
  });

  it('puts history before the newest reading', () => {
    const { connect, settle, streams } = createService();
    for (let t = 1; t <= 5; t++) streams.read({ a: t }, 1000 * t);
    const client = connect();
    client.say({ type: 'subscribe', streams: ['a'], history: 3, kinds: ['reading'] });
    settle();
    expect(valuesOf(client.items())).toEqual([3, 4, 5]);
  });

  it('takes streams in that appear later, also when they inherit a row', () => {
    const { connect, settle, streams } = createService();
    streams.read({ 'plant/a': 1 }, 1000);
    const client = connect();
    client.say({ type: 'subscribe', streams: ['plant/*'], kinds: ['reading'], snapshot: false });
    streams.remove('plant/a');
    streams.read({ other: 2 }, 2000);
    streams.read({ 'plant/c': 3 }, 3000);
    settle();
    expect(valuesOf(client.items())).toEqual([3]);
  });

  it('keeps from a token what it may not see', () => {
    const { connect, settle, streams } = createService({}, [
      { token: 's3', streams: ['plant/**'], write: false },
    ]);
    streams.read({ 'plant/a': 1, secret: 2 }, 1000);
    const client = connect();
    client.say({ type: 'auth', token: 's3' });
    client.say({ id: 1, type: 'subscribe', streams: ['**'], kinds: ['reading', 'anomaly'] });
    client.say({ id: 2, type: 'streams' });
    streams.read({ secret: 3 }, 2000);
    streams.notice(memoryAnomaly('secret', 2000));
    streams.notice(memoryAnomaly('plant/a', 2000));
    settle();
    expect(client.take('subscribed')[0]!.streams).toBe(1);
    expect(client.take('result')[0]!.data['streams']).toHaveLength(1);
    expect(client.items()).toMatchObject([
      { stream: 'plant/a' },
      { stream: 'plant/a', kind: 'anomaly' },
    ]);
  });

  it('wants forecasts only of streams somebody takes forecasts of', () => {
    const { connect, hub, streams } = createService();
    streams.read({ a: 1, b: 2 }, 1000);
    const rows = { a: streams.row('a')!, b: streams.row('b')! };
    expect(hub.wants(rows.a)).toBe(false);
    const client = connect();
    client.say({ type: 'subscribe', streams: ['b'], kinds: ['reading'] });
    client.say({ type: 'subscribe', streams: ['a'], kinds: ['forecast'] });
    expect([hub.wants(rows.a), hub.wants(rows.b)]).toEqual([true, false]);
    client.say({ type: 'unsubscribe', subscription: 2 });
    vi.advanceTimersByTime(31_000);
    hub.sweep();
    expect(hub.wants(rows.a)).toBe(false);
  });

  it('writes once to each client however much comes within ten milliseconds', () => {
    const { connect, settle, streams } = createService();
    const client = connect();
    client.say({ type: 'subscribe', streams: ['**'] });
    settle();
    client.writes = 0;
    for (let t = 1; t <= 20; t++) streams.read({ a: t, b: t }, 1000 * t);
    settle();
    expect(client.writes).toBe(1);
    expect(client.items()).toHaveLength(40 + 38);
  });

  it('holds back what is faster than maxRate, counts it, and brings the last value', () => {
    const { connect, settle, streams } = createService();
    const client = connect();
    client.say({ type: 'subscribe', streams: ['a'], kinds: ['reading'], maxRate: 1 });
    settle();
    client.take('batch');
    for (let t = 1; t <= 4; t++) streams.read({ a: t }, t);
    settle();
    expect(client.take('batch')).toMatchObject([{ dropped: 2, items: [{ v: 1 }] }]);
    vi.advanceTimersByTime(1100);
    expect(client.take('batch')).toMatchObject([{ dropped: 0, items: [{ v: 4 }] }]);
  });

  it('sends a large snapshot in bounded frames that cannot be resumed from until it is complete', () => {
    const { connect, streams } = createService({ frameBytes: 4096, snapshotStreams: 20 });
    const ids = Array.from({ length: 300 }, (_, index) => `s/${String(index).padStart(3, '0')}`);
    streams.read(Object.fromEntries(ids.map((id) => [id, 1])), 1000);
    const client = connect();
    client.say({ type: 'subscribe', streams: ['**'], kinds: ['reading'] });
    // While it is on its way, one stream that was sent already and one that was not move on.
    streams.read({ 's/000': 2, 's/299': 3 }, 2000);
    vi.advanceTimersByTime(500);
    const batches = client.take('batch');
    const items = batches.flatMap((batch) => batch.items);
    expect(batches.length).toBeGreaterThan(5);
    expect(Math.max(...batches.map((batch) => JSON.stringify(batch).length))).toBeLessThan(8192);
    expect(items).toHaveLength(301);
    const lastOf = (id: string) => items.findLast((item) => 'stream' in item && item.stream === id);
    expect(lastOf('s/000')).toMatchObject({ v: 2 });
    expect(lastOf('s/299')).toMatchObject({ v: 3 });
    const offsets = batches.map(({ offset }) => offset);
    expect(offsets.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(offsets.at(-1)).toBe(302);
  });
});

describe('Session resume', () => {
  function interrupted(limits: Partial<WebSocketLimits> = {}) {
    const service = createService(limits);
    service.streams.read({ a: 1 }, 1000);
    const client = service.connect();
    client.say({ type: 'subscribe', streams: ['**'] });
    service.settle();
    const { offset } = client.take('batch').at(-1)!;
    service.hub.end(client.session);
    const back = (resume: { epoch: string; offset: number }) => {
      const again = service.connect();
      again.say({ type: 'subscribe', streams: ['**'], resume });
      service.settle();
      return { recovered: again.take('subscribed')[0]!.recovered, items: again.items() };
    };
    return { ...service, offset, back };
  }

  it('brings exactly what was missed, forecasts too', () => {
    const { streams, offset, back } = interrupted();
    streams.read({ a: 2 }, 2000);
    streams.read({ a: 3 }, 3000);
    const { recovered, items } = back({ epoch: 'e7f1', offset });
    expect(recovered).toBe(true);
    expect(valuesOf(items)).toEqual([2, 'f', 3, 'f']);
  });

  it('says so and takes the snapshot for another epoch, a future offset and an unfinished one', () => {
    const { streams, offset, back } = interrupted();
    streams.read({ a: 2 }, 2000);
    for (const resume of [
      { epoch: 'dead', offset },
      { epoch: 'e7f1', offset: 9999 },
      { epoch: 'e7f1', offset: 0 },
    ]) {
      const { recovered, items } = back(resume);
      expect(recovered).toBe(false);
      expect(valuesOf(items)).toEqual([2, 'f']);
    }
  });

  it('cannot recover what the ring has let go', () => {
    const { streams, offset, back } = interrupted({ ringItems: 3 });
    for (let t = 2; t < 5; t++) streams.read({ a: t }, 1000 * t);
    expect(back({ epoch: 'e7f1', offset }).recovered).toBe(false);
  });

  it('cannot recover once nobody has been wanting the items', () => {
    const { hub, streams, offset, back } = interrupted();
    vi.advanceTimersByTime(31_000);
    hub.sweep();
    streams.read({ a: 2 }, 2000);
    expect(back({ epoch: 'e7f1', offset }).recovered).toBe(false);
  });
});

describe('Session with a slow client', () => {
  it('keeps only the newest reading and forecast of a stream, and every anomaly', () => {
    const { connect, settle, streams, counters } = createService({ slowBytes: 1000 });
    const client = connect();
    client.say({ type: 'subscribe', streams: ['**'] });
    settle();
    client.take('batch');
    client.frozen = true;
    client.bufferedBytes = 2000;
    for (let t = 1; t <= 100; t++) {
      streams.read({ a: t, b: -t }, 1000 * t);
      if (t % 10 === 0) streams.notice(memoryAnomaly('a', 1000 * t));
      settle();
    }
    expect(client.take('batch')).toEqual([]);
    client.bufferedBytes = 0;
    client.frozen = false;
    client.session.flush();
    const [batch] = client.take('batch');
    const kinds = batch!.items.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'anomaly')).toHaveLength(10);
    expect(batch!.dropped + batch!.items.length).toBe(200 + 198 + 10);
    // Conflation comes when the queue has doubled, so a few old ones may be left.
    expect(batch!.items.length).toBeLessThan(60);
    expect(valuesOf(batch!.items).filter((value) => value !== 'f')).toContain(100);
    expect(counters.droppedTotal).toBe(batch!.dropped);
  });

  it('is closed with 4508 and counted when too much waits, in mode all', () => {
    const { connect, settle, streams, counters } = createService({
      slowBytes: 1000,
      outboundBytes: 20_000,
    });
    const client = connect();
    client.say({ type: 'subscribe', streams: ['**'], mode: 'all', kinds: ['reading'] });
    settle();
    client.bufferedBytes = 2000;
    for (let t = 1; t <= 200 && client.closed === null; t++) {
      streams.read({ a: t }, t);
      settle();
    }
    expect(client.closed?.code).toBe(4508);
    expect(counters.slowClosesTotal).toBe(1);
    expect(counters.subscriptions).toBe(0);
  });
});

describe('Hub', () => {
  it('tells every client of a restart', () => {
    const { connect, hub } = createService();
    const clients = [connect(), connect()];
    hub.close();
    expect(clients.map((client) => client.closed?.code)).toEqual([1012, 1012]);
  });

  it('encodes an item once for any number of clients', () => {
    const { connect, settle, streams } = createService();
    const clients = Array.from({ length: 3 }, connect);
    for (const client of clients) client.say({ type: 'subscribe', streams: ['a'] });
    settle();
    let encoded = 0;
    streams.read({ a: 1 }, 1000);
    const flags = streams.lastReading('a')!;
    Object.defineProperty(flags, 'expected', {
      get: () => {
        encoded++;
        return null;
      },
    });
    settle();
    expect(clients.map((client) => client.items().length)).toEqual([1, 1, 1]);
    expect(encoded).toBe(1);
  });
});

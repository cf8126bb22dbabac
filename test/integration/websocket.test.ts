import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { WebSocketLimits } from '../../src/adapters/websocket/limits.ts';
import { createWebSocketServer } from '../../src/adapters/websocket/websocket-server.ts';
import { createAccess, type TokenRule } from '../../src/pipeline/access.ts';
import { originRules } from '../../src/pipeline/origin.ts';
import type { ClientMessageInput } from '../../src/protocol/client-messages.ts';
import { type ServerMessage, serverMessageSchema } from '../../src/protocol/server-messages.ts';
import { MemoryStreams } from '../adapters/memory-streams.ts';

const WAIT_MS = 10_000;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface ServiceOptions {
  tokens?: TokenRule[];
  origins?: string[];
  limits?: Partial<WebSocketLimits>;
  serve?: boolean;
}

async function createService(options: ServiceOptions = {}) {
  const tokens = options.tokens ?? [];
  const server = createServer();
  const websocket = createWebSocketServer({
    server,
    version: '1.0.0',
    epoch: 'e7f1',
    access: createAccess(tokens),
    origins: originRules({
      host: '127.0.0.1',
      hasTokens: tokens.length > 0,
      origins: options.origins ?? [],
    }),
    clock: { now: () => Date.now() },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const streams = new MemoryStreams();
  streams.wants = websocket.wants;
  if (options.serve !== false) websocket.serve({ directory: streams, feed: streams });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/v1/ws`;
  closers.push(async () => {
    await websocket.close();
    server.close();
  });
  return { websocket, streams, url, port };
}

class TestClient {
  readonly socket: WebSocket;
  readonly received: ServerMessage[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(
    url: string,
    options: { headers?: Record<string, string>; protocols?: string[] } = {},
  ) {
    this.socket = new WebSocket(url, options.protocols ?? ['inkling.v1.json'], {
      headers: options.headers ?? {},
    });
    this.socket.on('message', (data) => {
      this.received.push(serverMessageSchema.parse(JSON.parse(data.toString())));
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    closers.push(() => this.socket.terminate());
  }

  say(message: ClientMessageInput): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message of a type; messages before it are dropped. */
  async next<T extends ServerMessage['type']>(
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    return await until(() => {
      const at = this.received.findIndex((message) => message.type === type);
      if (at < 0) return undefined;
      const [found] = this.received.splice(0, at + 1).slice(at);
      return found as Extract<ServerMessage, { type: T }>;
    }, `a ${type} message`);
  }
}

async function until<T>(probe: () => T | undefined, what: string): Promise<T> {
  const signal = AbortSignal.timeout(WAIT_MS);
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    if (signal.aborted) throw new Error(`waited in vain for ${what}`);
    await wait(5);
  }
}

/** Status and problem code of an upgrade that is refused. */
async function refusal(client: TestClient): Promise<[number, string]> {
  const [, response] = await once(client.socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return [response.statusCode, JSON.parse(body).code];
}

describe('the upgrade', () => {
  it('is refused without the subprotocol, for foreign origins and hosts, elsewhere and too early', async () => {
    const { url, port, websocket } = await createService({ origins: ['https://plant.example'] });
    const early = await createService({ serve: false });
    const from = (headers: Record<string, string>) => refusal(new TestClient(url, { headers }));
    expect(await refusal(new TestClient(url, { protocols: [] }))).toEqual([400, 'ERR_SUBPROTOCOL']);
    expect(await refusal(new TestClient(url, { protocols: ['mqtt'] }))).toEqual([
      400,
      'ERR_SUBPROTOCOL',
    ]);
    expect(await from({ origin: 'https://evil.example' })).toEqual([403, 'ERR_ORIGIN']);
    expect(await from({ host: `evil.example:${port}` })).toEqual([403, 'ERR_ORIGIN']);
    expect(await refusal(new TestClient(url.replace('/v1/ws', '/ws')))).toEqual([
      404,
      'ERR_NOT_FOUND',
    ]);
    expect(await refusal(new TestClient(early.url))).toEqual([503, 'ERR_NOT_READY']);
    expect(websocket.counters.refusedTotal).toBe(5);
  });

  it('is granted without an Origin, from our own page and from configured origins', async () => {
    const { url, port } = await createService({ origins: ['https://plant.example'] });
    for (const headers of [
      {},
      { origin: `http://127.0.0.1:${port}` },
      { origin: 'https://plant.example' },
    ]) {
      const client = new TestClient(url, { headers });
      expect((await client.next('hello')).server).toBe('1.0.0');
      expect(client.socket.protocol).toBe('inkling.v1.json');
    }
  });

  it('is refused when there are too many clients, and granted when one has left', async () => {
    const { url, websocket } = await createService({ limits: { clients: 1 } });
    const first = new TestClient(url);
    await first.next('ready');
    expect(await refusal(new TestClient(url))).toEqual([429, 'ERR_TOO_MANY']);
    first.socket.close();
    await until(() => (websocket.counters.clients === 0 ? true : undefined), 'the client to leave');
    await new TestClient(url).next('ready');
  });
});

describe('a connection', () => {
  it('brings the snapshot first and then every reading and forecast', async () => {
    const { url, streams } = await createService();
    streams.read({ 'plant/a': 1, 'plant/b': 2 }, 1000);
    const client = new TestClient(url);
    await client.next('hello');
    client.say({ id: 1, type: 'subscribe', streams: ['plant/**'] });
    expect(await client.next('subscribed')).toMatchObject({ id: 1, streams: 2, recovered: false });
    expect((await client.next('batch')).items).toMatchObject([
      { kind: 'reading', stream: 'plant/a', v: 1 },
      { kind: 'reading', stream: 'plant/b', v: 2 },
    ]);
    streams.read({ 'plant/a': 3 }, 2000);
    const batch = await client.next('batch');
    expect(batch.items.map(({ kind }) => kind)).toEqual(['reading', 'forecast']);
    expect(batch.offset).toBe(4);
  });

  it('resumes after a break without a gap', async () => {
    const { url, streams } = await createService();
    const client = new TestClient(url);
    client.socket.once('open', () => client.say({ type: 'subscribe', streams: ['a'] }));
    await client.next('batch');
    streams.read({ a: 1 }, 1000);
    const { epoch, offset } = await client.next('batch');
    client.socket.terminate();
    await client.closed;
    streams.read({ a: 2 }, 2000);
    const back = new TestClient(url);
    await back.next('hello');
    back.say({ type: 'subscribe', streams: ['a'], resume: { epoch, offset } });
    expect((await back.next('subscribed')).recovered).toBe(true);
    expect((await back.next('batch')).items).toMatchObject([
      { kind: 'reading', v: 2 },
      { kind: 'forecast', issued: 2000 },
    ]);
  });

  it('closes with its own codes on what it cannot take', async () => {
    const { url } = await createService({ limits: { messagesBurst: 5 } });
    const codeAfter = async (act: (client: TestClient) => void) => {
      const client = new TestClient(url);
      await client.next('ready');
      act(client);
      return (await client.closed).code;
    };
    expect(await codeAfter(({ socket }) => socket.send('{'))).toBe(4400);
    expect(await codeAfter(({ socket }) => socket.send(Buffer.from('{}')))).toBe(4400);
    expect(await codeAfter(({ socket }) => socket.send('"'.repeat(16_385)))).toBe(4413);
    expect(await codeAfter(({ socket }) => socket.send('"'.repeat(2_000_000)))).toBe(4413);
    const flood = (client: TestClient) => {
      for (let sent = 0; sent < 20; sent++) client.say({ type: 'ping' });
    };
    expect(await codeAfter(flood)).toBe(4429);
    const pings = ({ socket }: TestClient) => {
      for (let sent = 0; sent < 20; sent++) socket.ping();
    };
    expect(await codeAfter(pings)).toBe(4429);
  });

  it('takes messages up to the limit', async () => {
    const { url } = await createService();
    const client = new TestClient(url);
    await client.next('ready');
    client.socket.send(`{"type":"ping"${' '.repeat(16_384 - 15)}}`);
    await client.next('pong');
  });

  it('asks for a token and closes with 4401 on a wrong one, 4408 on none in time', async () => {
    const tokens = [{ token: 's3cret', streams: ['plant/**'], write: false }];
    const { url, streams } = await createService({ tokens, limits: { authMs: 300 } });
    streams.read({ 'plant/a': 1, secret: 2 }, 1000);
    const good = new TestClient(url);
    expect((await good.next('hello')).auth).toBe('token');
    good.say({ type: 'auth', token: 's3cret' });
    await good.next('ready');
    const wrong = new TestClient(url);
    await wrong.next('hello');
    wrong.say({ type: 'auth', token: 's3creT' });
    expect((await wrong.closed).code).toBe(4401);
    const silent = new TestClient(url);
    expect((await silent.closed).code).toBe(4408);
    good.say({ type: 'subscribe', streams: ['**'] });
    expect((await good.next('batch')).items).toMatchObject([{ stream: 'plant/a' }]);
  });

  it('is cut off when it leaves two pings unanswered', async () => {
    const { url, websocket } = await createService({ limits: { pingMs: 100 } });
    const alive = new TestClient(url);
    const dead = new TestClient(url);
    await dead.next('ready');
    dead.socket.pause();
    await until(() => websocket.counters.unresponsiveTotal || undefined, 'the dead client to go');
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is told of a restart', async () => {
    const { url, websocket } = await createService();
    const client = new TestClient(url);
    await client.next('ready');
    await websocket.close();
    expect((await client.closed).code).toBe(1012);
  });
});

describe('a client that stops reading', () => {
  it('is closed with 4508, while another gets everything', async () => {
    const { url, websocket, streams } = await createService({
      limits: { outboundBytes: 1_000_000, slowBytes: 100_000, stuckMs: 60_000 },
    });
    const frozen = new TestClient(url);
    const other = new TestClient(url);
    for (const client of [frozen, other]) {
      await client.next('ready');
      client.say({ type: 'subscribe', streams: ['**'], mode: 'all', kinds: ['reading'] });
      await client.next('batch');
    }
    frozen.socket.pause();
    const ids = Array.from({ length: 500 }, (_, index) => `plant/machine/${index}/temperature`);
    let sent = 0;
    const values = Object.fromEntries(ids.map((id) => [id, 1]));
    const received = () => other.received.flatMap((m) => (m.type === 'batch' ? m.items : []));
    while (websocket.counters.slowClosesTotal === 0 && sent < 400_000) {
      streams.read(values, 1000 + sent);
      sent += ids.length;
      await wait(1);
    }
    expect(websocket.counters.slowClosesTotal).toBe(1);
    await until(() => (received().length === sent ? true : undefined), 'all readings');
    frozen.socket.resume();
    expect((await frozen.closed).code).toBe(4508);
  });

  it('is closed when nothing has moved for the given time', async () => {
    const { url, websocket, streams } = await createService({ limits: { stuckMs: 500 } });
    const frozen = new TestClient(url);
    await frozen.next('ready');
    frozen.say({ type: 'subscribe', streams: ['**'] });
    await frozen.next('batch');
    frozen.socket.pause();
    const ids = Array.from({ length: 200 }, (_, index) => `plant/machine/${index}/temperature`);
    const values = Object.fromEntries(ids.map((id) => [id, 1]));
    let t = 1000;
    await until(() => {
      for (let burst = 0; burst < 20; burst++) streams.read(values, t++);
      return websocket.counters.slowClosesTotal || undefined;
    }, 'the frozen client to be closed');
    expect(websocket.counters.droppedTotal).toBeGreaterThan(0);
  });
});

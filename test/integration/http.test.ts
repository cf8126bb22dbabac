import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/adapters/http/http-server.ts';
import { createMetrics } from '../../src/adapters/http/metrics.ts';
import { createAccess, type TokenRule } from '../../src/pipeline/access.ts';
import { originRules } from '../../src/pipeline/origin.ts';
import { InklingError } from '../../src/protocol/errors.ts';
import { forecastItemSchema } from '../../src/protocol/item-schemas.ts';
import type { Reading } from '../../src/stream/reading.ts';
import { MemoryStreams } from '../adapters/memory-streams.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface ServiceOptions {
  tokens?: TokenRule[];
  origins?: string[];
  attach?: boolean;
  host?: string;
}

async function createService(options: ServiceOptions = {}) {
  const pageDirectory = mkdtempSync(join(tmpdir(), 'inkling-page-'));
  mkdirSync(join(pageDirectory, 'assets'));
  writeFileSync(join(pageDirectory, 'index.html'), '<!doctype html><title>Inkling</title>');
  writeFileSync(join(pageDirectory, 'assets', 'main-1a2b3c.js'), 'export {};');
  closers.push(() => rmSync(pageDirectory, { recursive: true }));
  const tokens = options.tokens ?? [];
  const origins = options.origins ?? [];
  const host = options.host ?? '127.0.0.1';
  const streams = new MemoryStreams();
  const ingested: Reading[] = [];
  const readiness = { ready: false, reasons: ['the broker has not answered'] };
  const http = await createHttpServer({
    host,
    port: 0,
    access: createAccess(tokens),
    origins: originRules({ host, hasTokens: tokens.length > 0, origins }),
    pageDirectory,
    readiness: () => readiness,
    metrics: createMetrics({
      groups: [
        {
          prefix: 'websocket',
          metrics: { slowClosesTotal: { type: 'counter', help: 'Closed for being too slow' } },
          read: () => ({ slowClosesTotal: 3 }),
        },
      ],
      labelled: [
        {
          name: 'rejections_total',
          type: 'counter',
          help: 'Payloads that could not be taken',
          label: 'code',
          read: () => new Map([['ERR_STREAM_ID', 2]]),
        },
      ],
    }),
    log: null,
    bodyBytesMax: 4096,
  });
  closers.push(() => http.close());
  const services = {
    directory: streams,
    ingest: async (readings: readonly Reading[]) => {
      if (readings.some(({ stream }) => stream === 'refused')) {
        throw new InklingError('ERR_RATE_LIMIT', 'Too many readings.');
      }
      ingested.push(...readings);
    },
    remove: async (id: string) => streams.remove(id),
    rejections: () => [{ code: 'ERR_STREAM_ID', topic: 'a', sample: 'b', message: 'c' }],
  };
  const { port } = await http.listen();
  const url = `http://127.0.0.1:${port}`;
  if (options.attach !== false) http.attach(services);
  const get = (path: string, init?: RequestInit) => fetch(url + path, init);
  return { http, services, streams, ingested, readiness, port, url, get };
}

async function problem(response: Response) {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const body = (await response.json()) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(
    expect.arrayContaining(['type', 'title', 'status', 'detail', 'code']),
  );
  expect(body['status']).toBe(response.status);
  return body;
}

function rawRequest(port: number, method: string, path: string, headers: Record<string, string>) {
  return new Promise<number>((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the HTTP server while starting', () => {
  it('lives, is not ready, shows the page, and answers 503 under /v1 until services are attached', async () => {
    const { get, http, services, readiness } = await createService({ attach: false });
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/')).status).toBe(200);
    const waiting = await get('/readyz');
    expect(waiting.status).toBe(503);
    expect(await problem(waiting)).toMatchObject({
      code: 'ERR_NOT_READY',
      reasons: ['the broker has not answered'],
    });
    for (const path of ['/v1/streams', '/v1/models', '/v1/rejections', '/v1/streams/a/state']) {
      const response = await get(path);
      expect(response.status).toBe(503);
      expect((await problem(response))['code']).toBe('ERR_NOT_READY');
    }
    http.attach(services);
    readiness.ready = true;
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/v1/streams')).status).toBe(200);
  });

  it('names host, port and what to change when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    closers.push(() => taken.close());
    const { port } = taken.address() as { port: number };
    const rules = originRules({ host: '127.0.0.1', hasTokens: false, origins: [] });
    const http: HttpServer = await createHttpServer({
      host: '127.0.0.1',
      port,
      access: createAccess([]),
      origins: rules,
      pageDirectory: null,
      readiness: () => ({ ready: true, reasons: [] }),
      metrics: createMetrics({ groups: [], labelled: [] }),
      log: null,
    });
    closers.push(() => http.close());
    const error = await http.listen().catch((reason: InklingError) => reason);
    expect(error).toMatchObject({ code: 'ERR_PORT_TAKEN' });
    expect((error as InklingError).message).toContain(`127.0.0.1 port ${port}`);
    expect((error as InklingError).message).toContain('--port');
  });
});

describe('the page', () => {
  it('is checked for changes each time, its assets never, and runs no inline script', async () => {
    const { get, port } = await createService();
    const page = await get('/');
    expect(await page.text()).toContain('<title>Inkling</title>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const etag = page.headers.get('etag')!;
    const headers = { host: `127.0.0.1:${port}`, 'if-none-match': etag };
    expect(await rawRequest(port, 'GET', '/', headers)).toBe(304);
    const asset = await get('/assets/main-1a2b3c.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('has a page for what is not there, and a problem for programs', async () => {
    const { get } = await createService();
    const html = await get('/nowhere', { headers: { accept: 'text/html' } });
    expect(html.status).toBe(404);
    expect(await html.text()).toContain('There is nothing here');
    expect((await problem(await get('/nowhere')))['code']).toBe('ERR_NOT_FOUND');
    expect((await problem(await get('/v1/nowhere')))['code']).toBe('ERR_NOT_FOUND');
    expect((await get('/..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('streams over HTTP', () => {
  it('lists summaries page by page', async () => {
    const { get, streams } = await createService();
    streams.read({ 'b/1': 1, 'b/2': 2, 'b/3': 3, a: 4 }, 1000);
    const first = (await (await get('/v1/streams?match=b/*&limit=2')).json()) as { next: string };
    expect(first).toMatchObject({
      streams: [{ id: 'b/1', last: { t: 1000, v: 1 } }, { id: 'b/2' }],
    });
    const second = await (await get(`/v1/streams?match=b/*&limit=2&after=${first.next}`)).json();
    expect(second).toMatchObject({ streams: [{ id: 'b/3' }], next: null });
  });

  it('finds every id that is percent-encoded once more', async () => {
    const { get, streams } = await createService();
    const ids = [
      'plant/7/temp',
      'a%20b',
      'x%2Fy/z',
      '100%25',
      'ü/°C',
      'Temp(1)',
      `long/${'%20'.repeat(330)}`,
    ];
    for (const id of ids) {
      streams.read({ [id]: 1 }, 1000);
      streams.read({ [id]: 2 }, 2000);
      const path = `/v1/streams/${encodeURIComponent(id)}`;
      expect(await (await get(`${path}/history`)).json()).toEqual({ t: [1000, 2000], v: [1, 2] });
      expect(await (await get(`${path}/state`)).json()).toEqual({
        h: [0.5, -0.25],
        c: [1, 2],
        steps: 7,
      });
      const forecast = forecastItemSchema.parse(await (await get(`${path}/forecast`)).json());
      expect(forecast.stream).toBe(id);
      expect((await get(path, { method: 'DELETE' })).status).toBe(204);
      expect((await problem(await get(`${path}/state`)))['code']).toBe('ERR_UNKNOWN_STREAM');
    }
  });

  it('cuts history by time and count and refuses wrong query values', async () => {
    const { get, streams } = await createService();
    for (let t = 1; t <= 5; t++) streams.read({ a: t }, t);
    expect(await (await get('/v1/streams/a/history?from=2&to=4&limit=2')).json()).toEqual({
      t: [3, 4],
      v: [3, 4],
    });
    for (const path of [
      '/v1/streams/a/history?limit=0',
      '/v1/streams/a/history?from=now',
      '/v1/streams?limit=many',
      '/v1/streams?macth=b',
      '/v1/streams?match=*a*a*a*a*a*b',
      '/v1/streams?limit=1&limit=2',
    ]) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 400]);
      expect((await problem(response))['code']).toBe('ERR_REQUEST_INVALID');
    }
    expect((await problem(await get('/v1/streams/%zz/state')))['status']).toBe(400);
  });

  it('shows models and rejections', async () => {
    const { get } = await createService();
    expect(await (await get('/v1/models')).json()).toMatchObject({ models: [{ model: 'shared' }] });
    expect(await (await get('/v1/rejections')).json()).toMatchObject({
      rejections: [{ code: 'ERR_STREAM_ID' }],
    });
  });
});

describe('POST /v1/readings', () => {
  const post = (body: unknown, type = 'application/json') => ({
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

  it('answers 202 when the readings are durable, with times and ids as MQTT has them', async () => {
    const { get, ingested } = await createService();
    const response = await get(
      '/v1/readings',
      post([
        { stream: 'a', t: 1795385096123, v: 1.5 },
        { stream: 'my sensor/a%20b', t: 1795385096, v: null },
        { stream: 'b', v: 2 },
      ]),
    );
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 3 });
    expect(ingested).toMatchObject([
      { stream: 'a', time: 1795385096123, value: 1.5, retained: false },
      { stream: 'my%20sensor/a%20b', time: 1795385096000, value: null },
      { stream: 'b', time: null, value: 2 },
    ]);
  });

  it('refuses what it cannot read, all or nothing, with a code', async () => {
    const { get, ingested } = await createService();
    const refused = async (init: RequestInit) => {
      const response = await get('/v1/readings', init);
      const { status, code } = await problem(response);
      return [status, code];
    };
    expect(await refused(post('[{'))).toEqual([400, 'ERR_NOT_JSON']);
    expect(await refused(post(''))).toEqual([400, 'ERR_NOT_JSON']);
    expect(await refused(post('v=1', 'text/plain'))).toEqual([415, 'ERR_REQUEST_INVALID']);
    expect(
      await refused(
        post([
          { stream: 'a', v: 1 },
          { stream: 'b', v: '2' },
        ]),
      ),
    ).toEqual([400, 'ERR_REQUEST_INVALID']);
    expect(await refused(post([{ stream: 'a', v: 1, t: 'yesterday' }]))).toEqual([
      400,
      'ERR_REQUEST_INVALID',
    ]);
    expect(await refused(post(`[${' '.repeat(5000)}]`))).toEqual([413, 'ERR_MESSAGE_TOO_BIG']);
    expect(await refused(post([{ stream: 'refused', v: 1 }]))).toEqual([429, 'ERR_RATE_LIMIT']);
    expect(ingested).toEqual([]);
  });
});

describe('methods', () => {
  it('answers 405 with Allow wherever another method exists', async () => {
    const { get } = await createService();
    const cases: [string, string, string][] = [
      ['POST', '/', 'GET, HEAD'],
      ['POST', '/livez', 'GET, HEAD'],
      ['PUT', '/v1/streams', 'GET, HEAD'],
      ['GET', '/v1/streams/a', 'DELETE'],
      ['DELETE', '/v1/streams/a/state', 'GET, HEAD'],
      ['GET', '/v1/readings', 'POST'],
      ['PATCH', '/v1/models', 'GET, HEAD'],
    ];
    for (const [method, path, allow] of cases) {
      const response = await get(path, { method });
      expect([method, path, response.status]).toEqual([method, path, 405]);
      expect(response.headers.get('allow')).toBe(allow);
      expect((await problem(response))['code']).toBe('ERR_METHOD');
    }
  });
});

describe('tokens', () => {
  const tokens = [
    { token: 'reader', streams: ['plant/**'], write: false },
    { token: 'writer', streams: ['plant/**'], write: true },
    { token: 'all', streams: ['**'], write: true },
  ];
  const bearer = (token: string, init: RequestInit = {}) => ({
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });

  it('asks for one under /v1 and leaves the page and the probes open on loopback', async () => {
    const { get } = await createService({ tokens });
    for (const init of [undefined, bearer('wrong'), { headers: { authorization: 'Basic x' } }]) {
      const response = await get('/v1/streams', init);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect((await problem(response))['code']).toBe('ERR_UNAUTHORISED');
    }
    for (const path of ['/', '/livez', '/metrics']) expect((await get(path)).status).toBe(200);
  });

  it('asks for one on the probes too when listening beyond loopback', async () => {
    const { get } = await createService({ tokens, host: '0.0.0.0' });
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect((await get(path)).status).toBe(401);
    }
    expect((await get('/livez', bearer('reader'))).status).toBe(200);
    expect((await get('/')).status).toBe(200);
  });

  it('shows a token its own streams only and lets it write only if it may', async () => {
    const { get, streams, ingested } = await createService({ tokens });
    streams.read({ 'plant/a': 1, secret: 2 }, 1000);
    const list = await (await get('/v1/streams', bearer('reader'))).json();
    expect(list).toMatchObject({ streams: [{ id: 'plant/a' }], next: null });
    expect((await get('/v1/streams/secret/state', bearer('reader'))).status).toBe(404);
    expect((await get('/v1/streams/secret/state', bearer('all'))).status).toBe(200);
    expect((await get('/v1/rejections', bearer('reader'))).status).toBe(403);
    const remove = { method: 'DELETE' };
    expect((await get('/v1/streams/plant%2Fa', bearer('reader', remove))).status).toBe(403);
    const reading = (stream: string) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ stream, v: 1 }]),
    });
    expect((await get('/v1/readings', bearer('reader', reading('plant/a')))).status).toBe(403);
    expect((await get('/v1/readings', bearer('writer', reading('secret')))).status).toBe(403);
    expect((await get('/v1/readings', bearer('writer', reading('plant/a')))).status).toBe(202);
    expect(ingested).toHaveLength(1);
  });
});

describe('requests of foreign pages', () => {
  it('refuses a rebound host name and a foreign page that wants to change something', async () => {
    const { port, streams } = await createService({ origins: ['https://plant.example'] });
    streams.read({ a: 1, b: 1 }, 1000);
    const own = `127.0.0.1:${port}`;
    expect(await rawRequest(port, 'GET', '/v1/streams', { host: `evil.example:${port}` })).toBe(
      403,
    );
    expect(await rawRequest(port, 'GET', '/v1/streams', { host: `localhost:${port}` })).toBe(200);
    const from = (origin: string) => ({ host: own, origin });
    expect(await rawRequest(port, 'DELETE', '/v1/streams/a', from('https://evil.example'))).toBe(
      403,
    );
    expect(await rawRequest(port, 'DELETE', '/v1/streams/a', from('null'))).toBe(403);
    expect(await rawRequest(port, 'DELETE', '/v1/streams/a', from(`http://${own}`))).toBe(204);
    expect(await rawRequest(port, 'DELETE', '/v1/streams/b', from('https://plant.example'))).toBe(
      204,
    );
  });
});

describe('metrics', () => {
  it('shows plain counters under our prefix and the event-loop delay', async () => {
    const { get } = await createService();
    const text = await (await get('/metrics')).text();
    expect(text).toContain('inkling_websocket_slow_closes_total 3');
    expect(text).toContain('inkling_rejections_total{code="ERR_STREAM_ID"} 2');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    // Read anew each time, never added up.
    expect(await (await get('/metrics')).text()).toContain('inkling_websocket_slow_closes_total 3');
  });
});

describe('malformed requests', () => {
  it('answers what is no HTTP with a problem and closes', async () => {
    const { port } = await createService();
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connectSocket(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain('ERR_REQUEST_INVALID');
  });
});

describe('docs/protocol.md', () => {
  it('shows requests and answers as they are', async () => {
    const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    const lines = /```http\n(.*?)```/s.exec(page)![1]!.trim().split('\n');
    const { get, streams, readiness } = await createService();
    Object.assign(readiness, { ready: true, reasons: [] });
    streams.read({ 'plant/7/temp': 21.4 }, 1795385036123);
    streams.read({ 'plant/7/temp': 21.5 }, 1795385096123);
    for (let index = 0; index < lines.length; index += 2) {
      const [method, path, ...body] = lines[index]!.split(' ');
      const [status, ...expected] = lines[index + 1]!.split(' ');
      const init = { method: method!, headers: { 'content-type': 'application/json' } };
      const response = await get(
        path!,
        body.length === 0 ? { method: method! } : { ...init, body: body.join(' ') },
      );
      expect([lines[index], response.status]).toEqual([lines[index], Number(status)]);
      const text = await response.text();
      if (expected.length === 0) expect(text).toBe('');
      else expect(shapeOf(JSON.parse(text))).toEqual(shapeOf(JSON.parse(expected.join(' '))));
    }
  });
});

/** Keys and nesting; of lists the first element's; what may be null says nothing more. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, shapeOf(of)]));
}

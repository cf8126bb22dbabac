import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import {
  Folders,
  InklingProcess,
  type RunningService,
  ready,
  startService,
} from './service-under-test.ts';
import { Subscriber } from './subscriber.ts';

const folders = new Folders();
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await folders.remove();
});

async function freePort(): Promise<number> {
  const server = await listen(createServer(), 0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server, port: number): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

async function start(configuration: string): Promise<RunningService> {
  const config = await folders.configuration(configuration);
  const service = await startService(await folders.make(), '--config', config);
  closers.push(() => service.process.end('SIGKILL'));
  return service;
}

/** A start that is not ready yet, on a known port. */
async function begin(configuration: string) {
  const port = await freePort();
  const config = await folders.configuration(configuration);
  const data = await folders.make();
  const args = ['start', '--data', data, '--port', `${port}`, '--config', config];
  const starting = new InklingProcess(args);
  closers.push(() => starting.end('SIGKILL'));
  return { starting, url: `http://127.0.0.1:${port}` };
}

async function startBroker(port: number): Promise<Aedes> {
  const broker = await Aedes.createBroker();
  const server = await listen(createServer(broker.handle), port);
  closers.push(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    await new Promise((resolve) => server.close(resolve));
  });
  return broker;
}

interface Readiness {
  readonly status: number;
  readonly reasons: string[];
}

/** Asks until the answer satisfies `condition`. */
async function readiness(url: string, condition: (r: Readiness) => boolean): Promise<Readiness> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const found = await fetch(`${url}/readyz`).then(
      async (response) => {
        const { reasons } = (await response.json()) as { reasons: string[] };
        return { status: response.status, reasons };
      },
      () => ({ status: 0, reasons: [] }),
    );
    if (condition(found)) return found;
    if (Date.now() > deadline) throw new Error(`Last: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('an outside broker', () => {
  it('is waited for, with the reason at /readyz, and makes the service ready when it comes', async () => {
    const brokerPort = await freePort();
    const { starting, url } = await begin(`mqtt: { url: "mqtt://127.0.0.1:${brokerPort}" }`);
    const refused = await readiness(url, ({ reasons }) => /ECONNREFUSED/.test(reasons.join()));
    expect(refused.status).toBe(503);
    expect(starting.out).toBe('');

    await startBroker(brokerPort);
    const service = await ready(starting);
    expect(service.url).toBe(url);
    expect(starting.out).not.toContain('mosquitto_pub');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const subscriber = new Subscriber(url);
    await subscriber.subscribe({ streams: ['**'] });
    const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${brokerPort}`);
    await device.publishAsync('inkling/forecast/own', '1', { qos: 1 });
    await device.publishAsync('site/pressure', '1.5', { qos: 1 });
    await subscriber.until('the reading came', () => subscriber.items.length > 0);
    expect(subscriber.items).toMatchObject([{ stream: 'site/pressure', v: 1.5 }]);
    await device.endAsync();
    expect((await starting.end()).code).toBe(0);
  });

  it('need not come for the service to stop', async () => {
    const { starting, url } = await begin(`mqtt: { url: "mqtt://127.0.0.1:${await freePort()}" }`);
    await readiness(url, ({ reasons }) => /ECONNREFUSED/.test(reasons.join()));
    expect(await starting.end('SIGINT')).toMatchObject({ code: 0, signal: null, out: '' });
  });
});

describe('tokens', () => {
  const tokens = `
http:
  tokens:
    - { token: reader-of-plant-0123456789, streams: ["plant/**"] }
    - { token: writer-of-all-0123456789ab, write: true }
`;
  const reader = 'reader-of-plant-0123456789';
  const writer = 'writer-of-all-0123456789ab';

  it('show each bearer its streams, and let only those write that may', async () => {
    const { url } = await start(tokens);
    const call = async (token: string | null, path: string, body?: unknown) => {
      const response = await fetch(`${url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as never };
    };
    const readings = ['plant/a', 'home/b'].map((stream) => ({ stream, t: Date.now(), v: 1 }));
    expect((await call(null, '/v1/readings', readings)).status).toBe(401);
    expect((await call('another', '/v1/readings', readings)).status).toBe(401);
    expect((await call(reader, '/v1/readings', readings)).status).toBe(403);
    expect((await call(writer, '/v1/readings', readings)).status).toBe(202);
    const ids = async (token: string) => {
      const { body } = await call(token, '/v1/streams');
      return (body as { streams: { id: string }[] }).streams.map(({ id }) => id);
    };
    expect(await ids(reader)).toEqual(['plant/a']);
    expect(await ids(writer)).toEqual(['home/b', 'plant/a']);
    expect((await call(reader, '/v1/streams/home%2Fb/state')).status).toBe(404);
    expect((await call(null, '/readyz')).status).toBe(200);
    await expectWebSocketTokens(url, reader);
  });

  it('or none: a foreign page may neither open a WebSocket nor post readings', async () => {
    const { url } = await start('simulate: { enabled: false }');
    const headers = { origin: 'https://elsewhere.example' };
    const post = { method: 'POST', headers, body: '[]' };
    expect((await fetch(`${url}/v1/readings`, post)).status).toBe(403);
    expect(await upgradeStatus(url, 'inkling.v1.json', headers)).toBe(403);
    expect(await upgradeStatus(url, 'inkling.v1.json', { origin: url })).toBe(101);
    expect(await upgradeStatus(url, 'other', {})).toBe(400);
  });
});

async function expectWebSocketTokens(url: string, token: string): Promise<void> {
  const stranger = new Subscriber(url);
  expect(await stranger.message(({ type }) => type === 'hello')).toMatchObject({ auth: 'token' });
  stranger.send({ type: 'auth', token: 'another' });
  expect(await stranger.closed).toBe(4401);
  const known = new Subscriber(url);
  await known.message(({ type }) => type === 'hello');
  known.send({ type: 'auth', token });
  await known.message(({ type }) => type === 'ready');
  const { streams } = await known.subscribe({ streams: ['**'] });
  expect(streams).toBe(1);
  known.close();
}

function upgradeStatus(url: string, protocol: string, headers: Record<string, string>) {
  return new Promise<number>((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, protocol, { headers });
    socket.on('open', () => {
      resolve(101);
      socket.close();
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
  });
}

describe('learning beside serving', () => {
  it('publishes models while a thousand readings a second are taken', async () => {
    const service = await start('simulate: { enabled: false }');
    const subscriber = new Subscriber(service.url);
    await subscriber.subscribe({ streams: ['**'], kinds: ['model'] });
    const device = await mqtt.connectAsync(service.mqttUrl);
    const since = Date.now() - 24 * 3_600_000;
    let published = 0;
    const timer = setInterval(() => {
      for (let k = 0; k < 20; k++) {
        const v = Math.sin(published / 300) + Math.sin(published + k);
        const t = since + Math.floor(published / 20) * 1_000;
        device.publish(`load/${k}`, JSON.stringify({ v, t }), { qos: 1 });
        published += 1;
      }
    }, 20);
    closers.push(() => clearInterval(timer));
    const versions = () => subscriber.items.map(({ version }) => version as number);
    await subscriber.until('two models were published', () => versions().length >= 2, 45_000);
    clearInterval(timer);
    await device.endAsync(true);
    expect(versions()).toEqual([...versions()].sort((a, b) => a - b));
    const metric = await metricsOf(service);
    expect(metric('inkling_training_updates_total')).toBeGreaterThan(0);
    expect(metric('inkling_readings_total')).toBeGreaterThan(1_000);
  });
});

async function metricsOf({ url }: RunningService): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Folders,
  InklingProcess,
  type RunningService,
  startArguments,
  startService,
} from './service-under-test.ts';
import { Subscriber } from './subscriber.ts';

const folders = new Folders();
const started: InklingProcess[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.end('SIGKILL');
  await folders.remove();
});

async function start(data: string, ...options: string[]): Promise<RunningService> {
  const service = await startService(data, ...options);
  started.push(service.process);
  return service;
}

interface Summary {
  readonly id: string;
  readonly last: { readonly t: number };
}

async function get<T>(service: RunningService, path: string): Promise<T> {
  const response = await fetch(`${service.url}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

async function streamsOf(service: RunningService): Promise<Summary[]> {
  return (await get<{ streams: Summary[] }>(service, '/v1/streams')).streams;
}

function stepsOf(service: RunningService, id: string): Promise<{ steps: number }> {
  return get(service, `/v1/streams/${encodeURIComponent(id)}/state`);
}

function historyOf(service: RunningService, id: string): Promise<{ t: number[] }> {
  return get(service, `/v1/streams/${encodeURIComponent(id)}/history?limit=10000`);
}

async function modelVersion(service: RunningService): Promise<number> {
  const { models } = await get<{ models: { version: number }[] }>(service, '/v1/models');
  return models[0]?.version ?? 0;
}

/** Readings as fast as they are taken, until the connection ends. */
async function flood(service: RunningService) {
  const client = await mqtt.connectAsync(service.mqttUrl, { reconnectPeriod: 0 });
  client.on('error', () => {});
  let acknowledged = 0;
  const publish = (n: number): void => {
    if (!client.connected) return;
    client.publish(`load/${n % 50}`, `${Math.sin(n)}`, { qos: 1 }, (error) => {
      if (error) return;
      acknowledged += 1;
      publish(n + 100);
    });
  };
  for (let n = 0; n < 100; n++) publish(n);
  return { acknowledged: () => acknowledged, end: () => client.endAsync(true) };
}

/** Enough to learn from: eight streams, one reading a minute for 400 minutes. */
async function postHistory(service: RunningService): Promise<void> {
  const since = Math.floor(Date.now() / 60_000) * 60_000 - 400 * 60_000;
  const readings = Array.from({ length: 8 * 400 }, (_, n) => {
    const minute = Math.floor(n / 8);
    const v = Math.sin(minute / 5 + n) + Math.sin(minute / 37);
    return { stream: `shop/${n % 8}`, t: since + minute * 60_000, v };
  });
  const response = await fetch(`${service.url}/v1/readings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(readings),
  });
  expect(response.status).toBe(202);
}

describe('a service that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 within five seconds under load, closes clients with 1012, keeps the state (%s)',
    async (signal) => {
      const data = await folders.make();
      const service = await start(data);
      const subscriber = new Subscriber(service.url);
      await subscriber.subscribe({ streams: ['**'] });
      const load = await flood(service);
      await subscriber.until('load came through', () => load.acknowledged() > 1_000);
      const begun = Date.now();
      const ending = await service.process.end(signal);
      expect(Date.now() - begun).toBeLessThan(5_000);
      expect(ending).toMatchObject({ code: 0, signal: null });
      expect(await subscriber.closed).toBe(1012);
      expect(await readdir(join(data, 'snapshots'))).toHaveLength(1);
      await load.end();
    },
  );

  it('does not wait for clients that neither read nor finish what they began', async () => {
    const service = await start(await folders.make());
    const { host, hostname, port } = new URL(service.url);
    const upgrade = [
      'GET /v1/ws HTTP/1.1',
      `Host: ${host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: inkling.v1.json',
    ];
    const post = ['POST /v1/readings HTTP/1.1', `Host: ${host}`, 'Content-Length: 100'];
    const texts = [`${upgrade.join('\r\n')}\r\n\r\n`, `${post.join('\r\n')}\r\n\r\n[`];
    const sockets = texts.map((text) => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.write(text);
      return socket.pause();
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    const begun = Date.now();
    expect((await service.process.end()).code).toBe(0);
    expect(Date.now() - begun).toBeLessThan(4_500);
    expect(service.process.log.filter(({ level }) => (level as number) >= 40)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  it('keeps what it has acknowledged', async () => {
    const data = await folders.make();
    const service = await start(data, '--no-simulate');
    const load = await flood(service);
    const subscriber = new Subscriber(service.url);
    await subscriber.subscribe({ streams: ['load/**'], kinds: ['reading'] });
    await subscriber.until('load came through', () => load.acknowledged() > 2_000);
    await service.process.end();
    await load.end();
    const again = await start(data, '--no-simulate');
    const kept = await Promise.all((await streamsOf(again)).map(({ id }) => historyOf(again, id)));
    const sum = kept.reduce((readings, { t }) => readings + t.length, 0);
    expect(sum).toBeGreaterThanOrEqual(load.acknowledged());
  });

  it('goes on where it was: streams, steps, model, and the simulated time', async () => {
    const data = await folders.make();
    const first = await start(data);
    const learning = new Subscriber(first.url);
    await learning.subscribe({ streams: ['**'], kinds: ['model'] });
    await postHistory(first);
    await learning.until(
      'a model was published',
      () => learning.items.some(({ event }) => event === 'published'),
      30_000,
    );
    const version = await modelVersion(first);
    const before = await streamsOf(first);
    const { steps } = await stepsOf(first, before[0]!.id);
    await first.process.end();

    const second = await start(data);
    const after = await streamsOf(second);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    after.forEach(({ last }, k) => {
      expect(last.t).toBeGreaterThanOrEqual(before[k]!.last.t);
    });
    expect((await stepsOf(second, before[0]!.id)).steps).toBeGreaterThanOrEqual(steps);
    expect(version).toBeGreaterThanOrEqual(1);
    expect(await modelVersion(second)).toBeGreaterThanOrEqual(version);
    const demo = after.filter(({ id }) => id.startsWith('demo/'));
    const newest = Math.max(...demo.map(({ last }) => last.t));
    const subscriber = new Subscriber(second.url);
    await subscriber.subscribe({ streams: ['demo/**'], kinds: ['reading'], snapshot: false });
    await subscriber.until('readings go on', () => subscriber.items.length > 15);
    for (const { t } of subscriber.items) expect(t as number).toBeGreaterThan(newest - 60_000);
  });

  it('ends at once at a second signal', async () => {
    const service = await start(await folders.make());
    const begun = Date.now();
    service.process.signal('SIGINT');
    service.process.signal('SIGTERM');
    const ending = await service.process.ended;
    expect(Date.now() - begun).toBeLessThan(2_000);
    expect(ending.code === 0 || ending.signal !== null).toBe(true);
  });

  it('ends with 0 before it was ready too, and lets the next one in', async () => {
    const data = await folders.make();
    const early = new InklingProcess(startArguments(data));
    started.push(early);
    await until(async () => (await readdir(data)).includes('format.json'));
    const begun = Date.now();
    const ending = await early.end();
    expect(ending).toMatchObject({ code: 0, signal: null, out: '' });
    expect(Date.now() - begun).toBeLessThan(5_000);
    const holder = await readFile(join(data, 'lock', '1'), 'utf8');
    expect(JSON.parse(holder)).toEqual({ released: true });
    await start(data);
  });
});

describe('a snapshot that is damaged', () => {
  it('is set aside and named in the log, and nothing is missing all the same', async () => {
    const data = await folders.make();
    const folder = join(data, 'snapshots');
    const names: string[] = [];
    for (const value of ['1', '2']) {
      const service = await start(data, '--no-simulate');
      const client = await mqtt.connectAsync(service.mqttUrl);
      await client.publishAsync(`run/${value}`, value, { qos: 1 });
      await client.endAsync();
      await service.process.end();
      names.push(...(await readdir(folder)).filter((name) => !names.includes(name)));
    }
    const [, newest] = names;
    await truncate(join(folder, newest!), 100);

    const third = await start(data, '--no-simulate');
    // The snapshot before has run/1 only; the journal has the rest.
    expect((await streamsOf(third)).map(({ id }) => id)).toEqual(['run/1', 'run/2']);
    expect(await readdir(folder)).toContain(`${newest}.corrupt`);
    expect(third.process.err).toContain(`${newest}.corrupt`);
  });

  it('does not keep the service from starting when there is no other', async () => {
    const data = await folders.make();
    await (await start(data, '--no-simulate')).process.end();
    const folder = join(data, 'snapshots');
    for (const name of await readdir(folder)) await writeFile(join(folder, name), 'garbage');
    const service = await start(data, '--no-simulate');
    expect(await streamsOf(service)).toEqual([]);
    expect(service.process.log.some(({ code }) => code === 'ERR_SNAPSHOT_CORRUPT')).toBe(true);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('The condition was not met in time.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

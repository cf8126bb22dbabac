import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { MqttSourceOptions } from '../../src/adapters/mqtt/mqtt-source.ts';
import { readingsIn } from '../../src/commands/service/readings-in.ts';
import { compileSource } from '../../src/decoding/decode-message.ts';
import { RejectionRing } from '../../src/decoding/rejection-ring.ts';
import { createAuthority } from './certificates.ts';
import { type MosquittoOptions, MosquittoServer } from './mosquitto-server.ts';
import {
  type SourceUnderTest,
  startSource as startUnclosed,
  until,
} from './mqtt-source-under-test.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startServer(options?: MosquittoOptions): Promise<MosquittoServer> {
  const server = await MosquittoServer.start(options);
  closers.push(() => server.remove());
  return server;
}

function startSource(port: number, options: Partial<MqttSourceOptions> = {}): SourceUnderTest {
  const started = startUnclosed(port, options);
  closers.push(() => started.source.close());
  return started;
}

async function startDevice(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const device = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 50,
    ...options,
  });
  device.on('error', () => {});
  closers.push(() => device.endAsync(true));
  return device;
}

const subscribed = ({ source }: SourceUnderTest) => until(() => source.state === 'subscribed');

/** Acknowledges whatever comes and keeps the sequence numbers it carries. */
function sequenceNumbers({ source }: SourceUnderTest): Set<number> {
  const seen = new Set<number>();
  source.messages$.subscribe(({ payload, acknowledge }) => {
    seen.add(Number(Buffer.from(payload).toString()));
    acknowledge();
  });
  return seen;
}

async function publishNumbers(device: MqttClient, from: number, to: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  for (let n = from; n < to; n++) sent.push(device.publishAsync('plant/a', `${n}`, { qos: 1 }));
  await Promise.all(sent);
}

const numbers = (to: number) => new Set(Array.from({ length: to }, (_, n) => n));

describe('the MQTT source with Mosquitto', () => {
  it.each([4, 5] as const)(
    'gets what was published while it was away, in the same session (version %i)',
    async (version) => {
      const { port } = await startServer();
      const device = await startDevice(port);
      const first = startSource(port, { version });
      const before = sequenceNumbers(first);
      await subscribed(first);
      await publishNumbers(device, 0, 100);
      await until(() => before.size === 100);
      await first.source.close();
      await publishNumbers(device, 100, 5_000);
      const second = startSource(port, { version });
      const after = sequenceNumbers(second);
      await until(() => before.size + after.size >= 5_000, 20_000);
      expect(new Set([...before, ...after])).toEqual(numbers(5_000));
      expect(after.size).toBe(4_900);
    },
  );

  it('gets again what it had not acknowledged', async () => {
    const { port } = await startServer();
    const device = await startDevice(port);
    const first = startSource(port);
    await subscribed(first);
    await publishNumbers(device, 0, 3);
    await until(() => first.messages.length === 3);
    first.messages[0]!.acknowledge();
    await first.source.close();
    const second = startSource(port);
    await until(() => second.messages.length === 2);
    const payloads = second.messages.map(({ payload }) => Buffer.from(payload).toString());
    expect(payloads).toEqual(['1', '2']);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'loses nothing when the broker is ended by %s and started again in between',
    async (signal) => {
      const server = await startServer();
      const device = await startDevice(server.port, { clean: false, clientId: 'device' });
      const started = startSource(server.port);
      const seen = sequenceNumbers(started);
      await subscribed(started);
      await publishNumbers(device, 0, 2_000);
      await until(() => seen.size === 2_000);
      // After a kill the broker knows only what it has saved, our session for one.
      if (signal === 'SIGKILL') await server.saved();
      const rest = server.stop(signal).then(() => publishNumbers(device, 2_000, 4_000));
      await until(() => started.source.state === 'offline');
      await server.start();
      await rest;
      await until(() => seen.size === 4_000, 20_000);
      expect(seen).toEqual(numbers(4_000));
      expect(started.source.counters.connections).toBe(2);
    },
  );

  it('unsubscribes filters of an earlier configuration, and only those', async () => {
    const { port } = await startServer();
    const device = await startDevice(port);
    const folder = mkdtempSync(join(tmpdir(), 'inkling-session-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const sessionFile = join(folder, 'mqtt-session.json');
    const first = startSource(port, { sessionFile, filters: ['plant/#', 'old/#', 'older'] });
    await subscribed(first);
    await first.source.close();
    const second = startSource(port, { sessionFile, filters: ['plant/#', 'new'] });
    await subscribed(second);
    for (const topic of ['old/a', 'older', 'new', 'plant/a']) {
      await device.publishAsync(topic, '1', { qos: 1 });
    }
    await until(() => second.messages.length >= 2);
    expect(second.messages.map(({ topic }) => topic)).toEqual(['new', 'plant/a']);
    expect(second.lines.join()).toMatch(/earlier configuration.*"old\/#","older"/);
    const { sessions } = JSON.parse(readFileSync(sessionFile, 'utf8'));
    expect(sessions).toEqual([
      { broker: `mqtt://127.0.0.1:${port}`, clientId: 'inkling', filters: ['plant/#', 'new'] },
    ]);
  });

  it('tells retained messages from others', async () => {
    const { port } = await startServer();
    const device = await startDevice(port);
    await device.publishAsync('plant/a', '1', { qos: 1, retain: true });
    const started = startSource(port);
    await subscribed(started);
    await device.publishAsync('plant/a', '2', { qos: 1, retain: true });
    await until(() => started.messages.length === 2);
    expect(started.messages.map(({ retained }) => retained)).toEqual([true, false]);
  });

  it('never hands on what is under our own prefix', async () => {
    const { port } = await startServer();
    const device = await startDevice(port);
    const started = startSource(port, { filters: ['#'] });
    await subscribed(started);
    await device.publishAsync('inkling/forecast/plant/a', '{"median":[1]}', { qos: 1 });
    await device.publishAsync('plant/a', '1', { qos: 1 });
    await until(() => started.messages.length === 1);
    expect(started.messages[0]!.topic).toBe('plant/a');
    expect(started.source.counters.own).toBe(1);
  });

  it('says that the password is wrong, and connects once it is right', async () => {
    const { port } = await startServer({ user: { name: 'inkling', password: 'right' } });
    const wrong = startSource(port, { username: 'inkling', password: 'wrong' });
    await until(() => wrong.source.state === 'offline');
    expect(wrong.source.problem).toMatch(/Not authorized \(mqtt.username and mqtt.password/);
    expect(wrong.lines.join()).not.toMatch(/"wrong"/);
    await subscribed(startSource(port, { username: 'inkling', password: 'right', clientId: 'b' }));
  });

  it.each([4, 5] as const)(
    'tells once that another client has its id, and backs off (version %i)',
    async (version) => {
      const { port } = await startServer();
      const pair = [startSource(port, { version }), startSource(port, { version })] as const;
      const contested = /keeps closing our connection.*client id \\"inkling\\"/;
      const tells = ({ lines }: SourceUnderTest) => lines.filter((line) => contested.test(line));
      await until(() => pair.some((one) => tells(one).length > 0), 20_000);
      const told = pair.find((one) => tells(one).length > 0)!;
      const { connections } = told.source.counters;
      expect(connections).toBeLessThanOrEqual(5);
      await until(() => told.source.counters.connections > connections, 20_000);
      expect(tells(told)).toHaveLength(1);
      expect(told.lines.length).toBeLessThanOrEqual(6);
    },
  );

  it('counts what cannot be read, and nothing else', async () => {
    const { port } = await startServer();
    const device = await startDevice(port);
    const started = startSource(port);
    const rejections = new RejectionRing();
    const { decode } = readingsIn({
      sources: [
        compileSource({
          topics: ['plant/#'],
          decode: 'auto',
          stream: '{topic}/{key}',
          include: ['**'],
          timezone: 'UTC',
        }),
      ],
      rejections,
      clock: { now: () => 1_795_385_096_123 },
      payloadBytesMax: 65_536,
      readingsPerSecondMax: 100_000,
    });
    const streams: string[] = [];
    started.source.messages$.subscribe((message) => {
      streams.push(...decode(message).map(({ stream, value }) => `${stream}=${value}`));
      message.acknowledge();
    });
    await subscribed(started);
    const random = Buffer.from(Array.from({ length: 256 }, (_, n) => (n * 73 + 128) % 256));
    const payloads = [
      Buffer.alloc(1_000_000, '7'),
      `${'['.repeat(30_000)}1${']'.repeat(30_000)}`,
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      random,
      '',
      '1e999',
      '{"__proto__":{"polluted":1},"constructor":2}',
      '21.5',
    ];
    for (const payload of payloads) await device.publishAsync('plant/a', payload, { qos: 1 });
    await until(() => started.messages.length === payloads.length);
    expect(Object.fromEntries(rejections.counts)).toEqual({
      ERR_PAYLOAD_TOO_BIG: 1,
      ERR_PAYLOAD_TOO_DEEP: 1,
      ERR_PAYLOAD_NO_READING: 1,
      ERR_PAYLOAD_NOT_TEXT: 1,
      ERR_PAYLOAD_EMPTY: 1,
    });
    expect(streams).toEqual([
      'plant/a=null',
      'plant/a/__proto__.polluted=1',
      'plant/a/constructor=2',
      'plant/a=21.5',
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(started.source.counters.connections).toBe(1);
  });
});

describe('the MQTT source with Mosquitto and TLS', () => {
  async function startTls() {
    const authority = createAuthority();
    closers.push(() => authority.remove());
    const server = await startServer({ tls: { ca: authority.ca, ...authority.issue('broker') } });
    const { cert, key } = authority.issue('inkling');
    const url = `mqtts://127.0.0.1:${server.port}`;
    const tls = {
      ca: readFileSync(authority.ca),
      cert: readFileSync(cert),
      key: readFileSync(key),
    };
    return { port: server.port, url, tls };
  }

  it('connects with a certificate of its own', async () => {
    const { port, url, tls } = await startTls();
    await subscribed(startSource(port, { url, tls }));
  });

  it('says that the broker asks for a certificate', async () => {
    const { port, url, tls } = await startTls();
    const { source } = startSource(port, { url, tls: { ...tls, cert: null, key: null } });
    await until(() => source.state === 'offline');
    expect(source.problem).toMatch(/does not accept our certificate, mqtt.cert and mqtt.key/);
  });

  it('trusts no broker of an authority it does not know', async () => {
    const { port, url, tls } = await startTls();
    const { source } = startSource(port, { url, tls: { ...tls, ca: null } });
    await until(() => source.state === 'offline');
    expect(source.problem).toMatch(/the broker is not trusted.*mqtt.ca/);
  });
});

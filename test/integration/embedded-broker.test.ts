import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import mqtt from 'mqtt';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createEmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../src/adapters/broker/embedded-broker.ts';
import type { Message } from '../../src/pipeline/ports.ts';

const silent = { info() {}, warn() {}, error() {} };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startBroker(options: Partial<EmbeddedBrokerOptions> = {}) {
  const broker = createEmbeddedBroker({ host: '127.0.0.1', port: 0, log: silent, ...options });
  closers.push(() => broker.close());
  const messages: Message[] = [];
  broker.source.messages$.subscribe((message) => messages.push(message));
  const { port } = await broker.listen();
  return { broker, port, messages };
}

async function connectClient(port: number, options: mqtt.IClientOptions = {}) {
  const client = await mqtt.connectAsync({
    port,
    host: '127.0.0.1',
    reconnectPeriod: 0,
    ...options,
  });
  client.on('error', () => {});
  closers.push(() => client.endAsync(true));
  return client;
}

function connectRaw(port: number): Socket {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  return socket;
}

const connectPacket = (clientId: string, keepalive = 0) =>
  generate({
    cmd: 'connect',
    clientId,
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive,
  });

const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5_000, interval: 5 });

function received(client: mqtt.MqttClient): string[] {
  const topics: string[] = [];
  client.on('message', (topic, payload) => topics.push(`${topic}=${payload}`));
  return topics;
}

describe('the embedded broker', () => {
  it('hands on a message and acknowledges it only after its acknowledge was called', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    const client = await connectClient(port);
    let acknowledged = false;
    const publishing = client.publishAsync('plant/a', '21.5', { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await until(() => messages.length === 1);
    expect(messages[0]!.topic).toBe('plant/a');
    expect(Buffer.from(messages[0]!.payload).toString()).toBe('21.5');
    const other = await connectClient(port);
    await other.subscribeAsync('x');
    expect(acknowledged).toBe(false);
    messages[0]!.acknowledge();
    await publishing;
    expect(broker.counters.messages).toBe(1);
  });

  it('passes messages of one client on to another', async () => {
    const { broker, port } = await startBroker();
    broker.source.messages$.subscribe((message) => message.acknowledge());
    broker.open();
    const subscriber = await connectClient(port);
    const topics = received(subscriber);
    await subscriber.subscribeAsync('#', { qos: 1 });
    const device = await connectClient(port);
    for (const qos of [0, 1, 2] as const) await device.publishAsync('plant/a', `${qos}`, { qos });
    await until(() => topics.length === 3);
    expect(topics).toEqual(['plant/a=0', 'plant/a=1', 'plant/a=2']);
  });

  it('holds connections that come before it is opened and serves them afterwards', async () => {
    const { broker, port, messages } = await startBroker();
    const connecting = connectClient(port);
    const socket = connectRaw(port);
    socket.write(connectPacket('early'));
    socket.write(
      generate({ cmd: 'publish', topic: 'a', payload: '1', qos: 0, dup: false, retain: false }),
    );
    await once(socket, 'connect');
    expect(broker.clients).toBe(0);
    broker.open();
    await connecting;
    await until(() => messages.length === 1);
  });

  it('acknowledges and drops what clients publish under our prefix or $', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    const client = await connectClient(port);
    const topics = received(client);
    await client.subscribeAsync(['#', 'inkling/#', '$refused', '$SYS/#'], { qos: 1 });
    await client.publishAsync('inkling/status', 'fake', { qos: 1, retain: true });
    await client.publishAsync('$SYS/fake', 'fake', { qos: 2 });
    await client.publishAsync('inkling/status', 'fake', { qos: 0 });
    await until(() => broker.counters.refused === 3);
    await broker.publish('inkling/status', 'online', { retain: true, qos: 1 });
    await until(() => topics.includes('inkling/status=online'));
    expect(topics.filter((topic) => topic.includes('fake'))).toEqual([]);
    expect(messages).toEqual([]);
    const late = await connectClient(port);
    const lateTopics = received(late);
    await late.subscribeAsync('inkling/status');
    await until(() => lateTopics.length > 0);
    expect(lateTopics).toEqual(['inkling/status=online']);
  });

  it('does not hand our own publications back as readings', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    const client = await connectClient(port);
    const topics = received(client);
    await client.subscribeAsync('#');
    await broker.publish('elsewhere/forecast', '1', { retain: false, qos: 0 });
    await until(() => topics.length === 1);
    expect(messages).toEqual([]);
  });

  it('takes a message published with the retain flag as new', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    const client = await connectClient(port);
    client.publish('a', '1', { retain: true });
    await until(() => messages.length === 1);
    expect(messages[0]!.retained).toBe(false);
  });

  it('keeps retained messages of no more topics than allowed', async () => {
    const { broker, port } = await startBroker({ limits: { retainedTopics: 1 } });
    broker.source.messages$.subscribe((message) => message.acknowledge());
    broker.open();
    const device = await connectClient(port);
    for (const [topic, payload] of [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
    ]) {
      await device.publishAsync(topic!, payload!, { retain: true, qos: 1 });
    }
    expect(broker.counters.retainedDropped).toBe(1);
    const late = await connectClient(port);
    const topics = received(late);
    await late.subscribeAsync('#');
    await late.publishAsync('end', 'x', { qos: 1 });
    await until(() => topics.includes('end=x'));
    expect(topics).toEqual(['a=2', 'end=x']);
  });

  it('says in one sentence that the port is taken', async () => {
    const { port } = await startBroker();
    const second = createEmbeddedBroker({ host: '127.0.0.1', port, log: silent });
    await expect(second.listen()).rejects.toMatchObject({
      code: 'ERR_PORT_TAKEN',
      message: `Expected to listen for MQTT on 127.0.0.1:${port}, but another process has that port.`,
      hint: expect.stringMatching(/--mqtt-port.*broker\.port/),
    });
    await second.close();
  });

  it('closes a connection that announces too big a packet, and serves the others', async () => {
    const { broker, port, messages } = await startBroker({ limits: { packetBytes: 1_000 } });
    broker.open();
    const socket = connectRaw(port);
    socket.write(connectPacket('big'));
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    await once(socket, 'close');
    expect(broker.counters.packetTooBig).toBe(1);
    const client = await connectClient(port);
    client.publish('a', Buffer.alloc(990));
    await until(() => messages.length === 1);
  });

  it('drops messages whose topic is too long and keeps the connection', async () => {
    const { broker, port, messages } = await startBroker({ limits: { topicLength: 10 } });
    broker.open();
    const client = await connectClient(port);
    await client.publishAsync('x'.repeat(11), '1', { qos: 1 });
    client.publish('short', '1');
    await until(() => messages.length === 1);
    expect(broker.counters.topicTooLong).toBe(1);
  });

  it('survives bytes that are no MQTT, at any point of the conversation', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    const attacks = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(64, 0xff),
      Buffer.concat([connectPacket('bad'), Buffer.alloc(64, 0x00)]),
      Buffer.concat([connectPacket('bad'), connectPacket('bad')]),
      Buffer.concat([connectPacket('bad'), Buffer.from([0x32, 5, 0, 1, 0x23, 0, 1])]),
      Buffer.concat([connectPacket('bad'), Buffer.from([0x30, 4, 0, 50, 1, 2])]),
      generate({
        cmd: 'publish',
        topic: 'a',
        payload: '1',
        qos: 0,
        dup: false,
        retain: false,
      }),
    ];
    for (const bytes of attacks) {
      const socket = connectRaw(port);
      socket.resume();
      socket.write(bytes);
      await once(socket, 'close');
    }
    expect(broker.counters.connectionErrors).toBeGreaterThanOrEqual(attacks.length - 1);
    const client = await connectClient(port);
    client.publish('a', 'good');
    await until(() => messages.length === 1);
    expect(Buffer.from(messages[0]!.payload).toString()).toBe('good');
  });

  it('disconnects a client that stays silent for longer than its keep-alive', async () => {
    const { broker, port } = await startBroker();
    broker.open();
    const socket = connectRaw(port);
    socket.resume();
    socket.write(connectPacket('silent', 1));
    await once(socket, 'close');
    expect(broker.counters.connectionErrors).toBe(1);
  });

  it('accepts no more connections than allowed', async () => {
    const { broker, port } = await startBroker({ limits: { connections: 2 } });
    const held = [connectRaw(port), connectRaw(port)];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await once(connectRaw(port), 'close');
    expect(broker.counters.connectionsRefused).toBe(1);
    expect(held.every((socket) => !socket.destroyed)).toBe(true);
  });

  it('drops what a frozen subscriber does not take, without holding up the devices', async () => {
    const { broker, port } = await startBroker({ limits: { outboundBytes: 100_000 } });
    let taken = 0;
    broker.source.messages$.subscribe((message) => {
      taken++;
      message.acknowledge();
    });
    broker.open();
    const frozen = connectRaw(port);
    frozen.write(connectPacket('frozen'));
    frozen.write(
      generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }),
    );
    await once(frozen, 'data');
    frozen.pause();
    const device = connectRaw(port);
    device.write(connectPacket('device'));
    const payload = Buffer.alloc(5_000);
    const message = generate({
      cmd: 'publish',
      topic: 'a',
      payload,
      qos: 0,
      dup: false,
      retain: false,
    });
    const count = 4_000;
    device.write(Buffer.concat(Array<Buffer>(count).fill(message)));
    await until(() => taken === count);
    expect(broker.counters.forwardsDropped).toBeGreaterThan(0);
  });

  it('reads no further while too many messages wait for their acknowledgement', async () => {
    const { broker, port, messages } = await startBroker({ limits: { pendingMessages: 4 } });
    broker.open();
    const client = await connectClient(port);
    // One packet a turn: each comes in a chunk of its own.
    for (let index = 0; index < 40; index++) {
      client.publish('a', `${index}`);
      await new Promise((resolve) => setImmediate(resolve));
      if (index < 4) await until(() => messages.length === index + 1);
    }
    expect(broker.counters.pauses).toBe(1);
    expect(messages).toHaveLength(4);
    let acknowledged = 0;
    while (acknowledged < 40) {
      await until(() => messages.length > acknowledged);
      messages[acknowledged++]!.acknowledge();
    }
    expect(messages.map(({ payload }) => `${payload}`)).toEqual(
      Array.from({ length: 40 }, (_, index) => `${index}`),
    );
  });

  it('stops taking messages when its source is closed, and still publishes until it is', async () => {
    const { broker, port, messages } = await startBroker();
    broker.open();
    let completed = false;
    broker.source.messages$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    const client = await connectClient(port);
    const topics = received(client);
    await client.subscribeAsync('inkling/#');
    client.publish('a', '1', { qos: 1 });
    await until(() => messages.length === 1);
    await broker.source.close();
    expect(completed).toBe(true);
    client.publish('a', '2', { qos: 1 });
    messages[0]!.acknowledge();
    await broker.publish('inkling/status', 'offline', { retain: true, qos: 1 });
    await until(() => topics.length === 1);
    expect(messages).toHaveLength(1);
  });

  it('closes with clients that are connected, waiting, and silent', async () => {
    const { broker, port } = await startBroker();
    const sockets = [connectRaw(port), connectRaw(port)];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    broker.open();
    await connectClient(port);
    await broker.close();
    await broker.close();
    await broker.publish('a', 'ignored', { retain: false, qos: 0 });
    expect(await refuses(port)).toBe(true);
  });
});

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectRaw(port);
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
}

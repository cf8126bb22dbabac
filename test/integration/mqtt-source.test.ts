import { afterEach, describe, expect, it } from 'vitest';
import { createEmbeddedBroker } from '../../src/adapters/broker/embedded-broker.ts';
import type { MqttSourceOptions } from '../../src/adapters/mqtt/mqtt-source.ts';
import { FakeBroker } from './fake-broker.ts';
import {
  type SourceUnderTest,
  startSource as startUnclosed,
  until,
} from './mqtt-source-under-test.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function startSource(port: number, options: Partial<MqttSourceOptions> = {}): SourceUnderTest {
  const started = startUnclosed(port, options);
  closers.push(() => started.source.close());
  return started;
}

async function startPair(options: Partial<MqttSourceOptions> = {}) {
  const broker = new FakeBroker();
  const port = await broker.listen();
  closers.push(() => broker.close());
  const started = startSource(port, options);
  await until(() => started.source.state === 'subscribed');
  return { broker, port, ...started };
}

describe('the MQTT source', () => {
  it('asks for a lasting session and for QoS 1 at most', async () => {
    const { broker } = await startPair({ qos: 2, username: 'u', password: 'p' });
    const [connect] = broker.latest.of('connect');
    expect(connect).toMatchObject({ clientId: 'inkling', clean: false, keepalive: 30 });
    expect(connect!.username).toBe('u');
    expect(broker.latest.of('subscribe')[0]!.subscriptions).toEqual([{ topic: 'plant/#', qos: 1 }]);
  });

  it('asks an MQTT 5 broker not to send our own messages back', async () => {
    const { broker } = await startPair({ version: 5, qos: 0 });
    const [connect] = broker.latest.of('connect');
    expect(connect!.protocolVersion).toBe(5);
    expect(connect!.properties?.sessionExpiryInterval).toBe(604_800);
    const [subscription] = broker.latest.of('subscribe')[0]!.subscriptions;
    expect(subscription).toMatchObject({ topic: 'plant/#', qos: 0, nl: true });
  });

  it.each([4, 5] as const)(
    'acknowledges many messages in flight, in order and only when told to (version %i)',
    async (version) => {
      const { broker, messages } = await startPair({ version });
      for (let id = 1; id <= 5; id++) broker.latest.publish(id, 'plant/a', `${id}`);
      await until(() => messages.length === 5);
      messages[2]!.acknowledge();
      messages[0]!.acknowledge();
      await until(() => broker.latest.acknowledged.length === 1);
      messages[1]!.acknowledge();
      messages[4]!.acknowledge();
      messages[3]!.acknowledge();
      await until(() => broker.latest.acknowledged.length === 5);
      expect(broker.latest.acknowledged).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it('shows what is retained and what is not', async () => {
    const { broker, messages } = await startPair();
    broker.latest.publish(null, 'plant/a', '1', true);
    broker.latest.publish(null, 'plant/a', '2');
    await until(() => messages.length === 2);
    expect(messages.map(({ retained }) => retained)).toEqual([true, false]);
  });

  it('acknowledges and drops messages under our own prefix', async () => {
    const { broker, messages, source } = await startPair({ filters: ['#'] });
    broker.latest.publish(7, 'inkling/forecast/a', '{}');
    broker.latest.publish(8, 'inklings', '1');
    await until(() => messages.length === 1);
    expect(messages[0]!.topic).toBe('inklings');
    await until(() => broker.latest.acknowledged.length === 1);
    expect(broker.latest.acknowledged).toEqual([7]);
    expect(source.counters).toMatchObject({ own: 1, messages: 1 });
  });

  it('reads no further while too many messages wait for their acknowledgement', async () => {
    const { broker, messages, source } = await startPair({ unacknowledgedMax: 4 });
    for (let id = 1; id <= 9; id++) broker.latest.publish(id, 'plant/a', `${id}`);
    await until(() => source.counters.pauses === 1);
    expect(messages).toHaveLength(4);
    let acknowledged = 0;
    while (acknowledged < 9) {
      await until(() => messages.length > acknowledged);
      messages[acknowledged++]!.acknowledge();
    }
    await until(() => broker.latest.acknowledged.length === 9);
  });

  it('stays connected through a pause longer than the keep-alive, and keeps the order', async () => {
    const { broker, messages, source } = await startPair({
      unacknowledgedMax: 4,
      keepaliveSeconds: 1,
    });
    for (let id = 1; id <= 9; id++) broker.latest.publish(id, 'plant/a', `${id}`);
    await until(() => broker.latest.of('pingreq').length === 3);
    expect(messages).toHaveLength(4);
    expect(source.counters).toMatchObject({ connections: 1, pauses: 1, held: 5 });
    for (let taken = 0; taken < 9; taken++) {
      await until(() => messages.length > taken);
      messages[taken]!.acknowledge();
    }
    await until(() => broker.latest.acknowledged.length === 9);
    expect(broker.latest.acknowledged).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(source.state).toBe('subscribed');
  });

  it('gives up a connection that brings more than may be held, and comes back', async () => {
    const { broker, messages, source, lines } = await startPair({
      unacknowledgedMax: 4,
      keepaliveSeconds: 1,
      heldBytesMax: 1_000,
    });
    for (let id = 1; id <= 9; id++) broker.latest.publish(id, 'plant/a', 'x'.repeat(200));
    await until(() => source.counters.overflows === 1);
    await until(() => source.counters.connections === 2 && source.state === 'subscribed');
    expect(messages).toHaveLength(4);
    expect(lines.join()).toMatch(/more came in than could be taken/);
    broker.latest.publish(1, 'plant/a', '1');
    await until(() => messages.length === 5);
  });

  it('subscribes again, then connects again, when nothing comes any more', async () => {
    const { broker, messages, source, lines } = await startPair({ silenceMs: 120 });
    const states: string[] = [];
    source.state$.subscribe((state) => states.push(state));
    // A live message in each check, until the gap between two of them is known to be short.
    const device = setInterval(() => broker.latest.publish(null, 'plant/a', '1'), 5);
    await until(() => messages.length > 300);
    clearInterval(device);
    broker.sessionPresent = true;
    await until(() => source.counters.resubscriptions === 1);
    await until(() => broker.latest.of('subscribe').length === 2);
    expect(source.counters.silentReconnections).toBe(0);
    await until(() => source.counters.connections === 2);
    expect(source.counters.silentReconnections).toBe(1);
    expect(states).toEqual(['subscribed']);
    expect(source.problem).toBeNull();
    const told = lines.filter((line) => /nothing comes any more/.test(line));
    expect(told).toHaveLength(1);
  });

  it('says so when the connection made against a silence fails', async () => {
    const { broker, messages, source } = await startPair({ silenceMs: 120 });
    const device = setInterval(() => broker.latest.publish(null, 'plant/a', '1'), 5);
    await until(() => messages.length > 300);
    clearInterval(device);
    broker.returnCode = 3;
    await until(() => source.state === 'offline');
    expect(source.problem).toMatch(/Server unavailable/);
  });

  it('leaves a connection that breaks the protocol', async () => {
    const { broker, source } = await startPair();
    broker.latest.socket.write(Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0xff]));
    await until(() => source.counters.connections === 2 && source.state === 'subscribed');
  });

  it('never acknowledges a message on a later connection', async () => {
    const { broker, messages, source } = await startPair();
    broker.latest.publish(1, 'plant/a', 'old');
    await until(() => messages.length === 1);
    broker.sessionPresent = true;
    broker.latest.socket.destroy();
    await until(() => source.counters.connections === 2);
    broker.latest.publish(1, 'plant/a', 'new');
    await until(() => messages.length === 2);
    messages[0]!.acknowledge();
    broker.latest.publish(2, 'plant/a', 'next');
    await until(() => messages.length === 3);
    expect(broker.latest.acknowledged).toEqual([]);
    messages[1]!.acknowledge();
    await until(() => broker.latest.acknowledged.length === 1);
  });

  it('subscribes again only when the broker has lost the session', async () => {
    const { broker, source } = await startPair();
    broker.sessionPresent = true;
    broker.latest.socket.destroy();
    await until(() => source.counters.connections === 2 && source.state === 'subscribed');
    expect(broker.latest.of('subscribe')).toEqual([]);
    broker.sessionPresent = false;
    broker.latest.socket.destroy();
    await until(() => source.counters.connections === 3 && source.state === 'subscribed');
    expect(broker.latest.of('subscribe')).toHaveLength(1);
  });

  it('subscribes in a session left by an earlier process', async () => {
    const broker = new FakeBroker();
    broker.sessionPresent = true;
    const port = await broker.listen();
    closers.push(() => broker.close());
    const { source } = startSource(port);
    await until(() => source.state === 'subscribed');
    expect(broker.latest.of('subscribe')).toHaveLength(1);
  });

  it('is not ready before the broker has answered the subscription', async () => {
    const broker = new FakeBroker();
    broker.granted = null;
    const port = await broker.listen();
    closers.push(() => broker.close());
    const { source } = startSource(port);
    await until(() => broker.connections[0]?.of('subscribe').length === 1);
    expect(source.state).toBe('connecting');
    expect(source.problem).not.toBeNull();
  });

  it('keeps trying while there is no broker, says so once, and hides the password', async () => {
    const broker = new FakeBroker();
    const port = await broker.listen();
    await broker.close();
    const url = `mqtt://user:secret@127.0.0.1:${port}`;
    const { source, lines } = startSource(port, { url });
    await until(() => source.state === 'offline');
    expect(source.problem).toMatch(/ECONNREFUSED/);
    const later = new FakeBroker();
    await later.listen(port);
    closers.push(() => later.close());
    await until(() => source.state === 'subscribed');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/cannot be used/);
    expect(lines.join()).not.toMatch(/secret/);
  });

  it('names a subscription that the broker refuses, and tries again', async () => {
    const broker = new FakeBroker();
    broker.granted = 0x80;
    const port = await broker.listen();
    closers.push(() => broker.close());
    const { source } = startSource(port, { filters: ['a/#', 'plant/#'] });
    await until(() => source.state === 'offline');
    expect(source.problem).toBe('the broker refused our subscription to "a/#", "plant/#"');
    broker.granted = 1;
    await until(() => source.state === 'subscribed');
    expect(source.problem).toBeNull();
  });

  it('keeps trying when the broker refuses the connection', async () => {
    const broker = new FakeBroker();
    broker.returnCode = 5;
    const port = await broker.listen();
    closers.push(() => broker.close());
    const { source } = startSource(port);
    await until(() => source.state === 'offline');
    expect(source.problem).toMatch(/Not authorized/i);
    broker.returnCode = 0;
    await until(() => source.state === 'subscribed');
  });

  it('sends the acknowledgements of messages taken before closing, and takes none after', async () => {
    const { broker, messages, source } = await startPair();
    let completed = false;
    source.messages$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    broker.latest.publish(1, 'plant/a', '1');
    await until(() => messages.length === 1);
    const closing = source.close();
    broker.latest.publish(2, 'plant/a', '2');
    messages[0]!.acknowledge();
    await closing;
    await until(() => broker.latest.of('disconnect').length === 1);
    expect(broker.latest.acknowledged).toEqual([1]);
    expect(messages).toHaveLength(1);
    expect(completed).toBe(true);
  });

  it('closes while there is no broker', async () => {
    const { source } = startSource(1);
    await source.close();
    await source.close();
    expect(source.state).toBe('offline');
  });

  it('takes messages from a broker that others wrote', async () => {
    const log = { info() {}, warn() {}, error() {} };
    const broker = createEmbeddedBroker({ host: '127.0.0.1', port: 0, log });
    closers.push(() => broker.close());
    const { port } = await broker.listen();
    broker.open();
    const { source, messages } = startSource(port);
    await until(() => source.state === 'subscribed');
    await broker.publish('plant/a', '21.5', { qos: 1, retain: false });
    await until(() => messages.length === 1);
    expect(Buffer.from(messages[0]!.payload).toString()).toBe('21.5');
    messages[0]!.acknowledge();
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  connectMqttOutput,
  type MqttOutput,
  type MqttOutputOptions,
} from '../../src/adapters/mqtt/mqtt-output.ts';
import { RecordingBroker } from './recording-broker.ts';

const brokers: RecordingBroker[] = [];
const outputs: MqttOutput[] = [];
const lines: string[] = [];
const log = {
  info: (_: object, line: string) => lines.push(line),
  warn: (_: object, line: string) => lines.push(line),
  error: (_: object, line: string) => lines.push(line),
};

afterEach(async () => {
  for (const output of outputs.splice(0)) await output.close();
  for (const broker of brokers.splice(0)) await broker.close();
  lines.splice(0);
});

async function listening(): Promise<RecordingBroker> {
  const broker = new RecordingBroker();
  brokers.push(broker);
  await broker.listen();
  return broker;
}

function connected(port: number, options: Partial<MqttOutputOptions> = {}): MqttOutput {
  const output = connectMqttOutput({
    url: `mqtt://127.0.0.1:${port}`,
    clientId: 'inkling',
    version: 4,
    keepaliveSeconds: 30,
    username: '',
    password: '',
    tls: null,
    prefix: 'inkling',
    clock: { now: () => Date.now() },
    log,
    random: () => 0,
    ...options,
  });
  outputs.push(output);
  return output;
}

const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 5 });

const online = { topic: 'inkling/status', payload: 'online', retain: true, qos: 1 };
const offline = { ...online, payload: 'offline' };
const forecast = (stream: string, payload: string) => ({
  topic: `inkling/forecast/${stream}`,
  payload,
  retain: true,
});

describe('the output to an outside broker', () => {
  it('says online when it connects and offline when it leaves, retained', async () => {
    const broker = await listening();
    const output = connected(broker.port);
    await until(() => broker.packets.length === 1);
    expect(broker.packets).toEqual([online]);
    expect(broker.clientIds).toEqual(['inkling-out']);
    expect(output).toMatchObject({ connected: true, problem: null });
    await output.close();
    await output.close();
    expect(broker.packets).toEqual([online, offline]);
  });

  it('has the broker say offline when the connection breaks, and online when it is back', async () => {
    const broker = await listening();
    connected(broker.port);
    await until(() => broker.packets.length === 1);
    broker.cut();
    await until(() => broker.packets.length === 3);
    expect(broker.packets).toEqual([online, offline, online]);
  });

  it('publishes at QoS 1, retained or not as told', async () => {
    const broker = await listening();
    const output = connected(broker.port);
    const anomaly = { topic: 'inkling/anomaly/a', payload: '{}', retain: false };
    output.publish(forecast('a', '1'));
    output.publish(anomaly);
    await until(() => output.counters.published === 2);
    expect(broker.packets.slice(1).map(({ qos }) => qos)).toEqual([1, 1]);
    expect(broker.packets).toContainEqual({ ...forecast('a', '1'), qos: 1 });
    expect(broker.packets).toContainEqual({ ...anomaly, qos: 1 });
  });

  it('keeps the newest of each retained topic while the broker is away', async () => {
    const absent = await listening();
    await absent.close();
    const output = connected(absent.port, { queueMax: 3 });
    await until(() => lines.length > 0);
    expect(output).toMatchObject({ connected: false });
    expect(output.problem).toContain('ECONNREFUSED');
    for (let index = 0; index < 10; index++) output.publish(forecast('a', String(index)));
    for (const stream of ['b', 'c', 'd', 'e']) output.publish(forecast(stream, stream));
    expect(output.waiting).toBe(3);
    await absent.listen(absent.port);
    await until(() => output.counters.published === 3);
    expect(absent.packets.map(({ payload }) => payload)).toEqual(['online', 'c', 'd', 'e']);
    expect(output.counters).toMatchObject({ dropped: 2, replaced: 9, refused: 0, connections: 1 });
    expect(lines).toEqual([
      'Nothing can be published to the broker; trying until it can.',
      'Forecasts and anomalies are published to the broker.',
    ]);
  });

  it('sends again what a lost connection left without an acknowledgement, before newer ones', async () => {
    const broker = await listening();
    const output = connected(broker.port, { inFlightMax: 2 });
    await until(() => output.connected && broker.packets.length === 1);
    broker.held = [];
    for (const payload of ['1', '2', '3'])
      output.publish({ ...forecast('a', payload), retain: false });
    await until(() => broker.held!.length === 2);
    broker.held = null;
    broker.cut();
    await until(() => output.counters.published === 3);
    const payloads = broker.packets.filter(({ topic }) => topic !== 'inkling/status');
    expect(payloads.map(({ payload }) => payload)).toEqual(['1', '2', '1', '2', '3']);
  });

  it('leaves within seconds when the broker no longer acknowledges', async () => {
    const broker = await listening();
    const output = connected(broker.port);
    await until(() => broker.packets.length === 1);
    broker.held = [];
    output.publish(forecast('a', '1'));
    await until(() => broker.held!.length === 1);
    await output.close();
    output.publish(forecast('a', '2'));
    expect(output.waiting).toBe(0);
  }, 8_000);
});

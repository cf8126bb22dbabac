import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type SimulatedDevices,
  type SimulatedDevicesOptions,
  startSimulatedDevices,
} from '../../src/commands/simulated-devices.ts';
import { createFleet } from '../../src/simulator/fleet.ts';
import { RecordingBroker } from './recording-broker.ts';

const hourMs = 3_600_000;
const present = Date.UTC(2026, 10, 20, 12);

/** What the fleet says from `from` up to the present, as the broker writes it down. */
function course(from: number, until: number): string[] {
  const fleet = createFleet({ seed: 1, from });
  const lines: string[] = [];
  while (fleet.nextTime <= until) {
    const { topic, payload } = fleet.next();
    lines.push(`${topic} ${payload}`);
  }
  return lines;
}

describe('the simulated devices over MQTT', () => {
  const brokers: RecordingBroker[] = [];
  const running: SimulatedDevices[] = [];
  const lines: string[] = [];
  const log = {
    info: (line: string) => lines.push(line),
    warn: (line: string) => lines.push(line),
  };

  const listening = async () => {
    const broker = new RecordingBroker();
    brokers.push(broker);
    await broker.listen();
    return broker;
  };
  const start = (port: number, options: Partial<SimulatedDevicesOptions>) => {
    const devices = startSimulatedDevices({
      url: `mqtt://127.0.0.1:${port}`,
      clock: { now: () => present },
      seed: 1,
      speed: 'max',
      from: present - hourMs,
      log,
      ...options,
    });
    running.push(devices);
    return devices;
  };
  const until = (condition: () => boolean) =>
    vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 10 });

  afterEach(async () => {
    for (const devices of running.splice(0)) await devices.stop();
    for (const broker of brokers.splice(0)) await broker.close();
    lines.splice(0);
  });

  it('publishes the whole past in order, each message once, up to the present', async () => {
    const broker = await listening();
    const expected = course(present - 4 * hourMs, present);
    const devices = start(broker.port, { from: present - 4 * hourMs });
    await until(() => devices.published() >= expected.length);
    await devices.stop();
    expect(broker.received).toEqual(expected);
    expect(devices.published()).toBe(expected.length);
    expect(broker.clientIds[0]).toMatch(/^inkling-demo-/);
  });

  it('goes with the clock at the given speed', async () => {
    const broker = await listening();
    let now = present;
    const from = present - 2 * hourMs;
    const devices = start(broker.port, { from, speed: 60, clock: { now: () => now } });
    now += 10_000;
    const tenMinutes = course(from, from + 10 * 60_000);
    await until(() => devices.published() === tenMinutes.length);
    now += 5_000;
    const quarter = course(from, from + 15 * 60_000);
    await until(() => devices.published() === quarter.length);
    expect(broker.received).toEqual(quarter);
  });

  it('never has more messages open than it may', async () => {
    const broker = await listening();
    broker.held = [];
    const devices = start(broker.port, { inFlightMax: 40, from: present - 24 * hourMs });
    let most = 0;
    for (let round = 0; round < 20; round++) {
      await until(() => broker.held!.length >= 40);
      most = Math.max(most, broker.held!.length);
      for (const acknowledge of broker.held!.splice(0)) acknowledge();
    }
    expect(most).toBe(40);
    expect(devices.published()).toBeGreaterThan(700);
    expect(broker.received.length - devices.published()).toBeLessThanOrEqual(80);
  });

  it('loses and skips nothing when connections are cut in the middle', async () => {
    const broker = await listening();
    const from = present - 6 * hourMs;
    const expected = course(from, present);
    const devices = start(broker.port, { from, inFlightMax: 100 });
    for (const mark of [300, 900, 1500]) {
      await until(() => devices.published() >= mark);
      broker.held = [];
      await until(() => broker.held!.length >= 20);
      // These messages have arrived, but their acknowledgements never will.
      broker.held = null;
      broker.cut();
    }
    await until(() => devices.published() === expected.length);
    expect(broker.clientIds.length).toBe(4);
    expect([...new Set(broker.received)]).toEqual(expected);
    expect(lines.filter((line) => line.includes('keep trying')).length).toBe(3);
  });

  it('waits for a broker that comes later and says so once', async () => {
    const absent = await listening();
    await absent.close();
    const devices = start(absent.port, {});
    await until(() => lines.length > 0);
    expect(devices.connected()).toBe(false);
    await absent.listen(absent.port);
    const expected = course(present - hourMs, present);
    await until(() => devices.published() === expected.length);
    expect(absent.received).toEqual(expected);
    expect(lines).toEqual([
      expect.stringContaining('keep trying'),
      expect.stringContaining('publish to'),
    ]);
  });

  it('is done when all messages up to the end of time are acknowledged', async () => {
    const broker = await listening();
    const until = present - 2 * hourMs;
    const devices = start(broker.port, { from: present - 3 * hourMs, until });
    await devices.done;
    const expected = course(present - 3 * hourMs, until);
    expect(broker.received).toEqual(expected);
    expect(devices.published()).toBe(expected.length);
    expect(devices.time()).toBeGreaterThan(until);
  });

  it('stops at once without a broker', async () => {
    const absent = await listening();
    await absent.close();
    const devices = start(absent.port, {});
    await until(() => lines.length > 0);
    await devices.stop();
    await devices.stop();
    expect(devices.published()).toBe(0);
  });

  it('stops with everything sent acknowledged, and publishes nothing afterwards', async () => {
    const broker = await listening();
    const devices = start(broker.port, { from: present - 480 * hourMs });
    await until(() => devices.published() > 1000);
    await devices.stop();
    expect(devices.published()).toBe(broker.received.length);
    expect(broker.received).toEqual(
      course(present - 480 * hourMs, present).slice(0, devices.published()),
    );
  });

  it('stops within seconds when the broker no longer acknowledges', async () => {
    const broker = await listening();
    broker.held = [];
    const devices = start(broker.port, {});
    await until(() => broker.held!.length > 10);
    await devices.stop();
    expect(devices.published()).toBe(0);
  }, 5_000);
});

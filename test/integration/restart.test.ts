import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { JournalReader } from '../../src/adapters/journal/journal-reader.ts';
import { openSyncedFolder } from '../../src/adapters/journal/synced-folder.ts';
import { WeightsFiles } from '../../src/adapters/journal/weights-files.ts';
import { engineOptionsOf } from '../../src/commands/engine-options-of.ts';
import { defaultConfiguration } from '../../src/config/read-configuration.ts';
import { Engine } from '../../src/engine/engine.ts';
import { restoreEngine, snapshotEngine } from '../../src/engine/engine-snapshot.ts';
import type { EngineEvent } from '../../src/engine/event.ts';
import { decodeSnapshot } from '../../src/engine/snapshot-format.ts';
import { Random } from '../../src/numerics/random.ts';
import {
  Folders,
  type InklingProcess,
  type RunningService,
  startService,
} from './service-under-test.ts';

/** A running service is killed at random moments; what it has acknowledged must be there, once. */

const streams = 20;
const start = 1_767_600_000_000;
const folders = new Folders();
const started: InklingProcess[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.end('SIGKILL');
  await folders.remove();
});

/** Numbered readings, each with a time of its own; those without an acknowledgement are sent again. */
class Sender {
  readonly acknowledged = new Set<number>();
  readonly sent = new Set<number>();
  #next = 0;
  #unacknowledged: number[] = [];

  reading(n: number) {
    return { stream: `load/${n % streams}`, t: start + 1_000 * n, v: n };
  }

  /** What to send next: first what was sent and not acknowledged. */
  take(): number {
    const n = this.#unacknowledged.shift() ?? this.#next++;
    this.sent.add(n);
    return n;
  }

  returned(n: number, isAcknowledged: boolean): void {
    if (isAcknowledged) this.acknowledged.add(n);
    else this.#unacknowledged.push(n);
  }
}

/** Publishes at QoS 1 until the connection ends. */
async function publish(sender: Sender, service: RunningService): Promise<MqttClient> {
  const client = await mqtt.connectAsync(service.mqttUrl, { reconnectPeriod: 0 });
  client.on('error', () => {});
  const next = (): void => {
    if (!client.connected) return;
    const n = sender.take();
    const { stream, t, v } = sender.reading(n);
    client.publish(stream, JSON.stringify({ t, v }), { qos: 1 }, (error) => {
      sender.returned(n, !error);
      if (!error) next();
    });
  };
  for (let flight = 0; flight < 50; flight++) next();
  return client;
}

/** Posts ten readings at a time until the connection ends. */
async function post(sender: Sender, { url }: RunningService): Promise<void> {
  for (let isUp = true; isUp; ) {
    const batch = Array.from({ length: 10 }, () => sender.take());
    const status = await fetch(`${url}/v1/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(batch.map((n) => sender.reading(n))),
    }).then(
      (response) => response.status,
      () => 0,
    );
    isUp = status === 202;
    for (const n of batch) sender.returned(n, isUp);
  }
}

async function eventsIn(data: string): Promise<EngineEvent[]> {
  const weights = new WeightsFiles(await openSyncedFolder(join(data, 'weights')));
  const reader = new JournalReader(await openSyncedFolder(join(data, 'journal')), weights, 1);
  const events: EngineEvent[] = [];
  for await (const { event } of reader.records()) events.push(event);
  expect(reader.end.damage).toBeNull();
  return events;
}

/** An engine as `start` makes it; what the configuration file says does not concern it. */
function freshEngine(): Engine {
  const configuration = defaultConfiguration();
  return new Engine(engineOptionsOf(configuration, configuration.simulate.seed));
}

function bytesOf(engine: Engine): Buffer {
  return Buffer.concat(snapshotEngine(engine));
}

async function newestSnapshot(data: string): Promise<Engine> {
  const folder = join(data, 'snapshots');
  const name = (await readdir(folder)).sort().at(-1)!;
  const engine = freshEngine();
  restoreEngine(engine, decodeSnapshot(new Uint8Array(await readFile(join(folder, name)))));
  return engine;
}

describe('a service that is killed', () => {
  it('has every acknowledged reading once, and the state of an unbroken run', async () => {
    const data = await folders.make();
    const random = new Random(20);
    const sender = new Sender();
    // Snapshots each second, so that lives begin with one and the journal on top.
    const settings = 'broker: { enabled: true }\ndata: { snapshotSeconds: 1 }\n';
    const options = ['--config', await folders.configuration(settings), '--no-simulate'];
    for (let life = 0; life < 4; life++) {
      const service = await startService(data, ...options);
      started.push(service.process);
      const before = sender.acknowledged.size;
      const client = await publish(sender, service);
      const posting = post(sender, service);
      const enough = before + 200 + random.integer(1_500);
      await until(() => sender.acknowledged.size >= enough);
      if (life === 1) await until(() => existsSync(join(data, 'snapshots')));
      if (life < 3) await service.process.end('SIGKILL');
      else await service.process.end();
      client.end(true);
      await posting;
    }

    const events = await eventsIn(data);
    const engine = freshEngine();
    const taken: number[] = [];
    for (const event of events) {
      const { steps } = engine.apply(event);
      for (const { reading } of steps) if (reading.v !== null) taken.push(reading.v);
    }
    const set = new Set(taken);
    expect([...sender.acknowledged].filter((n) => !set.has(n))).toEqual([]);
    expect([...set].filter((n) => !sender.sent.has(n))).toEqual([]);
    expect(taken.length).toBe(set.size);
    expect(sender.acknowledged.size).toBeGreaterThan(800);

    const kept = await newestSnapshot(data);
    expect(kept.position).toBe(events.length);
    expect(bytesOf(kept).equals(bytesOf(engine))).toBe(true);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('The condition was not met in time.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

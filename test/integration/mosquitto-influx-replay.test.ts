import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../src/evaluation/csv/csv-reader.ts';
import { InfluxServer } from './influx-server.ts';
import { MosquittoServer } from './mosquitto-server.ts';
import { InklingProcess, type RunningService, ready } from './service-under-test.ts';
import { Subscriber } from './subscriber.ts';

/**
 * The whole way with real servers: a recording is replayed through Mosquitto at full speed, Mosquitto
 * is stopped and started in between, and InfluxDB must have every reading once in the end. What is
 * compared are sets of (stream, time), never counts.
 */

const waitMsMax = 240_000;
/** Hours from the recording that are replayed before Mosquitto is stopped. */
const pauseAfter = 0.3;

interface Recorded {
  readonly time: number;
  readonly value: number;
}

let folder: string;
let file: string;
let recorded: Map<string, Recorded[]>;
let broker: MosquittoServer;
let influx: InfluxServer;
let service: RunningService;
let subscriber: Subscriber;

/** ETTh2 where the real series are at hand, else a file of the same kind. */
async function recording(): Promise<string> {
  const real = join(process.env['INKLING_DATA'] ?? '', 'forecasting/ETTh2.csv.gz');
  if (process.env['INKLING_DATA'] && existsSync(real)) return real;
  const rows = Array.from({ length: 4_000 }, (_, hour) => {
    const date = new Date(Date.UTC(2020, 0, 1, hour)).toISOString();
    return `${date},${Math.sin(hour / 4).toFixed(4)},${hour % 24},${(hour * 7919) % 101}`;
  });
  const made = join(folder, 'made.csv');
  await writeFile(made, `date,wave,clock,noise\n${rows.join('\n')}\n`);
  return made;
}

async function recordedStreams(path: string): Promise<Map<string, Recorded[]>> {
  const name = path.replace(/^.*\//, '').replace(/\.csv(?:\.gz)?$/, '');
  const csv = await readCsv(path);
  const streams = csv.header.columns.map((column) => `replay/${name}/${column}`);
  const found = new Map(streams.map((stream): [string, Recorded[]] => [stream, []]));
  for await (const { rows } of csv.batches()) {
    for (const { time, values } of rows) {
      values.forEach((value, column) => {
        found.get(streams[column]!)!.push({ time: time!, value: value! });
      });
    }
  }
  return found;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function written(
  stream: string,
): Promise<{ time: number; value: number; expected: number | null }[]> {
  const rows = await influx
    .client('plant')
    .query<{ time: Date & { getNanoTime(): string }; value: number; expected: number | null }>(
      `SELECT value, expected FROM inkling_reading WHERE stream = '${stream}'`,
    );
  return rows.map(({ time, value, expected }) => ({ time: time.getTime(), value, expected }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkling-replay-'));
  file = await recording();
  recorded = await recordedStreams(file);
  broker = await MosquittoServer.start();
  influx = await InfluxServer.prepare();
  await influx.start();
  const configuration = join(folder, 'inkling.yaml');
  await writeFile(
    configuration,
    `mqtt: { url: "mqtt://127.0.0.1:${broker.port}" }
sources: [{ topics: ["replay/#"], stream: "{topic}/{key}" }]
streams: [{ match: "**", horizon: 8 }]
models: { shared: { hidden: 16 } }
influx: { url: "${influx.url}", database: plant, fanSeconds: 10, leads: [4] }
http: { port: 0 }
data: { dir: "${join(folder, 'data')}" }
`,
  );
  service = await ready(new InklingProcess(['start', '--config', configuration]));
  subscriber = new Subscriber(service.url);
  const [first] = recorded.keys();
  await subscriber.subscribe({
    streams: [first],
    kinds: ['forecast'],
    snapshot: false,
    mode: 'all',
  });
});

afterAll(async () => {
  await service?.process.end();
  await broker?.remove();
  await influx?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('a recording replayed through Mosquitto', () => {
  it(
    'is in InfluxDB, every reading once, though Mosquitto was stopped in between',
    async () => {
      const total = [...recorded.values()].reduce((sum, list) => sum + list.length, 0);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      const replay = new InklingProcess(['replay', file, '--url', url, '--qos', '1']);
      await until(
        'a part is there',
        async () => (await metric('inkling_readings_total')) > total * pauseAfter,
      );
      await broker.stop('SIGTERM');
      await broker.start();
      const ending = await replay.ended;
      expect(ending).toMatchObject({ code: 0 });
      await until('every reading is written', async () => {
        const [readings, duplicates] = [
          await metric('inkling_readings_total'),
          await metric('inkling_duplicates_total'),
        ];
        return (
          readings - duplicates >= total && (await metric('inkling_influx_queued_points')) === 0
        );
      });
      for (const [stream, expected] of recorded) {
        const found = await written(stream);
        expect(found.map(({ time, value }) => ({ time, value }))).toEqual(expected);
        // The first forecast follows the second reading.
        expect(found.slice(2).filter((row) => row.expected === null)).toEqual([]);
      }
    },
    2 * waitMsMax,
  );

  it('led to a forecast after each reading from the second on, at a WebSocket subscriber', async () => {
    const [times] = recorded.values();
    const issued = new Set(subscriber.items.map((item) => item['issued']));
    expect(times!.slice(1).filter(({ time }) => !issued.has(time))).toEqual([]);
  });

  it('left what was forecast beside what came true, and a fan of forecasts', async () => {
    const [stream] = recorded.keys();
    const client = influx.client('plant');
    const [lead] = await client.query<{ count: number }>(
      `SELECT count(error) FROM inkling_lead WHERE stream = '${stream}' AND lead = '4'`,
    );
    expect(lead?.count).toBeGreaterThan(recorded.get(stream!)!.length * 0.9);
    const [fan] = await client.query<{ upper95: number; median: number }>(
      `SELECT last(upper95) AS upper95, median FROM inkling_forecast WHERE stream = '${stream}'`,
    );
    expect(fan!.upper95).toBeGreaterThanOrEqual(fan!.median);
  });
});

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { MosquittoServer } from '../integration/mosquitto-server.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import { type ServiceProcess, startService } from './service-process.ts';

/**
 * Through a real Mosquitto at QoS 0, hidden 64, broker and publisher on the same cores: the rates at
 * which the backlog stays flat for a minute, what is missing, and the memory of 1,000 and 10,000 streams.
 */

const SECONDS = 60;
const runs: readonly { readonly streams: number; readonly rate: number }[] = [
  { streams: 1_000, rate: 5_000 },
  { streams: 1_000, rate: 10_000 },
  { streams: 10_000, rate: 5_000 },
];
/** Streams whose readings are compared one by one at a subscriber. */
const WATCHED = 10;

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const resident = new Map<number, number>();
  for (const { streams, rate } of runs) {
    const { backlogs, missing, bytes } = await measure(streams, rate);
    const name = `${streams} streams at ${rate}/s`;
    rows.push(benchRow(`${name}: backlog`, 'readings', backlogs));
    rows.push(
      benchRow(`${name}: growth of the backlog, last half`, 'readings', [growth(backlogs)]),
    );
    rows.push(benchRow(`${name}: missing at ${WATCHED} streams`, 'readings', [missing]));
    rows.push(benchRow(`${name}: resident memory`, 'MB', [bytes / 1e6]));
    resident.set(streams, bytes);
  }
  const perStream = (resident.get(10_000)! - resident.get(1_000)!) / 9_000;
  rows.push(benchRow('resident memory of a further stream', 'bytes', [perStream]));
  return rows;
}

/** Mean backlog of the last quarter less that of the quarter before. */
function growth(backlogs: readonly number[]): number {
  const quarter = Math.floor(backlogs.length / 4);
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, n) => sum + n, 0) / list.length;
  return mean(backlogs.slice(-quarter)) - mean(backlogs.slice(-2 * quarter, -quarter));
}

async function measure(streams: number, rate: number) {
  const dir = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const broker = await MosquittoServer.start();
  const service = await startService(
    dir,
    `mqtt: { url: "mqtt://127.0.0.1:${broker.port}", qos: 0 }
sources: [{ topics: ["bench/#"] }]
http: { port: 0 }
data: { dir: "${join(dir, 'data')}" }
`,
  );
  const args = [broker.port, streams, rate, SECONDS].map(String);
  const publisher = fork(new URL('mosquitto-publisher.ts', import.meta.url), args);
  const watched = await watch(service, streams);
  try {
    await once(publisher, 'message');
    publisher.send('go');
    const backlogs = await watchBacklog(service, publisher, rate);
    await wait(5_000);
    const perStream = Math.ceil((rate * SECONDS) / streams);
    const seen = [...watched.values()].reduce((sum, numbers) => sum + numbers.size, 0);
    const bytes = await service.residentBytes();
    return { backlogs, missing: WATCHED * perStream - seen, bytes };
  } finally {
    publisher.kill();
    await service.stop();
    await broker.remove();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Readings published and not yet folded, each second. */
async function watchBacklog(
  service: ServiceProcess,
  publisher: ChildProcess,
  rate: number,
): Promise<number[]> {
  const begin = Date.now();
  const backlogs: number[] = [];
  let done = false;
  publisher.once('message', () => {
    done = true;
  });
  while (!done) {
    await wait(1_000);
    const taken = await service.metric('inkling_readings_total');
    const published = Math.min(rate * SECONDS, ((Date.now() - begin) * rate) / 1_000);
    backlogs.push(published - taken);
  }
  return backlogs;
}

/** The numbers that came of each watched stream. */
async function watch(service: ServiceProcess, streams: number): Promise<Map<string, Set<number>>> {
  const seen = new Map<string, Set<number>>();
  for (let i = 0; i < WATCHED; i++)
    seen.set(`bench/${Math.floor((i * streams) / WATCHED)}`, new Set());
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/ws`, 'inkling.v1.json');
  await once(socket, 'open');
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message.type !== 'batch') return;
    for (const item of message.items) if (item.v !== null) seen.get(item.stream)?.add(item.v);
  });
  const subscription = {
    streams: [...seen.keys()],
    kinds: ['reading'],
    snapshot: false,
    mode: 'all',
  };
  socket.send(JSON.stringify({ id: 1, type: 'subscribe', ...subscription }));
  await once(socket, 'message');
  return seen;
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type BenchRow, benchRow } from './bench-row.ts';
import { type ServiceProcess, startService } from './service-process.ts';

/**
 * The whole pipeline, hidden 64, one WebSocket subscriber on one per cent of the streams:
 * CPU time of a reading when saturated, and publish-to-frame latency at 1,000 readings/s.
 */

const STREAMS = 1_000;
const SUBSCRIBED = 'bench/?';
const WARM_SECONDS = 5;
const WINDOW_SECONDS = 4;
const WINDOWS = 5;
const RATE = 1_000;
const LATENCY_SECONDS = 20;
const LATENCY_RUNS = 3;

export async function run(): Promise<BenchRow[]> {
  return [...(await saturated()), ...(await openLoop())];
}

async function saturated(): Promise<BenchRow[]> {
  return withPipeline([`${STREAMS}`], async ({ service, publisher, client }) => {
    publisher.send('go');
    await wait(WARM_SECONDS * 1_000);
    const micros: { all: number[]; main: number[] } = { all: [], main: [] };
    const rates: number[] = [];
    for (let window = 0; window < WINDOWS; window++) {
      const [cpu, count, at] = [
        await service.cpuSeconds(),
        await readings(service),
        performance.now(),
      ];
      await wait(WINDOW_SECONDS * 1_000);
      const [cpu2, count2, at2] = [
        await service.cpuSeconds(),
        await readings(service),
        performance.now(),
      ];
      const n = count2 - count;
      micros.all.push(((cpu2.all - cpu.all) * 1e6) / n);
      micros.main.push(((cpu2.main - cpu.main) * 1e6) / n);
      rates.push((n * 1_000) / (at2 - at));
    }
    if (client.frames === 0) throw new Error('the subscriber got no frame');
    return [
      benchRow('pipeline cpu, serving thread', 'µs/reading', micros.main),
      benchRow('pipeline cpu, all threads', 'µs/reading', micros.all),
      benchRow(
        'pipeline readings a core (serving thread)',
        '1/s',
        micros.main.map((us) => 1e6 / us),
      ),
      benchRow('pipeline saturated', 'readings/s', rates),
      benchRow('pipeline resident memory, 1,000 streams', 'MB', [
        (await service.residentBytes()) / 1e6,
      ]),
    ];
  });
}

async function openLoop(): Promise<BenchRow[]> {
  const p50: number[] = [];
  const p99: number[] = [];
  const lost: number[] = [];
  for (let turn = 0; turn < LATENCY_RUNS; turn++) {
    const args = [`${STREAMS}`, `${RATE}`, `${LATENCY_SECONDS}`];
    await withPipeline(args, async ({ publisher, client }) => {
      publisher.send('go');
      const [{ sent }] = (await once(publisher, 'message')) as [{ sent: number }];
      await wait(1_000);
      const latencies = client.latencies.sort((a, b) => a - b);
      p50.push(latencies[Math.floor(latencies.length * 0.5)]!);
      p99.push(latencies[Math.floor(latencies.length * 0.99)]!);
      lost.push(sent / 100 - latencies.length);
    });
  }
  return [
    benchRow(`publish-to-frame p50 at ${RATE}/s`, 'ms', p50),
    benchRow(`publish-to-frame p99 at ${RATE}/s`, 'ms', p99),
    benchRow('readings missing at the subscriber', 'readings', lost),
  ];
}

interface Parts {
  readonly service: ServiceProcess;
  readonly publisher: ChildProcess;
  readonly client: Subscriber;
}

async function withPipeline<T>(args: string[], measure: (parts: Parts) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const publisher = fork(new URL('reading-publisher.ts', import.meta.url), args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = (await once(publisher.stdout!, 'data')) as [Buffer];
  const service = await startService(
    dir,
    `mqtt: { url: "mqtt://127.0.0.1:${Number(line.toString())}", qos: 0 }
http: { port: 0 }
data: { dir: "${join(dir, 'data')}" }
limits: { readingsPerSecond: 1000000 }
`,
  );
  const client = await subscribe(service.url);
  try {
    return await measure({ service, publisher, client });
  } finally {
    client.socket.terminate();
    publisher.kill();
    await service.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function readings(service: ServiceProcess): Promise<number> {
  return service.metric('inkling_readings_total');
}

interface Subscriber {
  readonly socket: WebSocket;
  frames: number;
  /** Milliseconds from the scheduled time of a reading to the frame that carries it. */
  readonly latencies: number[];
}

async function subscribe(url: string): Promise<Subscriber> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, 'inkling.v1.json');
  const subscriber: Subscriber = { socket, frames: 0, latencies: [] };
  await once(socket, 'open');
  socket.on('message', (data: Buffer) => {
    const now = Date.now();
    const message = JSON.parse(data.toString());
    if (message.type !== 'batch') return;
    subscriber.frames++;
    for (const item of message.items) {
      if (item.kind === 'reading') subscriber.latencies.push(now - item.t);
    }
  });
  socket.send(
    JSON.stringify({
      id: 1,
      type: 'subscribe',
      streams: [SUBSCRIBED],
      snapshot: false,
      mode: 'all',
    }),
  );
  return subscriber;
}

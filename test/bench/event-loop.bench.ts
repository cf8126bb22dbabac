import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type BenchRow, benchRow } from './bench-row.ts';
import { type ServiceProcess, startService } from './service-process.ts';

/**
 * How long the serving thread keeps others waiting while it takes 1,000 readings/s in, before
 * training has begun and while it makes one update after the other; and what an update takes.
 * The delay is that of a timer of 10 ms which the service keeps for its metrics: an idle event
 * loop shows 10 to 11 ms, and whatever is above that is waiting. The same timer in this process,
 * which does nothing meanwhile, tells how much of it is the machine's.
 */

const STREAMS = 1_000;
const RATE = 1_000;
const SECONDS = 130;
/** A stream sends once a second, and training begins when some have sent 32 readings. */
const IDLE_AFTER_SECONDS = 8;
const WINDOW_SECONDS = 5;
const IDLE_WINDOWS = 3;
const TRAINING_WINDOWS = 8;
const TRAINING_WAIT_SECONDS = 60;

interface Window {
  readonly p99Ms: number;
  readonly maxMs: number;
  /** p99 of a process that does nothing. */
  readonly idleP99Ms: number;
  readonly updateMs: number;
  readonly updates: number;
}

export async function run(): Promise<BenchRow[]> {
  const dir = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const publisher = fork(
    new URL('reading-publisher.ts', import.meta.url),
    [`${STREAMS}`, `${RATE}`, `${SECONDS}`],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const [line] = (await once(publisher.stdout!, 'data')) as [Buffer];
  const service = await startService(
    dir,
    `mqtt: { url: "mqtt://127.0.0.1:${Number(line.toString())}", qos: 0 }
http: { port: 0 }
data: { dir: "${join(dir, 'data')}" }
`,
  );
  try {
    return await measure(service, publisher);
  } finally {
    publisher.kill();
    await service.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function measure(service: ServiceProcess, publisher: ChildProcess): Promise<BenchRow[]> {
  publisher.send('go');
  await wait(IDLE_AFTER_SECONDS * 1_000);
  const idle = await windows(service, IDLE_WINDOWS);
  if (idle.some(({ updates }) => updates > 0)) throw new Error('training began too early');
  for (let waited = 0; (await updatesOf(service)) < 5; waited++) {
    if (waited === TRAINING_WAIT_SECONDS) throw new Error('training did not begin');
    await wait(1_000);
  }
  const training = await windows(service, TRAINING_WINDOWS);
  if (training.some(({ updates }) => updates === 0)) throw new Error('training paused');
  return [
    ...rowsOf(`event loop at ${RATE}/s, no training yet`, idle),
    ...rowsOf(`event loop at ${RATE}/s, training`, training),
    benchRow(
      'update of the warm-up: 16 windows of 64, hidden 64, 24 ahead',
      'ms',
      training.map(({ updateMs }) => updateMs),
    ),
  ];
}

/** The service forgets the delays seen so far whenever its metrics are read. */
async function windows(service: ServiceProcess, count: number): Promise<Window[]> {
  const list: Window[] = [];
  await updatesOf(service);
  for (let index = 0; index < count; index++) {
    const [updates, seconds] = [await updatesOf(service), await trainingSecondsOf(service)];
    const idle = monitorEventLoopDelay({ resolution: 10 });
    idle.enable();
    await wait(WINDOW_SECONDS * 1_000);
    idle.disable();
    const idleP99Ms = idle.percentile(99) / 1e6;
    const { p99Ms, maxMs } = await delaysOf(service);
    const made = (await updatesOf(service)) - updates;
    const spent = (await trainingSecondsOf(service)) - seconds;
    list.push({ p99Ms, maxMs, idleP99Ms, updates: made, updateMs: (1_000 * spent) / made });
  }
  return list;
}

async function delaysOf({ url }: ServiceProcess): Promise<{ p99Ms: number; maxMs: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const ms = (name: string) =>
    1_000 *
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]);
  return { p99Ms: ms('p99'), maxMs: ms('max') };
}

function updatesOf(service: ServiceProcess): Promise<number> {
  return service.metric('inkling_training_updates_total');
}

function trainingSecondsOf(service: ServiceProcess): Promise<number> {
  return service.metric('inkling_training_seconds_total');
}

function rowsOf(name: string, list: readonly Window[]): BenchRow[] {
  return [
    benchRow(
      `${name}, p99`,
      'ms of a 10 ms timer',
      list.map(({ p99Ms }) => p99Ms),
    ),
    benchRow(
      `${name}, longest`,
      'ms of a 10 ms timer',
      list.map(({ maxMs }) => maxMs),
    ),
    benchRow(
      `${name}, p99 of an idle process beside`,
      'ms of a 10 ms timer',
      list.map(({ idleP99Ms }) => idleP99Ms),
    ),
  ];
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxServer, until } from '../integration/influx-server.ts';
import { type FeedReport, PointFeed } from '../integration/point-feed.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

const perSecond = 5_000;
const steadyMs = 10_000;
const awayMs = 60_000;
const patienceMs = 300_000;
const startMs = 1_795_385_096_123;

/**
 * How long points that waited for InfluxDB take to get there while as many as ever come, with the
 * real server on the same machine, and what that does to the event loop of the process that writes.
 */
export async function run(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'inkling-outbox-bench-'));
  const server = await InfluxServer.prepare();
  const place = { url: server.url, database: 'bench', folder };
  const feed = new PointFeed({ ...place, startMs, first: 0, count: 1e9, perSecond });
  try {
    await server.start();
    await until('points', () => (feed.last?.written ?? 0) > perSecond, patienceMs);
    const steadyAt = Date.now();
    await pass(steadyMs);
    const awayAt = Date.now();
    await server.kill();
    await pass(awayMs);
    await server.start();
    const backAt = Date.now();
    const { written } = feed.last!;
    await until('the first points', () => feed.last!.written > written, patienceMs);
    const first = feed.last!;
    await until('an end', () => feed.last!.queuedPoints <= perSecond, patienceMs);
    const last = feed.last!;
    const phase = (from: number, to: number) =>
      feed.reports.filter(({ at }) => at >= from && at < to);
    const seconds = (last.at - first.at) / 1_000;
    const factor = (last.written - first.written) / seconds / perSecond;
    return [
      row('catching up', '× real time', factor),
      row('waiting when InfluxDB was back', 'points', first.queuedPoints),
      row('files then', 'MB', first.diskBytes / 1e6),
      row('until the next attempt', 's', (first.at - backAt) / 1_000),
      row('until all was there', 's', (last.at - backAt) / 1_000),
      row('lost', 'points', last.dropped + last.damaged),
      ...phaseRows('steady', phase(steadyAt, awayAt)),
      ...phaseRows('away', phase(awayAt, backAt)),
      ...phaseRows('catching up', phase(first.at, last.at)),
    ];
  } finally {
    await feed.kill();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** CPU time of the process per second, and how late its event loop was. */
function phaseRows(name: string, reports: readonly FeedReport[]): BenchRow[] {
  const [first, last] = [reports[0]!, reports.at(-1)!];
  const late = reports.map(({ lateMsMax }) => lateMsMax).sort((a, b) => a - b);
  const cpu = (last.cpuMs - first.cpuMs) / ((last.at - first.at) / 1_000);
  return [
    row(`CPU time, ${name}`, 'ms/s', cpu),
    row(`event loop late, p99, ${name}`, 'ms', late[Math.floor(late.length * 0.99)]!),
    row(`event loop late, most, ${name}`, 'ms', late.at(-1)!),
  ];
}

function row(name: string, unit: string, value: number): BenchRow {
  return benchRow(`influx-outbox ${name}`, unit, [value]);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { createInfluxDatabase } from '../../src/adapters/influx/influx-database.ts';
import { createInfluxWriter } from '../../src/adapters/influx/influx-writer.ts';
import { openOutbox } from '../../src/adapters/influx/outbox.ts';
import type { FeedOptions, FeedReport } from './point-feed.ts';

/**
 * A process that writes points to InfluxDB through an outbox, so many a second, and reports to its
 * parent after each round. It ends when it is killed or its parent is gone.
 */
const options: FeedOptions = JSON.parse(process.argv[2]!);
const roundMs = 10;
const streams = 50;

const clock = { now: () => Date.now() };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const nobody = { username: '', password: '', token: '' };
const place = { url: options.url, database: options.database, ...nobody };
const { random } = Math;
const queue = openOutbox({ folder: options.folder, clock, log: silent });
const database = createInfluxDatabase({ ...place, log: silent, random });
const writer = createInfluxWriter({
  ...place,
  ...{ clock, log: silent, random, queue },
  limits: { requestTimeoutMs: 1_000 },
  onDatabaseMissing: () => database.ensure(),
});
process.on('disconnect', () => process.exit());

let next = options.first;
const startedAt = performance.now();
let lateMsMax = 0;
let dueAt = startedAt;

setInterval(() => {
  const now = performance.now();
  lateMsMax = Math.max(lateMsMax, now - dueAt);
  dueAt = now + roundMs;
  const due = options.first + Math.floor(((now - startedAt) * options.perSecond) / 1_000);
  const end = Math.min(due, options.first + options.count);
  if (end > next) {
    writer.write(Array.from({ length: end - next }, (_, index) => pointOf(next + index)));
    next = end;
  }
  const { written, queuedPoints, dropped, damaged, reachable } = writer.state();
  const report: FeedReport = {
    ...{ accepted: next, at: Date.now(), written, queuedPoints, dropped, damaged, reachable },
    ...{ lateMsMax, cpuMs: cpuMs(), diskBytes: queue.diskBytes },
  };
  lateMsMax = 0;
  process.send?.(report);
}, roundMs);

/** The point with this number; its time tells the number. */
function pointOf(number: number) {
  const stream = `plant/device-${number % streams}/temperature`;
  const value = number + 0.25;
  const bounds = { expected: value - 1, lower80: value - 2, upper80: value + 2, score: 0.5 };
  const timeMs = options.startMs + number;
  return { measurement: 'inkling_reading', tags: { stream }, fields: { value, ...bounds }, timeMs };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

import { join } from 'node:path';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { createInfluxDatabase } from '../../adapters/influx/influx-database.ts';
import { createInfluxWriter } from '../../adapters/influx/influx-writer.ts';
import { openOutbox } from '../../adapters/influx/outbox.ts';
import { RejectedFile } from '../../adapters/influx/rejected-file.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { Engine } from '../../engine/engine.ts';
import { streamQuality } from '../../engine/stream-quality.ts';
import { InfluxPoints } from '../../pipeline/influx-points.ts';
import type { Logger } from '../../pipeline/ports.ts';
import type { Sink } from './sink.ts';

/** Time that points in the outbox get when the service stops; the others are sent after the next start. */
const FLUSH_MS = 1_500;

/** Readings, forecasts, anomalies and models to InfluxDB; what waits for it is in `folder`. */
export function influxSink(
  options: NonNullable<Configuration['influx']>,
  engine: Engine,
  folder: string,
  log: Logger,
  random: () => number,
): Sink {
  const { fanSeconds, leads, ...server } = options;
  const queue = openOutbox({ folder, clock: systemClock, log });
  const rejected = new RejectedFile({ path: join(folder, 'rejected.lp'), clock: systemClock, log });
  const database = createInfluxDatabase({ ...server, log, random });
  const writer = createInfluxWriter({
    ...server,
    clock: systemClock,
    log,
    random,
    queue,
    onDatabaseMissing: () => database.ensure(),
    onRejected: (lines) => rejected.keep(lines),
  });
  const points = new InfluxPoints({
    fanSeconds,
    leads,
    forecast: (row) => engine.forecast(row),
    quality: (row) => streamQuality(engine, row),
  });
  database.ensure();
  return {
    name: 'influx',
    demand: { forecast: (row) => points.demand(row, systemClock.now()), intervals: true },
    take: (outcomes) => writer.write(points.take(outcomes, systemClock.now())),
    tick: () => writer.write(points.tick(systemClock.now())),
    counters: () => {
      const state = writer.state();
      return {
        writtenTotal: state.written,
        rejectedTotal: state.rejected,
        rejectedNotKeptTotal: rejected.notKept,
        droppedTotal: state.dropped,
        damagedTotal: state.damaged,
        droppedLeadsTotal: points.droppedLeads,
        retriesTotal: state.retries,
        queuedPoints: state.queuedPoints,
        queuedBytes: state.queuedBytes,
        outboxBytes: queue.diskBytes,
      };
    },
    problem: () => {
      const { reachable, lastProblem } = writer.state();
      if (queue.problem !== null) return `the outbox cannot be written: ${queue.problem}`;
      return reachable === false ? `InfluxDB does not take points: ${lastProblem}` : null;
    },
    close: async () => {
      database.close();
      await writer.flush(FLUSH_MS);
      writer.close();
      await Promise.all([queue.close(), rejected.close()]);
    },
  };
}

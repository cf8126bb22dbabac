import { systemClock } from '../../adapters/clock/system-clock.ts';
import { createInfluxDatabase } from '../../adapters/influx/influx-database.ts';
import { createInfluxWriter } from '../../adapters/influx/influx-writer.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { Engine } from '../../engine/engine.ts';
import { streamQuality } from '../../engine/stream-quality.ts';
import { InfluxPoints } from '../../pipeline/influx-points.ts';
import type { Logger } from '../../pipeline/ports.ts';
import type { Sink } from './sink.ts';

/** Time that points in the queue get when the service stops. */
const FLUSH_MS = 1_500;

/** Readings, forecasts, anomalies and models to InfluxDB. */
export function influxSink(
  options: NonNullable<Configuration['influx']>,
  engine: Engine,
  log: Logger,
  random: () => number,
): Sink {
  const { fanSeconds, leads, ...server } = options;
  const database = createInfluxDatabase({ ...server, log, random });
  const writer = createInfluxWriter({
    ...server,
    clock: systemClock,
    log,
    random,
    onDatabaseMissing: () => database.ensure(),
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
      const { written, rejected, dropped, retries, queuedPoints, queuedBytes } = writer.state();
      return {
        writtenTotal: written,
        rejectedTotal: rejected,
        droppedTotal: dropped + points.droppedLeads,
        retriesTotal: retries,
        queuedPoints,
        queuedBytes,
      };
    },
    problem: () => {
      const { reachable, lastProblem } = writer.state();
      return reachable === false ? `InfluxDB does not take points: ${lastProblem}` : null;
    },
    close: async () => {
      database.close();
      await writer.flush(FLUSH_MS);
      await writer.close();
    },
  };
}

import { LineEncoder } from '../../src/adapters/influx/line-protocol.ts';
import { RecentLines } from '../../src/adapters/influx/recent-lines.ts';
import type { InfluxPoint } from '../../src/pipeline/influx-point.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

const runs = 15;
const rounds = 300;
const readingsPerRound = 100;
const horizon = 24;
const batchLimits = { batchPoints: 5_000, batchBytes: 1_000_000 };

/** What the points of a reading, and of a 24-step forecast with nine fields, cost as lines. */
export async function run(): Promise<BenchRow[]> {
  const readings = Array.from({ length: readingsPerRound }, (_, index) => reading(index));
  const tags = { stream: 'plant/line-7/device-123/temperature' };
  const fan = Array.from({ length: horizon }, (_, index) => target(index, tags));
  return [
    benchRow('influx-lines reading', 'µs/point', measure(readings, readingsPerRound)),
    benchRow('influx-lines fan of 24', 'µs/forecast', measure(fan, 1)),
  ];
}

/** Microseconds to encode and queue the points, divided by `units`; one number a run. */
function measure(points: readonly InfluxPoint[], units: number): number[] {
  const encoder = new LineEncoder();
  return Array.from({ length: runs }, () => {
    const queue = new RecentLines(batchLimits, { line: 0, byte: 0 });
    const start = performance.now();
    for (let round = 0; round < rounds; round++) queue.add(encoder.encode(points));
    return ((performance.now() - start) * 1_000) / rounds / units;
  });
}

function reading(index: number): InfluxPoint {
  const fields = {
    value: index / 10,
    expected: wave(index),
    lower80: wave(index + 1),
    upper80: wave(index + 2),
    lower95: wave(index + 3),
    upper95: wave(index + 4),
    score: wave(index + 5),
  };
  const tags = { stream: `plant/line-7/device-${index}/temperature`, site: 'plant' };
  return { measurement: 'inkling_reading', tags, fields, timeMs: 1_795_385_096_123 + index };
}

function target(index: number, tags: Readonly<Record<string, string>>): InfluxPoint {
  const fields = {
    median: wave(index),
    lower50: wave(index + 1),
    upper50: wave(index + 2),
    lower80: wave(index + 3),
    upper80: wave(index + 4),
    lower95: wave(index + 5),
    upper95: wave(index + 6),
    lead: 60 * (index + 1),
    issued: 1_795_385_096_123,
  };
  const timeMs = 1_795_385_096_123 + 60_000 * (index + 1);
  return { measurement: 'inkling_forecast', tags, fields, timeMs, digits: 7 };
}

/** A number with all digits a double has. */
function wave(index: number): number {
  return 20 + 5 * Math.sin(index);
}

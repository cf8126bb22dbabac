import type { StreamQuality } from '../engine/stream-quality.ts';
import type { InfluxField, InfluxPoint } from './influx-point.ts';

/** The point of a stream's quality. A coverage that is not configured is not measured, so it is left out. */
export function qualityPoint(
  { coverage, mae, mase, skill, late, rejected }: StreamQuality,
  tags: Readonly<Record<string, string>>,
  timeMs: number,
): InfluxPoint {
  const covered = (asked: number): InfluxField =>
    coverage.find(({ level }) => level === asked)?.coverage;
  return {
    measurement: 'inkling_quality',
    tags,
    fields: {
      coverage50: covered(0.5),
      coverage80: covered(0.8),
      coverage95: covered(0.95),
      mae,
      mase,
      skill,
      late,
      rejected,
    },
    timeMs,
  };
}

/** Goes round all rows in a given time, a few at each step, so that their points come evenly. */
export class RowRound {
  readonly #roundMs: number;
  /** The next row; fractions of a row are kept. */
  #position: number;
  #at: number | null;

  constructor(roundMs: number) {
    this.#roundMs = roundMs;
    this.#position = 0;
    this.#at = null;
  }

  /** The rows whose turn came since the call before; each at most once. The first call only starts the round. */
  advance(rows: number, now: number): number[] {
    const elapsed = Math.min(this.#roundMs, Math.max(0, now - (this.#at ?? now)));
    this.#at = now;
    if (rows === 0) return [];
    const until = this.#position + (rows * elapsed) / this.#roundMs;
    const turn: number[] = [];
    for (let row = Math.floor(this.#position); row < Math.floor(until); row++)
      turn.push(row % rows);
    this.#position = until % rows;
    return turn;
  }
}

import { cpus, loadavg } from 'node:os';

/** One measured figure. Every bench exports `run(): Promise<BenchRow[]>`. */
export interface BenchRow {
  /** What was measured, as in `mqtt-source qos 1`. */
  readonly name: string;
  /** The median of the runs. */
  readonly value: number;
  /** As in `µs/message`. */
  readonly unit: string;
  /** Lowest and highest run. */
  readonly spread: readonly [number, number];
  /** The machine's load average (1 min) when the measurement ended, divided by its cores. */
  readonly load: number;
}

/** Makes the row of several runs of one measurement; at least one. */
export function benchRow(name: string, unit: string, runs: readonly number[]): BenchRow {
  const sorted = [...runs].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const load = loadavg()[0]! / cpus().length;
  return { name, unit, value: median, spread: [sorted[0]!, sorted.at(-1)!], load };
}

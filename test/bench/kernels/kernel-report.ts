/** What the kernel bench hands on: the rows as JSON, and a table that holds them to the targets. */

import type { RoundSummary } from './interleaved-rounds.ts';
import { flopsOf, type Workload } from './workload.ts';

/** The engines, in the order in which they are shown. */
export const ENGINES = [
  'inkling',
  'plain',
  'tfjs-wasm',
  'brainjs',
  'onnxruntime',
  'pytorch',
] as const;
export type EngineName = (typeof ENGINES)[number];

export interface KernelRow {
  readonly workload: Workload['kind'];
  readonly streams: number;
  readonly hidden: number;
  readonly layers: number;
  readonly engine: EngineName;
  /** The median of one iteration, for the whole batch. */
  readonly us: number;
  /** Lowest and highest round. */
  readonly spread: readonly [number, number];
  readonly gflops: number;
  /** Of the measured SIMD128 peak; 1 at most, though wider vectors may do more. */
  readonly share: number;
}

export function kernelRow(
  workload: Workload,
  engine: EngineName,
  { median, spread }: RoundSummary,
  peakGflops: number,
): KernelRow {
  const { kind, ...shape } = workload;
  const gflops = flopsOf(workload) / median / 1e3;
  const share = Math.min(1, gflops / peakGflops);
  return { workload: kind, ...shape, engine, us: median, spread, gflops, share };
}

/** What inkling should reach at hidden 64 and one layer: × a peer, or a share of the peak. */
type Targets = Readonly<Record<string, Partial<Record<EngineName, number>>>>;

const TARGETS: Targets = {
  'infer 1': { 'tfjs-wasm': 35, brainjs: 30, pytorch: 8, onnxruntime: 7 },
  'infer 32': { 'tfjs-wasm': 7, pytorch: 1.4, onnxruntime: 1.15, inkling: 0.6 },
  'infer 1024': { 'tfjs-wasm': 3, pytorch: 0.9, onnxruntime: 0.65, inkling: 0.6 },
  'infer 16384': { pytorch: 1.3, onnxruntime: 0.8 },
  'train 64': { 'tfjs-wasm': 25, pytorch: 1.2, inkling: 0.62 },
};
const RELAXED_TARGETS: Targets = {
  'infer 1024': { pytorch: 1, inkling: 0.7 },
  'train 64': { pytorch: 1.5 },
};

/** The table; `variant` says which targets hold. */
export function kernelTable(rows: readonly KernelRow[], variant: string): string {
  const table = [['workload', 'engine', 'µs', 'spread', 'GFLOPS', 'share', 'inkling is', 'target']];
  for (const row of rows) {
    const own = rows.find((other) => other.engine === 'inkling' && sameWorkload(row, other));
    const ratio = own === undefined || own === row ? null : row.us / own.us;
    const target = targetOf(row, variant);
    table.push([
      `${row.workload} ${row.streams} × ${row.hidden} × ${row.layers}`,
      row.engine,
      digits(row.us),
      `${digits(row.spread[0])} … ${digits(row.spread[1])}`,
      row.gflops.toFixed(2),
      percent(row.share),
      ratio === null ? '' : `${ratio.toPrecision(3)} × as fast`,
      target === null ? '' : verdict(row, ratio, target),
    ]);
  }
  return aligned(table);
}

function sameWorkload(one: KernelRow, other: KernelRow): boolean {
  return (['workload', 'streams', 'hidden', 'layers'] as const).every(
    (key) => one[key] === other[key],
  );
}

function targetOf(row: KernelRow, variant: string): number | null {
  if (row.hidden !== 64 || row.layers !== 1) return null;
  const key = `${row.workload} ${row.streams}`;
  const relaxed = variant.includes('relaxed') ? RELAXED_TARGETS[key]?.[row.engine] : undefined;
  return relaxed ?? TARGETS[key]?.[row.engine] ?? null;
}

function verdict(row: KernelRow, ratio: number | null, target: number): string {
  if (row.engine === 'inkling') {
    return `≥ ${percent(target)} ${row.share >= target ? 'reached' : 'MISSED'}`;
  }
  return ratio === null ? '' : `≥ ${target} ${ratio >= target ? 'reached' : 'MISSED'}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function digits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** Numbers to the right, words to the left. */
function aligned(table: readonly (readonly string[])[]): string {
  const right = new Set([2, 4, 5]);
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

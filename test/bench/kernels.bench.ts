import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchReport } from './bench-report.ts';
import { chooseCore, EngineProcess } from './kernels/engine-process.ts';
import { ensurePeers } from './kernels/ensure-peers.ts';
import { type Cell, measureInRounds, summaryOf } from './kernels/interleaved-rounds.ts';
import {
  ENGINES,
  type EngineName,
  type KernelRow,
  kernelRow,
  kernelTable,
} from './kernels/kernel-report.ts';
import { PEAK_FLOPS_PER_TURN } from './kernels/peak-module.ts';
import { disagreement, referenceOutcome } from './kernels/reference-outcome.ts';
import { PEAK } from './kernels/worker-protocol.ts';
import { WORKLOADS, type Workload, workloadId } from './kernels/workload.ts';
import { drawWorkload, splitWorkload } from './kernels/workload-data.ts';

/**
 * The recurrent kernels against peers. Every engine is a process of its own, all on one core, one
 * at work at a time; each is first held to the readable cells' results, with the same weights.
 * Then come rounds in which all have a turn, and among them the machine's peak. The main shape has
 * more rounds; the others are left out where time is short.
 */

const MAIN_ROUNDS = 11;
const OTHER_ROUNDS = 7;
/** tfjs needs thousands of small steps until its JavaScript is compiled; the others need less. */
const MAIN_WARM_MILLISECONDS = 2_000;
const OTHER_WARM_MILLISECONDS = 700;
const CHECKED_ITERATIONS = 3;
/** From the start to the end of the last round; what an installation took is granted on top. */
const BUDGET_MILLISECONDS = 450_000;
/** Enough for the rounds of one more shape. */
const SHAPE_MILLISECONDS = 75_000;

interface EngineCell extends Cell {
  readonly engine: EngineProcess;
  readonly workload: string;
}

export async function run(): Promise<BenchReport> {
  const load = loadavg()[0]!;
  const missing = ensurePeers(say);
  const deadline = performance.now() + BUDGET_MILLISECONDS;
  const folder = mkdtempSync(join(tmpdir(), 'inkling-kernels-'));
  const problems: string[] = [];
  const engines: EngineProcess[] = [];
  try {
    const core = chooseCore();
    say(core === null ? 'Not bound to a core: no taskset here.' : `All engines on core ${core}.`);
    for (const name of ENGINES) {
      const reason = missing.get(name);
      if (reason !== undefined) say(`Without ${name}: ${reason}`);
      else await startEngine(name, folder, core, engines, problems);
    }
    const { rows, peakGflops } = await measureAll(engines, folder, deadline, problems);
    const variant = engines.find(({ name }) => name === 'inkling')?.description ?? 'none';
    const cpu = cpus()[0]?.model ?? 'unknown';
    const runtime = { node: process.version, variant, cpu, load, peakGflops };
    const text = [
      kernelTable(rows, variant),
      `Peak of SIMD128: ${peakGflops.toFixed(1)} GFLOPS. Variant: ${variant}. ${cpu}.`,
      `Load before ${load.toFixed(2)}, after ${loadavg()[0]!.toFixed(2)}, ours included.`,
    ].join('\n');
    return { text, document: { runtime, rows }, problems };
  } finally {
    for (const engine of engines) await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startEngine(
  name: EngineName,
  folder: string,
  core: number | null,
  engines: EngineProcess[],
  problems: string[],
): Promise<void> {
  try {
    const engine = await EngineProcess.start(name, folder, core);
    engines.push(engine);
    say(`${name}: ${engine.description}`);
  } catch (error) {
    problems.push((error as Error).message);
  }
}

/** Shape after shape, as long as there is time. */
async function measureAll(
  engines: readonly EngineProcess[],
  folder: string,
  deadline: number,
  problems: string[],
): Promise<{ rows: KernelRow[]; peakGflops: number }> {
  const figures = new Map<EngineCell, number[]>();
  const peaks: number[] = [];
  for (const [i, workloads] of WORKLOADS.entries()) {
    const { hidden, layers } = workloads[0]!;
    if (i > 0 && performance.now() + SHAPE_MILLISECONDS > deadline) {
      say(`No time for hidden ${hidden} with ${layers} layer(s).`);
      continue;
    }
    say(`Measuring hidden ${hidden} with ${layers} layer(s) …`);
    const cells = await checkedCells(engines, workloads, folder, problems);
    const options = {
      rounds: i === 0 ? MAIN_ROUNDS : OTHER_ROUNDS,
      minimumRounds: OTHER_ROUNDS,
      warmMilliseconds: i === 0 ? MAIN_WARM_MILLISECONDS : OTHER_WARM_MILLISECONDS,
      deadline,
      now: () => performance.now(),
    };
    const measured = await measureInRounds(cells, options, ({ engine, workload }, reason) => {
      problems.push(`${engine.name} failed at ${workload}: ${(reason as Error).message}`);
    });
    for (const [cell, micros] of measured) {
      if (cell.workload === PEAK) peaks.push(...micros);
      else figures.set(cell, micros);
      await cell.engine.request({ verb: 'forget', workload: cell.workload, counts: [] });
    }
  }
  const peakGflops = PEAK_FLOPS_PER_TURN / summaryOf(peaks).median / 1e3;
  return { rows: rowsOf(figures, peakGflops), peakGflops };
}

function rowsOf(figures: Map<EngineCell, number[]>, peakGflops: number): KernelRow[] {
  const rows: KernelRow[] = [];
  for (const workload of WORKLOADS.flat()) {
    for (const [cell, micros] of figures) {
      if (cell.workload !== workloadId(workload)) continue;
      rows.push(kernelRow(workload, cell.engine.name as EngineName, summaryOf(micros), peakGflops));
    }
  }
  return rows;
}

/** The cells of a shape whose engines come to the readable cells' results. */
async function checkedCells(
  engines: readonly EngineProcess[],
  workloads: readonly Workload[],
  folder: string,
  problems: string[],
): Promise<EngineCell[]> {
  const cells: EngineCell[] = [];
  for (const workload of workloads) {
    const id = workloadId(workload);
    const flat = drawWorkload(workload);
    writeFileSync(join(folder, id), flat);
    const data = splitWorkload(workload, flat);
    const reference = await referenceOutcome(workload, data, CHECKED_ITERATIONS);
    for (const engine of engines.filter(({ name }) => takesPart(name as EngineName, workload))) {
      try {
        const counts = [CHECKED_ITERATIONS];
        const outcomes = await engine.request({ verb: 'check', workload: id, counts });
        const difference = disagreement(outcomes, reference);
        if (difference !== null) throw new Error(difference);
        cells.push(cellOf(engine, id));
      } catch (error) {
        problems.push(`${engine.name} does not do ${id}: ${(error as Error).message}`);
      }
    }
    // Beside each workload, since the machine may have been slower during another.
    const [first] = engines;
    if (first !== undefined && isMain(workload)) cells.push(cellOf(first, PEAK));
  }
  return cells;
}

/** Which engines can do a workload in a time that leaves some for the others. */
function takesPart(engine: EngineName, workload: Workload): boolean {
  const { kind, streams } = workload;
  const main = isMain(workload);
  switch (engine) {
    case 'brainjs':
      return main && (kind === 'train' || streams === 1);
    case 'onnxruntime':
      return kind === 'infer';
    case 'plain':
      return main || (kind === 'infer' && streams <= 32);
    case 'tfjs-wasm':
      return main || (kind === 'infer' && streams <= 1024);
    default:
      return true;
  }
}

function isMain({ hidden, layers }: Workload): boolean {
  return hidden === 64 && layers === 1;
}

function cellOf(engine: EngineProcess, workload: string): EngineCell {
  return {
    engine,
    workload,
    measure: (blocks, iterations) =>
      engine.request({ verb: 'run', workload, counts: [blocks, iterations] }),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

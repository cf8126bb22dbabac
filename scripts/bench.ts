/**
 * `npm run bench [-- NAME…] [--json FILE]`: runs test/bench/<name>.bench.ts, all of them without a
 * name, and prints their medians and spreads. Each bench runs in a process of its own, so that what
 * one leaves behind (heap, compiled code) does not colour the next. A bench with a report of its
 * own (`kernels`) is printed in its own words; its document is the JSON file when it runs alone,
 * and a property of the file, under its name, when others run too.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchReport } from '../test/bench/bench-report.ts';
import type { BenchRow } from '../test/bench/bench-row.ts';

const folder = join(import.meta.dirname, '../test/bench');
const ending = '.bench.ts';
const usageExit = 64;

type BenchResult = BenchRow[] | BenchReport;

interface Request {
  readonly names: string[];
  readonly json: string | null;
}

function readRequest(parameters: string[]): Request | null {
  const available = readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
  try {
    const { positionals, values } = parseArgs({
      args: parameters,
      allowPositionals: true,
      options: { json: { type: 'string' } },
    });
    const unknown = positionals.filter((name) => !available.includes(name));
    if (unknown.length > 0) throw new Error(`There is no bench named ${unknown.join(', ')}.`);
    const names = positionals.length > 0 ? positionals : available;
    return { names, json: values.json ?? null };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.stderr.write(`Usage: npm run bench -- [${available.join('|')}]… [--json FILE]\n`);
    return null;
  }
}

/** What the figures depend on beside the code. */
function describeRuntime() {
  const cores = cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    load: loadavg(),
  };
}

async function runBench(name: string): Promise<BenchResult> {
  const child = fork(import.meta.filename, [], {
    env: { ...process.env, INKLING_BENCH: name },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let result: BenchResult | null = null;
  child.on('message', (message) => {
    result = message as BenchResult;
  });
  const [code] = await once(child, 'exit');
  if (code !== 0 || result === null) throw new Error(`The bench ${name} failed.`);
  return result;
}

function printTable(rows: readonly BenchRow[]): void {
  const lines = rows.map((row) => [
    row.name,
    digits(row.value),
    row.unit,
    `${digits(row.spread[0])} … ${digits(row.spread[1])}`,
    row.load.toFixed(2),
  ]);
  const table = [['bench', 'median', 'unit', 'spread', 'load'], ...lines];
  const widths = table[0]!.map((_, column) =>
    Math.max(...table.map((line) => line[column]!.length)),
  );
  for (const line of table) {
    const cells = line.map((cell, column) =>
      column === 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

function digits(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

async function main(parameters: string[]): Promise<number> {
  const request = readRequest(parameters);
  if (request === null) return usageExit;
  const runtime = describeRuntime();
  const rows: BenchRow[] = [];
  const reports = new Map<string, BenchReport>();
  const problems: string[] = [];
  for (const name of request.names) {
    process.stderr.write(`Running ${name} …\n`);
    try {
      const result = await runBench(name);
      if (Array.isArray(result)) rows.push(...result);
      else reports.set(name, result);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (rows.length > 0) printTable(rows);
  for (const report of reports.values()) {
    process.stdout.write(`${report.text}\n`);
    problems.push(...report.problems);
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  const [only] = request.names;
  const alone = request.names.length === 1 ? reports.get(only!) : undefined;
  if (request.json !== null) {
    const documents = [...reports].map(([name, { document }]) => [name, document]);
    const all = { runtime, rows, ...Object.fromEntries(documents) };
    writeFileSync(request.json, `${JSON.stringify(alone?.document ?? all, null, 2)}\n`);
  }
  return problems.length === 0 ? 0 : 1;
}

/** The child's side: runs one bench and hands its rows to the parent. */
async function serve(name: string): Promise<void> {
  const bench = (await import(join(folder, `${name}${ending}`))) as {
    run(): Promise<BenchResult>;
  };
  process.send!(await bench.run(), () => process.exit(0));
}

const served = process.env['INKLING_BENCH'];
if (served !== undefined && process.send) await serve(served);
else process.exitCode = await main(process.argv.slice(2));

/**
 * `npm run bench [-- NAME…] [--json FILE]`: runs test/bench/<name>.bench.ts, all of them without a
 * name, and prints their medians and spreads. Each bench runs in a process of its own, so that what
 * one leaves behind (heap, compiled code) does not colour the next.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow } from '../test/bench/bench-row.ts';

const folder = join(import.meta.dirname, '../test/bench');
const ending = '.bench.ts';
const usageExit = 64;

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

async function runBench(name: string): Promise<BenchRow[]> {
  const child = fork(import.meta.filename, [], {
    env: { ...process.env, INKLING_BENCH: name },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let rows: BenchRow[] | null = null;
  child.on('message', (message) => {
    rows = message as BenchRow[];
  });
  const [code] = await once(child, 'exit');
  if (code !== 0 || rows === null) throw new Error(`The bench ${name} failed.`);
  return rows;
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
  let failures = 0;
  for (const name of request.names) {
    process.stderr.write(`Running ${name} …\n`);
    try {
      rows.push(...(await runBench(name)));
    } catch (error) {
      failures++;
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }
  printTable(rows);
  if (request.json !== null) {
    writeFileSync(request.json, `${JSON.stringify({ runtime, rows }, null, 2)}\n`);
  }
  return failures === 0 ? 0 : 1;
}

/** The child's side: runs one bench and hands its rows to the parent. */
async function serve(name: string): Promise<void> {
  const bench = (await import(join(folder, `${name}${ending}`))) as {
    run(): Promise<BenchRow[]>;
  };
  process.send!(await bench.run(), () => process.exit(0));
}

const served = process.env['INKLING_BENCH'];
if (served !== undefined && process.send) await serve(served);
else process.exitCode = await main(process.argv.slice(2));

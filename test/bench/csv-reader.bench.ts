import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCsv } from '../../src/evaluation/csv/csv-reader.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

const rowsTotal = 600_000;
const rowsPerPiece = 10_000;
const runs = 5;

/** Megabytes of CSV read each second: a time and seven values of 4 to 17 digits a row. */
export async function run(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const path = join(folder, 'plant.csv');
  const rates: number[] = [];
  try {
    await write(path);
    for (let index = 0; index < runs; index++) {
      const file = await readCsv(path);
      const start = performance.now();
      let rows = 0;
      for await (const batch of file.batches()) rows += batch.rows.length;
      rates.push(file.sizeBytes / 1e3 / (performance.now() - start));
      if (rows !== rowsTotal) throw new Error(`Expected ${rowsTotal} rows, got ${rows}.`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [benchRow('csv-reader', 'MB/s', rates)];
}

async function write(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile('date,a,b,c,d,e,f,g\n');
    for (let row = 0; row < rowsTotal; row += rowsPerPiece) {
      await file.writeFile(Array.from({ length: rowsPerPiece }, (_, i) => line(row + i)).join(''));
    }
  } finally {
    await file.close();
  }
}

function line(row: number): string {
  const time = new Date(Date.UTC(2016, 6, 1) + row * 60_000).toISOString().slice(0, 19);
  const wave = Math.sin(row / 100) * 20;
  const short = [wave, wave / 3, wave * 7].map((value) => value.toFixed(2));
  return `${time.replace('T', ' ')},${short.join()},${wave},${wave / 3},${row},${row / 8}\n`;
}

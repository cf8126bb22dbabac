import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '../../src/adapters/snapshot/snapshot-store.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

const sizeBytes = 200_000_000;
const pieceBytes = 4_000_000;
const runs = 5;
const log = { info() {}, warn() {}, error() {} };

/** Seconds to bring 200 MB to the disk, synced, and to read them back. */
export async function run(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const store = new SnapshotStore(folder, log);
  const written: number[] = [];
  const read: number[] = [];
  try {
    for (let index = 1; index <= runs; index++) {
      written.push(await seconds(() => store.write(index, pieces())));
      read.push(
        await seconds(async () => {
          const { snapshot } = await store.read((bytes) => bytes.byteLength);
          if (snapshot?.value !== sizeBytes) throw new Error('The snapshot came back incomplete.');
        }),
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [
    benchRow('snapshot-store write 200 MB', 's', written),
    benchRow('snapshot-store read 200 MB', 's', read),
  ];
}

function* pieces(): Iterable<Uint8Array> {
  const piece = new Uint8Array(pieceBytes).fill(7);
  for (let sent = 0; sent < sizeBytes; sent += pieceBytes) yield piece;
}

async function seconds(action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

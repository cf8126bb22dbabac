import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from '../../src/adapters/data-folder/data-folder.ts';
import { SegmentJournal } from '../../src/adapters/journal/segment-journal.ts';
import { openSyncedFolder } from '../../src/adapters/journal/synced-folder.ts';
import { WeightsFiles } from '../../src/adapters/journal/weights-files.ts';
import { SnapshotStore } from '../../src/adapters/snapshot/snapshot-store.ts';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { engineOptionsOf } from '../../src/commands/engine-options-of.ts';
import { defaultConfiguration } from '../../src/config/read-configuration.ts';
import { Engine } from '../../src/engine/engine.ts';
import { EngineDirectory } from '../../src/engine/engine-directory.ts';
import { snapshotEngine } from '../../src/engine/engine-snapshot.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/engine/snapshot-format.ts';

const log = { info() {}, warn() {}, error() {} };
const begin = Date.UTC(2026, 0, 1);
let root: string;
let folder: DataFolder;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'inkling-inspect-'));
  folder = await openDataFolder({ dir: join(root, 'data'), version: '0.1.0', now: begin });
});
afterEach(async () => {
  await folder.release();
  rmSync(root, { recursive: true });
});

async function inspect(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const exit = await runCommandLine(['inspect', ...argv], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    environment: {},
    workingDirectory: root,
    loadStart: () => Promise.reject(new Error('not asked for')),
  });
  return { exit, stdout, stderr };
}

/** An engine that has seen two streams, and a third come and go. */
function livedEngine(steps: number): Engine {
  const engine = new Engine(engineOptionsOf(defaultConfiguration(), 1));
  for (let step = 0; step < steps; step++) {
    const t = begin + step * 60_000;
    const readings = ['gone', 'plant/a', 'plant/b'].map((stream, index) => {
      const value = step % 7 === 6 ? null : index + Math.sin(step / 5);
      const unit = index === 1 ? 'bar' : null;
      return { stream, time: t, value, unit, retained: false, labels: null };
    });
    engine.apply({ kind: 'readings', arrivedAt: t, readings });
  }
  engine.apply({ kind: 'remove', stream: 'gone', reason: 'deleted' });
  return engine;
}

async function keep(engine: Engine): Promise<void> {
  const store = new SnapshotStore(folder.path('snapshots'), log);
  const extras = new Map([['training', new Uint8Array(2_000)]]);
  await store.write(engine.position, snapshotEngine(engine, extras));
}

describe('inkling inspect', () => {
  it('shows a folder without a snapshot, and who uses it', async () => {
    const { exit, stdout, stderr } = await inspect();
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('format 1, made 2026-01-01T00:00:00.000Z by Inkling 0.1.0');
    expect(stdout).toContain(`in use by process ${process.pid}`);
    expect(stdout).toContain('No snapshot was written yet.');
    await folder.release();
    expect((await inspect('data')).stdout).toContain('not in use');
  });

  it('shows the newest snapshot with its streams and model groups', async () => {
    await keep(livedEngine(50));
    await keep(livedEngine(100));
    const { exit, stdout } = await inspect();
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ +101 .* whole$/m);
    expect(stdout).toMatch(/^ +51 .* older$/m);
    expect(stdout).toMatch(/^shared@0 +lstm +64 +1 +24 +2 +– .* \S+$/m);
    expect(stdout).toContain('2 streams at position 101, 2.00 kB of training state');
    expect(stdout).toContain('  plant/a\n  plant/b\n');
    expect(stdout).not.toContain('gone');
  });

  it('says of a stream what the engine said', async () => {
    const engine = livedEngine(100);
    await keep(engine);
    const directory = new EngineDirectory(engine);
    const { stream } = JSON.parse((await inspect('--json', '--stream', 'plant/a')).stdout);
    const { score: _, ...summary } = directory.summary('plant/a')!;
    expect(stream).toMatchObject(summary);
    const all = Number.POSITIVE_INFINITY;
    expect(stream.history).toEqual(directory.history('plant/a', -all, all, 12));
    expect(stream.steps).toBe(directory.state('plant/a')!.steps);
    expect(stream.levels).toEqual(
      directory.forecast('plant/a')!.levels.map(({ level, coverage }) => ({ level, coverage })),
    );
  });

  it('refuses a snapshot that lacks a part as unreadable data', async () => {
    const { meta, sections } = decodeSnapshot(
      new Uint8Array(Buffer.concat(snapshotEngine(livedEngine(10)))),
    );
    const others = [...sections].filter(([name]) => name !== 'stream/cadence');
    const chunks = encodeSnapshot(
      meta,
      others.map(([name, data]) => ({ name, data })),
    );
    await new SnapshotStore(folder.path('snapshots'), log).write(11, chunks);
    const { exit, stderr } = await inspect('data', '--stream', 'plant/a');
    expect(exit).toBe(65);
    expect(stderr).toContain('section "stream/cadence"');
    expect(stderr.trim()).toMatch(/\(ERR_SNAPSHOT_CORRUPT\)$/);
  });

  it('shows a stream in words', async () => {
    await keep(livedEngine(100));
    const { stdout } = await inspect('data', '--stream', 'plant/a');
    expect(stdout).toMatch(/^Stream plant\/a\n {2}state +warming\n/);
    expect(stdout).toContain('cadence       1 min');
    expect(stdout).toMatch(/last reading +\S+ bar at 2026-01-01T01:39:00\.000Z/);
    expect(stdout).toMatch(/^2026-01-01T01:37:00\.000Z {2}missing$/m);
  });

  it('prints everything for machines', async () => {
    await keep(livedEngine(10));
    const report = JSON.parse((await inspect('--json')).stdout);
    expect(report).toMatchObject({
      holder: process.pid,
      rooms: [{ name: 'snapshots', files: 1 }],
      snapshots: [{ position: 11, isSetAside: false, problem: null }],
      newest: { position: 11, streams: 2, groups: [{ name: 'shared', streams: 2 }] },
      streams: ['plant/a', 'plant/b'],
      stream: null,
    });
  });

  it('changes nothing, and takes an older snapshot when the newest is damaged', async () => {
    await keep(livedEngine(10));
    await keep(livedEngine(20));
    const newest = folder.path('snapshots', '0000000000000021.snapshot');
    const bytes = readFileSync(newest);
    bytes[bytes.length - 1000]! ^= 1;
    writeFileSync(newest, bytes);
    const before = readdirSync(root, { recursive: true });
    const { exit, stdout } = await inspect();
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ +21 .* Expected a whole snapshot, but section .* is damaged\.$/m);
    expect(stdout).toContain('2 streams at position 11');
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  it('ends with 65 when no snapshot can be read, or it is no data folder of this version', async () => {
    mkdirSync(folder.path('snapshots'));
    writeFileSync(folder.path('snapshots', '0000000000000021.snapshot'), 'nothing');
    const { exit, stdout, stderr } = await inspect();
    expect({ exit, stdout }).toEqual({ exit: 65, stdout: '' });
    expect(stderr).toMatch(/^inkling: none of the snapshots in .* \(ERR_DATA_UNREADABLE\)\n$/);
    writeFileSync(folder.path('format.json'), '{"format":99,"version":"9.0.0"}');
    expect((await inspect()).exit).toBe(65);
    mkdirSync(join(root, 'other'));
    expect((await inspect('other')).stderr).toMatch(/has no format\.json \(ERR_DATA_UNREADABLE\)/);
    writeFileSync(join(root, 'file'), '');
    expect((await inspect('file')).exit).toBe(65);
  });

  it('ends with 66 when there is no such folder or stream', async () => {
    expect(await inspect('absent')).toEqual({
      exit: 66,
      stdout: '',
      stderr: `inkling: there is no data folder "${join(root, 'absent')}" (ERR_DATA_MISSING)\n`,
    });
    expect((await inspect('--stream', 'plant/a')).exit).toBe(66);
    await keep(livedEngine(10));
    expect(await inspect('--stream', 'plant/x')).toEqual({
      exit: 66,
      stdout: '',
      stderr:
        'inkling: the newest snapshot has no stream "plant/x", ' +
        'did you mean "plant/a"? (ERR_DATA_MISSING)\n',
    });
  });

  it('lists the segments of the journal, and those that were set aside', async () => {
    await keep(livedEngine(10));
    const segments = folder.path('journal');
    const journal = new SegmentJournal({
      folder: await openSyncedFolder(segments),
      weights: new WeightsFiles(await openSyncedFolder(folder.path('weights'))),
      position: 11,
      variant: 'readable',
      clock: { now: () => begin },
      log,
    });
    await journal.append({ kind: 'tick', at: begin });
    await journal.close();
    writeFileSync(join(segments, '0000000000000003.journal.corrupt'), 'damaged');
    const { exit, stdout } = await inspect();
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ *12 +2026-01-01T00:00:00.000Z .* in place$/m);
    expect(stdout).toMatch(/^ *3 +unknown .* set aside: 0000000000000003\.journal\.corrupt$/m);
    const report = JSON.parse((await inspect('--json')).stdout);
    expect(report.journal.map(({ first }: { first: number }) => first)).toEqual([3, 12]);
  });
});

import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  StateKeeper,
  type StateKeeperOptions,
} from '../../../src/commands/service/state-keeper.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { EngineEvent } from '../../../src/engine/event.ts';
import {
  MINUTE,
  reading,
  readings,
  START,
  smallEngine,
  someWeights,
  stateBytes,
} from '../../engine/engine-under-test.ts';

let dir: string;
let lines: string[];
let opened: StateKeeper[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'inkling-state-'));
  lines = [];
  opened = [];
});
afterEach(async () => {
  for (const { journal } of opened) await journal.close();
  await rm(dir, { recursive: true, force: true });
});

async function open(engine: Engine, options: Partial<StateKeeperOptions>): Promise<StateKeeper> {
  const tell = (_: object, text: string) => lines.push(text);
  const keeper = await StateKeeper.open({
    engine,
    path: (room) => join(dir, room),
    retainMs: null,
    retainBytes: 1e9,
    log: { info: tell, warn: tell, error: tell },
    clock: { now: () => START },
    ...options,
  });
  opened.push(keeper);
  return keeper;
}

const training = () => Promise.resolve(Uint8Array.of(1, 2, 3));
const snapshots = () => readdir(join(dir, 'snapshots')).catch(() => []);

/** The n-th event: two streams, new weights at the tenth, the clock at each seventh. */
function eventOf(n: number, engine: Engine): EngineEvent {
  if (n % 7 === 6) return { kind: 'tick', at: START + n * MINUTE };
  if (n === 10) {
    const weights = someWeights(engine);
    const rest = { version: 1, digest: '', reason: 'published', loss: 1, seconds: 2 } as const;
    return { kind: 'weights', group: engine.membership.groups[0]!.name, weights, ...rest };
  }
  const t = START + n * MINUTE;
  return readings(reading('a', t, Math.sin(n)), reading('b', t, n));
}

async function fold(keeper: StateKeeper, engine: Engine, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const event = eventOf(engine.position, engine);
    const durable = keeper.journal.append(event);
    engine.apply(event);
    await durable;
  }
}

/** What an unbroken run has after so many events. */
function unbroken(count: number): Uint8Array {
  const engine = smallEngine();
  for (let i = 0; i < count; i++) engine.apply(eventOf(engine.position, engine));
  return stateBytes(engine);
}

/** What a start brings back; nothing is closed, as with a process that is killed. */
async function restarted(options: Partial<StateKeeperOptions> = {}) {
  const engine = smallEngine();
  const keeper = await open(engine, options);
  return { engine, keeper };
}

describe('StateKeeper', () => {
  it('brings back the state of an unbroken run, from the journal alone or on top of a snapshot', async () => {
    let { engine, keeper } = await restarted();
    for (const life of [1, 2, 3, 4]) {
      await fold(keeper, engine, 8);
      if (life % 2 === 0) await keeper.keep(training);
      await fold(keeper, engine, 5);
      ({ engine, keeper } = await restarted());
      expect(engine.position).toBe(13 * life);
      expect(Buffer.compare(stateBytes(engine), unbroken(13 * life))).toBe(0);
      expect(keeper.training).toEqual(life === 1 ? null : Uint8Array.of(1, 2, 3));
    }
  });

  it('needs no snapshot that can be read, as long as the journal is whole', async () => {
    const { engine, keeper } = await restarted();
    await fold(keeper, engine, 12);
    await keeper.keep(training);
    await fold(keeper, engine, 3);
    await keeper.close(training);
    for (const name of await snapshots()) await truncate(join(dir, 'snapshots', name), 50);
    const again = await restarted();
    expect(Buffer.compare(stateBytes(again.engine), unbroken(15))).toBe(0);
  });

  it('learns anew from what the journal has when its beginning and all snapshots are gone', async () => {
    const { engine, keeper } = await restarted();
    await fold(keeper, engine, 9);
    await keeper.close(training);
    const second = await restarted();
    await fold(second.keeper, second.engine, 20);
    const [first] = (await readdir(join(dir, 'journal'))).sort();
    await rm(join(dir, 'journal', first!));
    await rm(join(dir, 'snapshots'), { recursive: true });
    const { engine: anew } = await restarted();
    expect(anew.position).toBe(29);
    expect(anew.table.ids()).toEqual(['a', 'b']);
    expect(lines).toContain('There is no snapshot; the state is learnt anew from the journal.');
  });

  it('says with a code that the system does not let it read', async () => {
    await writeFile(join(dir, 'journal'), 'a file is in the way');
    await expect(restarted()).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: expect.stringContaining('EEXIST'),
    });
  });

  it('writes one snapshot at a time, and none when only the clock went on', async () => {
    const { engine, keeper } = await restarted();
    await fold(keeper, engine, 5);
    await Promise.all([keeper.keep(training), keeper.keep(training)]);
    expect(await snapshots()).toEqual(['0000000000000005.snapshot']);
    await keeper.keep(training);
    const tick = { kind: 'tick', at: START + 9 * MINUTE } as const;
    engine.apply(tick);
    await keeper.journal.append(tick);
    await keeper.keep(training);
    expect(await snapshots()).toHaveLength(1);
    await fold(keeper, engine, 2);
    await keeper.keep(training);
    expect(await snapshots()).toHaveLength(2);
  });

  it('writes no snapshot of what the journal does not have', async () => {
    const { engine, keeper } = await restarted();
    await fold(keeper, engine, 3);
    // Folded, and never journalled: as if the disk had failed.
    engine.apply(eventOf(engine.position, engine));
    const kept = keeper.keep(training);
    await keeper.journal.close();
    await kept;
    expect(await snapshots()).toEqual([]);
    expect(lines).toContain('The state could not be kept.');
  });

  it('keeps the journal back to the older of two snapshots, and no further than it is told', async () => {
    let { engine, keeper } = await restarted({ retainBytes: 1 });
    for (let life = 0; life < 4; life++) {
      await fold(keeper, engine, 5);
      await keeper.close(training);
      ({ engine, keeper } = await restarted({ retainBytes: 1 }));
    }
    const names = await readdir(join(dir, 'journal'));
    expect(names.sort()).toEqual(['0000000000000016.journal']);
    const [older, newer] = (await snapshots()).sort();
    await truncate(join(dir, 'snapshots', newer!), 50);
    expect(older).toBe('0000000000000015.snapshot');
    const again = await restarted();
    expect(Buffer.compare(stateBytes(again.engine), unbroken(20))).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { AudienceIndex } from '../../../src/adapters/websocket/audience-index.ts';
import type { ItemKind } from '../../../src/protocol/items.ts';
import { compileGlob } from '../../../src/stream/glob.ts';

/** Streams by id and row, and turns of the event loop that happen when asked for. */
function createIndex(ids: readonly string[], lingering = 2) {
  const rows = new Map(ids.map((id, row) => [id, row]));
  const turns: (() => void)[] = [];
  const index = new AudienceIndex({
    directory: { ids: () => [...rows.keys()].sort(), row: (id) => rows.get(id) ?? null },
    offset: () => 42,
    lingerMs: 1000,
    lingering,
    defer: (work) => turns.push(work),
  });
  const acquire = (glob: string, kinds: ItemKind[], ready = () => {}) =>
    index.acquire(
      { key: `${glob} ${kinds}`, kinds: new Set(kinds), matches: compileGlob(glob) },
      ready,
    );
  const create = (id: string, row: number) => {
    rows.set(id, row);
    index.created(id, row);
  };
  const remove = (id: string) => {
    rows.delete(id);
    index.removed(id);
  };
  return { index, turns, acquire, create, remove };
}

const nobody = () => {};

describe('AudienceIndex', () => {
  it('routes rows to the audiences whose globs match, and tells what forecasts are wanted', () => {
    const { index, acquire } = createIndex(['a/1', 'a/2', 'b/1']);
    const readings = acquire('a/*', ['reading']);
    const forecasts = acquire('**/1', ['forecast']);
    expect([0, 1, 2].map((row) => index.route(row))).toEqual([
      [readings, forecasts],
      [readings],
      [forecasts],
    ]);
    expect([0, 1, 2].map((row) => index.wants(row))).toEqual([true, false, true]);
    expect([readings.count, forecasts.count, index.pairs]).toEqual([2, 2, 4]);
  });

  it('makes one audience of equal subscriptions and forgets it some time after the last left', () => {
    const { index, acquire } = createIndex(['a']);
    const audience = acquire('a', ['forecast'], nobody);
    expect(acquire('a', ['forecast'], nobody)).toBe(audience);
    index.release(audience, nobody, 0);
    index.sweep(5000);
    expect(index.wants(0)).toBe(true);
    index.release(audience, nobody, 5000);
    index.sweep(5999);
    expect([index.wants(0), index.size]).toEqual([true, 1]);
    index.sweep(6000);
    expect([index.wants(0), index.size, index.pairs]).toEqual([false, 0, 0]);
  });

  it('keeps an audience that is taken up again while it lingers, and bounds how many linger', () => {
    const { index, acquire } = createIndex(['a']);
    const first = acquire('a', ['reading'], nobody);
    index.release(first, nobody, 0);
    expect(acquire('a', ['reading'], nobody)).toBe(first);
    index.sweep(10_000);
    expect(index.size).toBe(1);
    for (const glob of ['b', 'c', 'd', 'e']) index.release(acquire(glob, ['reading']), nobody, 0);
    expect(index.size).toBe(3);
  });

  it('follows streams that come, go and inherit rows', () => {
    const { index, acquire, create, remove } = createIndex(['a/1']);
    const audience = acquire('a/*', ['forecast']);
    create('a/2', 1);
    expect([audience.count, index.wants(1)]).toEqual([2, true]);
    remove('a/1');
    expect(audience.count).toBe(1);
    create('b/1', 0);
    expect([index.route(0), index.wants(0), audience.count]).toEqual([[], false, 1]);
    create('a/3', 2000);
    expect([index.wants(2000), audience.count, index.pairs]).toEqual([true, 2, 2]);
  });

  it('says yes to a row it has not met while anyone takes forecasts', () => {
    const { index, acquire } = createIndex([]);
    acquire('a', ['reading']);
    expect(index.wants(7)).toBe(false);
    acquire('a', ['forecast']);
    expect(index.wants(7)).toBe(true);
  });

  it('gathers many streams over several turns, while others come and go', () => {
    const ids = Array.from({ length: 9000 }, (_, index) => `s/${String(index).padStart(5, '0')}`);
    const { index, turns, acquire, create, remove } = createIndex(ids);
    let ready = 0;
    const audience = acquire('s/*', ['reading'], () => ready++);
    expect([audience.since, ready, turns.length]).toEqual([null, 0, 1]);
    remove('s/00000');
    remove('s/08999');
    create('s/99999', 9000);
    const late = acquire('s/*', ['reading'], () => ready++);
    while (turns.length > 0) turns.shift()!();
    expect(late).toBe(audience);
    expect([audience.since, ready, audience.count]).toEqual([42, 2, 8999]);
    expect(index.route(9000)).toEqual([audience]);
  });

  it('stops gathering for an audience that everybody has left', () => {
    const ids = Array.from({ length: 9000 }, (_, index) => `s/${String(index).padStart(5, '0')}`);
    const { index, turns, acquire } = createIndex(ids);
    let ready = 0;
    const count = () => ready++;
    index.release(acquire('s/*', ['reading'], count), count, 0);
    index.sweep(2000);
    while (turns.length > 0) turns.shift()!();
    expect([ready, index.size, index.pairs]).toEqual([0, 0, 0]);
  });
});

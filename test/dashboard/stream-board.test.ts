import { describe, expect, it } from 'vitest';
import type { StreamListing } from '../../src/client/stream-listing.ts';
import { StreamBoard } from '../../src/dashboard/stream-board.ts';
import type { ReadingItem } from '../../src/protocol/items.ts';

function reading(stream: string, t: number, v: number | null): ReadingItem {
  return { kind: 'reading', stream, t, v, flags: [], expected: null, score: null };
}

function listing(id: string, more: Partial<StreamListing> = {}): StreamListing {
  const known = { cadence: 60_000, last: { t: 10, v: 1 }, skill: 0.2, score: 0.5 };
  return { id, state: 'ok', model: 'shared@1', unit: null, ...known, ...more };
}

describe('StreamBoard', () => {
  it('shows the newest value: a late reading changes nothing, a correction replaces', () => {
    const board = new StreamBoard(10);
    board.read(reading('a', 20, 2));
    board.read(reading('a', 10, 1));
    board.read(reading('a', 30, 3));
    board.read(reading('a', 30, 4));
    expect(board.get('a')).toMatchObject({ t: 30, v: 4, recent: [2, 4] });
    board.list([listing('a', { last: { t: 20, v: 2 }, unit: '°C' })]);
    expect(board.get('a')).toMatchObject({ t: 30, v: 4, unit: '°C', state: 'ok', skill: 0.2 });
    expect(board.readings).toBe(1);
  });

  it('keeps sixty values of a stream and takes older ones beneath them', () => {
    const board = new StreamBoard(10);
    board.read(reading('a', 1, 1));
    board.seed('a', [7, 8, 1]);
    expect(board.get('a')?.recent).toEqual([7, 8, 1]);
    for (let t = 2; t < 200; t++) board.read(reading('a', t, t));
    expect(board.get('a')?.recent).toHaveLength(60);
    board.seed('a', [1, 2, 3]);
    expect(board.get('a')?.recent.at(-1)).toBe(199);
  });

  it('drops streams that a listing no longer holds and tells what changed once', () => {
    const board = new StreamBoard(10);
    board.list([listing('a'), listing('b')]);
    expect([...board.takeChanged()].sort()).toEqual(['a', 'b']);
    board.list([listing('b')]);
    expect(board.get('a')).toBe(null);
    expect(board.takeChanged()).toContain('a');
    expect(board.takeChanged().size).toBe(0);
  });

  it('counts streams beyond its bound instead of keeping them', () => {
    const board = new StreamBoard(2);
    for (const id of ['a', 'b', 'c', 'c', 'd']) board.read(reading(id, 1, 1));
    expect(board.count).toBe(2);
    expect(board.beyondCount).toBe(2);
    expect(board.get('c')).toBe(null);
  });
});

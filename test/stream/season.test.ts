import { describe, expect, it } from 'vitest';
import {
  clearSeason,
  DAY_MS,
  noteInSeason,
  type SeasonColumns,
  SLOTS,
  seasonalValue,
  slotsPerDay,
} from '../../src/stream/season.ts';

function columns(): SeasonColumns {
  return {
    seasonRing: new Float32Array(SLOTS).fill(Number.NaN),
    slotNow: new Float64Array(1).fill(Number.NaN),
    slotSum: new Float64Array(1),
    slotCount: new Uint32Array(1),
  };
}

const HOUR = 3_600_000;

describe('the season', () => {
  it.each([
    [HOUR, 24],
    [5 * 60_000, 288],
    [1_000, 288],
    [DAY_MS, 0],
    [DAY_MS / 2, 2],
  ])('has for a cadence of %d ms %d slots a day', (cadence, slots) => {
    expect(slotsPerDay(cadence)).toBe(slots);
  });

  it('repeats the value of one day ago for an hourly stream', () => {
    const season = columns();
    for (let h = 0; h <= 24; h++) noteInSeason(season, 0, h * HOUR, h * h, 24);
    expect([24, 25, 30, 47].map((h) => seasonalValue(season, 0, h * HOUR, 24))).toEqual([
      0, 1, 36, 529,
    ]);
  });

  it('knows nothing of a slot that was never seen', () => {
    const season = columns();
    noteInSeason(season, 0, 0, 5, 24);
    expect(seasonalValue(season, 0, 5 * HOUR, 24)).toBeNaN();
    expect(seasonalValue(season, 0, 0, 0)).toBeNaN();
  });

  it('repeats the mean of five minutes for a faster stream', () => {
    const season = columns();
    for (let m = 0; m < 10; m++) noteInSeason(season, 0, m * 60_000, m, SLOTS);
    expect(seasonalValue(season, 0, DAY_MS + 3 * 60_000, SLOTS)).toBe(2);
  });

  it('does not overwrite yesterday while its slot is running', () => {
    const season = columns();
    for (let m = 0; m <= 1440; m++) noteInSeason(season, 0, m * 60_000, m < 1440 ? 1 : 100, SLOTS);
    expect(seasonalValue(season, 0, DAY_MS + 60_000, SLOTS)).toBe(1);
  });

  it('can be forgotten', () => {
    const season = columns();
    for (let h = 0; h < 5; h++) noteInSeason(season, 0, h * HOUR, h, 24);
    clearSeason(season, 0);
    expect(season.seasonRing.every(Number.isNaN)).toBe(true);
  });
});

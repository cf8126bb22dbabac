import { describe, expect, it } from 'vitest';
import { changedRows, type RowChanges, surveyOf } from '../../src/evaluation/recorded-rows.ts';
import { asItStands } from './forecasters-under-test.ts';
import { HOUR, recordingOf, START } from './recording.ts';

const rising = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The values of every row after the changes, NaN as null. */
async function valuesOf(columns: Record<string, (number | null)[]>, changes: Partial<RowChanges>) {
  const file = recordingOf(columns);
  const survey = await surveyOf(file, 'plant.csv', false, () => {});
  const list: (number | null)[][] = [];
  for await (const { values } of changedRows(file, 'plant.csv', survey, {
    ...asItStands,
    ...changes,
  })) {
    list.push(Array.from(values, (value) => (Number.isNaN(value) ? null : value)));
  }
  return list;
}

describe('surveyOf', () => {
  it('counts the rows, finds the step, and tells how far it is', async () => {
    const told: number[] = [];
    const file = recordingOf({ a: rising(250) });
    const survey = await surveyOf(file, 'plant.csv', false, (rows) => told.push(rows));
    expect(survey).toEqual({ rows: 250, stepMs: HOUR });
    expect(told).toEqual([100, 200, 250]);
  });
});

describe('changedRows', () => {
  it('takes every number as it stands, and empty cells for missing', async () => {
    const values = await valuesOf({ a: [1, null, -9999], b: [4, 5, 6] }, {});
    expect(values).toEqual([
      [1, 4],
      [null, 5],
      [-9999, 6],
    ]);
  });

  it('takes the number that stands for missing for missing', async () => {
    const values = await valuesOf({ a: [1, -9999, 0] }, { missing: -9999 });
    expect(values).toEqual([[1], [null], [0]]);
  });

  it('takes out the same share of readings for the same seed', async () => {
    const gaps = { gaps: 0.1 };
    const columns = { a: rising(2_000), b: rising(2_000) };
    const [one, same, other] = [
      await valuesOf(columns, gaps),
      await valuesOf(columns, gaps),
      await valuesOf(columns, { ...gaps, seed: 2 }),
    ];
    const missing = one.flat().filter((value) => value === null).length;
    expect(missing / 4_000).toBeCloseTo(0.1, 1);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('hides a column until the row it joins at', async () => {
    const joins = [{ column: 'b', row: 2 }];
    const values = await valuesOf({ a: [1, 2, 3], b: [4, 5, 6] }, { joins });
    expect(values).toEqual([
      [1, null],
      [2, null],
      [3, 6],
    ]);
  });

  it('shows the judge what it hides, so that errors have a scale', async () => {
    const file = recordingOf({ a: [1, 2], b: [4, 5] });
    const changes = { ...asItStands, joins: [{ column: 'b', row: 1 }] };
    const survey = await surveyOf(file, 'plant.csv', false, () => {});
    const first = await changedRows(file, 'plant.csv', survey, changes).next();
    expect([...first.value!.unhidden]).toEqual([1, 4]);
    expect([...first.value!.values]).toEqual([1, Number.NaN]);
  });

  it('refuses to hide a column that is not there', async () => {
    const joins = [{ column: 'c', row: 2 }];
    await expect(valuesOf({ a: [1], b: [2] }, { joins })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: '--join: expected a column of plant.csv (a,b), got "c"',
    });
  });
});

describe('rows by their times', () => {
  const hours = [0, 1, 2, 3, 4, 5, 5, 4.5, 9, 10, 100, 101];
  const times = hours.map((hour) => START + hour * HOUR);
  const file = recordingOf({ a: rising(times.length) }, times);

  it('inserts what is missing, leaves out what is late, and does not bridge a long gap', async () => {
    const survey = await surveyOf(file, 'plant.csv', true, () => {});
    const changes = { ...asItStands, byTime: true };
    const list: (readonly [number, number])[] = [];
    for await (const { time, values } of changedRows(file, 'plant.csv', survey, changes)) {
      list.push([(time - START) / HOUR, values[0]!]);
    }
    const inserted = [6, 7, 8].map((hour) => [hour, Number.NaN]);
    const first = [0, 1, 2, 3, 4, 5].map((hour) => [hour, hour]);
    expect(list).toEqual([...first, ...inserted, [9, 8], [10, 9], [100, 10], [101, 11]]);
    expect(survey).toEqual({ rows: list.length, stepMs: HOUR });
  });

  it('refuses a recording without times', async () => {
    const timeless = recordingOf({ a: [1, 2] }, [null, null]);
    const survey = surveyOf(timeless, 'plant.csv', true, () => {});
    await expect(survey).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});

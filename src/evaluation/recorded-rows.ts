import { setImmediate as nextTurn } from 'node:timers/promises';
import { hashSeed, Random } from '../numerics/random.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CsvFile } from './csv/csv-reader.ts';
import type { Row } from './forecaster.ts';
import { RowClock, stepOfTimes } from './row-clock.ts';

/** What is done to a recording before anyone sees it. */
export interface RowChanges {
  /** The number that stands for a missing value; null: every number is taken as it stands. */
  readonly missing: number | null;
  /** Share of readings that are taken out at random, 0 to 1. */
  readonly gaps: number;
  /** Columns that are hidden before a row. */
  readonly joins: readonly Join[];
  readonly seed: number;
}

export interface Join {
  readonly column: string;
  /** The first row that has it. */
  readonly row: number;
}

/** What has to be known of a recording before its rows are judged one by one. */
export interface Survey {
  readonly rows: number;
  /** Usual time between rows, whole ms; null: the file has no usable times. */
  readonly stepMs: number | null;
}

export interface SurveyProgress {
  /** Bytes of the file read so far. */
  readonly readBytes: number;
  readonly rows: number;
}

/** Other things get a turn, signals among them, after so many rows. */
const ROWS_PER_TURN = 32;
const TIMES_MAX = 64;

/** Reads the whole file once: a mistake in its last line is found before hours of work. */
export async function surveyOf(
  file: CsvFile,
  onProgress: (progress: SurveyProgress) => void,
): Promise<Survey> {
  const times: (number | null)[] = [];
  let count = 0;
  for await (const { rows, readBytes } of file.batches()) {
    for (let i = 0; i < rows.length && times.length < TIMES_MAX; i++) times.push(rows[i]!.time);
    count += rows.length;
    onProgress({ readBytes, rows: count });
  }
  return { rows: count, stepMs: stepOfTimes(times) };
}

/** The first row of each column; ERR_USAGE for a column that is not there. */
export function firstRowsOf(name: string, columns: readonly string[], joins: readonly Join[]) {
  const firstRows = columns.map(() => 0);
  for (const { column, row } of joins) {
    const index = columns.indexOf(column);
    if (index < 0) {
      const names = columns.length > 12 ? `${columns.slice(0, 12)}, …` : `${columns}`;
      const message = `--join: expected a column of ${name} (${names}), got "${column}"`;
      throw new InklingError('ERR_USAGE', message);
    }
    firstRows[index] = row;
  }
  return firstRows;
}

/** The rows as forecasters see them, one at a time. The row belongs to the generator and changes with the next. */
export async function* changedRows(
  file: CsvFile,
  name: string,
  { stepMs }: Survey,
  changes: RowChanges,
): AsyncGenerator<Row> {
  const { columns } = file.header;
  const change = rowChange(firstRowsOf(name, columns, changes.joins), changes);
  const clock = new RowClock(stepMs);
  const values = new Float64Array(columns.length);
  const joined = new Uint8Array(columns.length);
  let index = 0;
  for await (const { rows } of file.batches()) {
    for (const row of rows) {
      change(index, row.values, values, joined);
      yield { index, time: clock.next(row.time), values, joined };
      index += 1;
      if (index % ROWS_PER_TURN === 0) await nextTurn();
    }
  }
}

/** Writes a row's values and who is there; each reading draws once, so that rows do not depend on each other. */
function rowChange(firstRows: readonly number[], { missing, gaps, seed }: RowChanges) {
  const random = new Random(hashSeed(seed, 'gaps'));
  return (
    index: number,
    given: readonly (number | null)[],
    values: Float64Array,
    joined: Uint8Array,
  ): void => {
    for (let column = 0; column < values.length; column++) {
      const isTaken = gaps > 0 && random.uniform() < gaps;
      joined[column] = index >= firstRows[column]! ? 1 : 0;
      const value = given[column] ?? Number.NaN;
      const isMissing = isTaken || joined[column] === 0 || value === missing;
      values[column] = isMissing ? Number.NaN : value;
    }
  };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { hashSeed, Random } from '../numerics/random.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CsvFile } from './csv/csv-reader.ts';
import type { Row } from './forecaster.ts';
import { LiveClock } from './live-clock.ts';
import { RowClock, type RowPlacing, stepOfTimes } from './row-clock.ts';

/** What is done to a recording before anyone sees it. */
export interface RowChanges {
  /** The number that stands for a missing value; null: every number is taken as it stands. */
  readonly missing: number | null;
  /** Share of readings that are taken out at random, 0 to 1. */
  readonly gaps: number;
  /** Columns that are hidden before a row. */
  readonly joins: readonly Join[];
  /** Rows go by the file's times: missing ones are inserted, late ones left out. Else each is a step. */
  readonly byTime: boolean;
  readonly seed: number;
}

export interface Join {
  readonly column: string;
  /** The first row that has it. */
  readonly row: number;
}

/** A row with what only the judge may see. */
export interface RecordedRow extends Row {
  /** (S) the values of columns that have not joined yet among the others. */
  readonly unhidden: Float64Array;
}

/** What has to be known of a recording before its rows are judged one by one. */
export interface Survey {
  /** With the inserted ones. */
  readonly rows: number;
  /** Usual time between rows, whole ms; null: the file has no usable times. */
  readonly stepMs: number | null;
}

/** Other things get a turn, signals among them, after so many rows. */
const ROWS_PER_TURN = 32;
const TIMES_MAX = 64;

/**
 * Reads the whole file before any work: a mistake in its last line is found before hours of it.
 * ERR_USAGE when it should go by times that it does not have.
 */
export async function surveyOf(
  file: CsvFile,
  name: string,
  byTime: boolean,
  onProgress: (rows: number) => void,
): Promise<Survey> {
  const times: (number | null)[] = [];
  let count = 0;
  for await (const { rows } of file.batches()) {
    for (let i = 0; i < rows.length && times.length < TIMES_MAX; i++) times.push(rows[i]!.time);
    count += rows.length;
    onProgress(count);
  }
  const stepMs = stepOfTimes(times);
  if (!byTime) return { rows: count, stepMs };
  if (stepMs === null) {
    throw new InklingError('ERR_USAGE', `--by-time: ${name} has no rising times to go by`);
  }
  return { rows: await placedRows(file, new LiveClock(stepMs)), stepMs };
}

async function placedRows(file: CsvFile, clock: RowPlacing): Promise<number> {
  let count = 0;
  for await (const { rows } of file.batches()) {
    for (const { time } of rows) {
      const place = clock.place(time);
      if (place !== null) count += place.missing.length + 1;
    }
  }
  return count;
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
): AsyncGenerator<RecordedRow> {
  const { columns } = file.header;
  const changed = new ChangedRow(firstRowsOf(name, columns, changes.joins), changes);
  const byTime = changes.byTime && stepMs !== null;
  const clock: RowPlacing = byTime ? new LiveClock(stepMs) : new RowClock(stepMs);
  const nothing = columns.map(() => null);
  for await (const { rows } of file.batches()) {
    for (const row of rows) {
      const place = clock.place(row.time);
      if (place === null) continue;
      for (const time of place.missing) yield changed.next(time, nothing);
      yield changed.next(place.time, row.values);
      if (changed.count % ROWS_PER_TURN === 0) await nextTurn();
    }
  }
}

/** The one row that is changed over and over. */
class ChangedRow {
  readonly #firstRows: readonly number[];
  readonly #changes: RowChanges;
  readonly #random: Random;
  readonly #values: Float64Array;
  readonly #unhidden: Float64Array;
  readonly #joined: Uint8Array;
  /** Rows so far. */
  count: number;

  constructor(firstRows: readonly number[], changes: RowChanges) {
    this.#firstRows = firstRows;
    this.#changes = changes;
    this.#random = new Random(hashSeed(changes.seed, 'gaps'));
    this.#values = new Float64Array(firstRows.length);
    this.#unhidden = new Float64Array(firstRows.length);
    this.#joined = new Uint8Array(firstRows.length);
    this.count = 0;
  }

  /** Each reading draws once, so that rows do not depend on what others hold. */
  next(time: number, given: readonly (number | null)[]): RecordedRow {
    const { gaps, missing } = this.#changes;
    const index = this.count++;
    for (let column = 0; column < this.#values.length; column++) {
      const isTaken = gaps > 0 && this.#random.uniform() < gaps;
      const value = given[column] ?? Number.NaN;
      const kept = isTaken || value === missing ? Number.NaN : value;
      const isThere = index >= this.#firstRows[column]!;
      this.#unhidden[column] = kept;
      this.#joined[column] = isThere ? 1 : 0;
      this.#values[column] = isThere ? kept : Number.NaN;
    }
    const [values, unhidden, joined] = [this.#values, this.#unhidden, this.#joined];
    return { index, time, values, joined, unhidden };
  }
}

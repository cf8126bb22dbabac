import { isTimeKey, timeFromNumber } from '../../decoding/reading-time.ts';
import { InklingError } from '../../protocol/errors.ts';
import { type FieldTime, valueOfText } from './field-values.ts';
import { ESCAPED, RowSplitter } from './row-splitter.ts';

/**
 * What a CSV file says about itself, read from its first rows: the delimiter, the names, which
 * column is the time, and which columns hold numbers.
 */
export interface CsvHeader {
  /** Names of the columns of numbers, in the file's order; unique, none empty. */
  readonly columns: readonly string[];
  /** Name of the time column; null: rows have no time. */
  readonly timeColumn: string | null;
  /** Names of columns that hold words and are left out. */
  readonly textColumns: readonly string[];
  readonly delimiter: Delimiter;
}

type Delimiter = ',' | ';' | '\t';

/** The header with the places of its columns among a row's fields. */
export interface CsvLayout extends CsvHeader {
  readonly fieldCount: number;
  /** Field of the time; −1: none. */
  readonly timeField: number;
  /** Fields of `columns`. */
  readonly valueFields: readonly number[];
  /** Offset of the first row of values, and its line, from 1. */
  readonly rowsFrom: number;
  readonly rowsLine: number;
}

export interface LayoutOptions {
  /** How the file is called in messages. */
  readonly name: string;
  /** `auto`: found by name and contents; `row`: rows have no time; else the column's name. */
  readonly time: 'auto' | 'row' | { readonly column: string };
  /** The columns of numbers to read; others need not hold numbers. */
  readonly take: (column: string) => boolean;
}

const delimiters: readonly Delimiter[] = [',', ';', '\t'];
const QUOTE = '"';
const sampleRowsMax = 64;
const nameLengthMax = 256;
/** Numbers from here on (1973 in seconds) are taken for times without being called so. */
const epochFrom = 1e8;

/** Lays out a file by its first bytes; `whole`: they are all it has. ERR_DATA_UNREADABLE when it is no table. */
export function layOut(
  head: Buffer,
  whole: boolean,
  readTime: FieldTime,
  options: LayoutOptions,
): CsvLayout {
  const fail = (line: number, why: string): never => {
    throw new InklingError('ERR_DATA_UNREADABLE', `${options.name}:${line}: ${why}`);
  };
  const begin = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const delimiter = detectDelimiter(firstLine(head, begin));
  const splitter = new RowSplitter(delimiter.charCodeAt(0));
  const after = splitter.next(head, begin, whole);
  if (after < 0 || splitter.malformed) fail(1, 'expected a row of column names');
  const written = fieldTexts(head, splitter);
  const isHeader = written.some((text) => text.trim() !== '' && isName(text, readTime));
  if (!isHeader) fail(1, `expected a row of column names, got ${quote(written.join(delimiter))}`);
  const tooLong = written.find((name) => name.length > nameLengthMax);
  if (tooLong) fail(1, `expected column names of at most ${nameLengthMax} characters`);
  const names = uniqueNames(written);
  const rowsLine = 2 + splitter.innerLines;
  const sample = sampleRows(head, after, whole, splitter);
  if (sample.length === 0) fail(rowsLine, 'expected rows below the column names, got none');
  const timeField = chooseTime(names, sample, readTime, options);
  const taken = names.map((_, field) => field).filter((field) => field !== timeField);
  const wanted = taken.filter((field) => options.take(names[field]!));
  const isText = (field: number) => holdsWords(sample.map((row) => row[field] ?? ''));
  const valueFields = wanted.filter((field) => !isText(field));
  if (valueFields.length === 0) fail(rowsLine, 'expected a column of numbers, got none');
  return {
    columns: valueFields.map((field) => names[field]!),
    timeColumn: names[timeField] ?? null,
    textColumns: wanted.filter(isText).map((field) => names[field]!),
    delimiter,
    fieldCount: names.length,
    timeField,
    valueFields,
    rowsFrom: after,
    rowsLine,
  };
}

/** The text of each field of the row just split. */
function fieldTexts(bytes: Buffer, splitter: RowSplitter): string[] {
  return Array.from({ length: splitter.count }, (_, field) => fieldText(bytes, splitter, field));
}

export function fieldText(bytes: Buffer, { starts, ends, forms }: RowSplitter, field: number) {
  const text = bytes.toString('utf8', starts[field], ends[field]);
  return forms[field] === ESCAPED ? text.replaceAll('""', '"') : text;
}

/** A text in quotes, shortened for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function firstLine(head: Buffer, begin: number): string {
  const end = head.indexOf(10, begin);
  return head.toString('utf8', begin, end < 0 ? head.length : end);
}

/** The one that splits the line most often, outside of quotes; a comma when none does. */
function detectDelimiter(line: string): Delimiter {
  const counts = new Map<string, number>();
  let isQuoted = false;
  for (const character of line) {
    if (character === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const count = (delimiter: Delimiter) => counts.get(delimiter) ?? 0;
  return delimiters.reduce((best, one) => (count(one) > count(best) ? one : best));
}

/** A number or a time where a name should be means that the header is missing. */
function isName(text: string, readTime: FieldTime): boolean {
  return valueOfText(text) === undefined && Number.isNaN(readTime.readText(text));
}

/** Trimmed; an empty one is called after its place, a repeated one gets a number. */
function uniqueNames(written: readonly string[]): string[] {
  const used = new Set<string>();
  return written.map((text, field) => {
    const name = text.trim() || `column_${field + 1}`;
    let unique = name;
    for (let number = 2; used.has(unique); number++) unique = `${name}_${number}`;
    used.add(unique);
    return unique;
  });
}

function sampleRows(head: Buffer, from: number, whole: boolean, splitter: RowSplitter) {
  const rows: string[][] = [];
  let at = from;
  while (rows.length < sampleRowsMax && at < head.length) {
    at = splitter.next(head, at, whole);
    if (at < 0) break;
    const row = fieldTexts(head, splitter);
    if (row.length > 1 || row[0]!.trim() !== '') rows.push(row);
  }
  return rows;
}

function holdsWords(cells: readonly string[]): boolean {
  const values = cells.map(valueOfText);
  return values.includes(undefined) && !values.some((value) => typeof value === 'number');
}

/** Field of the time column; −1: none. */
function chooseTime(
  names: readonly string[],
  sample: readonly string[][],
  readTime: FieldTime,
  { name, time }: LayoutOptions,
): number {
  if (time === 'row') return -1;
  if (typeof time === 'object') {
    const field = names.indexOf(time.column);
    if (field >= 0) return field;
    const message = `${name}: expected a column ${quote(time.column)}, got ${quote(names.join(', '))}`;
    throw new InklingError('ERR_DATA_UNREADABLE', message);
  }
  const kinds = names.map((_, field) =>
    kindOfTimes(
      sample.map((row) => row[field] ?? ''),
      readTime,
    ),
  );
  const named = (kind: TimeKind) =>
    names.findIndex((column, field) => isTimeKey(column) && kinds[field] === kind);
  const choices = [
    named('text'),
    named('epoch'),
    kinds.indexOf('text'),
    named('rising'),
    kinds[0] === 'epoch' ? 0 : -1,
  ];
  return choices.find((field) => field >= 0) ?? -1;
}

/**
 * How sure the contents of a column are times: `text` dates, `epoch` numbers that never fall and
 * lie after 1973, `rising` other numbers that never fall.
 */
type TimeKind = 'text' | 'epoch' | 'rising' | null;

function kindOfTimes(cells: readonly string[], readTime: FieldTime): TimeKind {
  const present = cells.filter((cell) => valueOfText(cell) !== null);
  const times = present.map((cell) => readTime.readText(cell));
  if (present.length === 0 || times.some((time) => time === null || Number.isNaN(time))) {
    return null;
  }
  const numbers = present.map(valueOfText);
  if (numbers.every((number) => number === undefined)) return 'text';
  if (numbers.some((number) => number === undefined)) return null;
  const isRising = numbers.every((number, index) => index === 0 || number! >= numbers[index - 1]!);
  if (!isRising) return null;
  const epoch = timeFromNumber(epochFrom);
  return numbers.length > 1 && times.every((time) => time! >= epoch) ? 'epoch' : 'rising';
}

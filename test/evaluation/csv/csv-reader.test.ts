import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type CsvOptions, type CsvRow, readCsv } from '../../../src/evaluation/csv/csv-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'inkling-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(contents: string | Uint8Array, name = 'plant.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

async function rowsOf(path: string, options?: CsvOptions): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  for await (const batch of (await readCsv(path, options)).batches()) rows.push(...batch.rows);
  return rows;
}

async function read(contents: string | Uint8Array, options?: CsvOptions) {
  const path = file(contents);
  const { header } = await readCsv(path, options);
  return { ...header, rows: await rowsOf(path, options) };
}

const noon = Date.UTC(2026, 0, 2, 12);

describe('readCsv', () => {
  it('reads names, times and values', async () => {
    const found = await read('time,a,b\n2026-01-02 12:00:00,1,-2.5\n2026-01-02 12:00:01,3e2,0\n');
    expect(found).toMatchObject({ columns: ['a', 'b'], timeColumn: 'time', delimiter: ',' });
    expect(found.rows).toEqual([
      { time: noon, values: [1, -2.5] },
      { time: noon + 1000, values: [300, 0] },
    ]);
  });

  it.each([
    ['commas', 't,a;b,c\n1767355200,1,2\n', ['a;b', 'c']],
    ['semicolons', 't;a,b;c\n1767355200;1;2\n', ['a,b', 'c']],
    ['tabs', 't\ta b\tc\n1767355200\t1\t2\n', ['a b', 'c']],
    ['one column', 'a\n1\n2\n', ['a']],
  ])('detects %s', async (_, text, columns) => {
    expect((await read(text)).columns).toEqual(columns);
  });

  it('takes a byte order mark, CR LF, blank lines and a last line without an end', async () => {
    const { columns, rows } = await read('\uFEFFtime,v\r\n2026-01-02T12:00:00Z,1\r\n\r\n  \r\n,2');
    expect(columns).toEqual(['v']);
    expect(rows).toEqual([
      { time: noon, values: [1] },
      { time: null, values: [2] },
    ]);
  });

  it('takes quoted names and fields with delimiters, quotes and line breaks in them', async () => {
    const text =
      'time,"a ""x"", b","c\nd"\n"2026-01-02 12:00:00","1.5","2"\r\n2026-01-02 12:00:01,3,"4"\n';
    const { columns, rows } = await read(text);
    expect(columns).toEqual(['a "x", b', 'c\nd']);
    expect(rows.map(({ values }) => values)).toEqual([
      [1.5, 2],
      [3, 4],
    ]);
  });

  it('takes empty cells, nan, None, NA and what is not finite as missing', async () => {
    const cells = ['', '  ', 'nan', 'NaN', 'None', 'null', 'NA', 'n/a', '-inf', '1e999', '""'];
    const { rows } = await read(`a,b\n1,1\n${cells.map((cell) => `${cell},2\n`).join('')}`);
    expect(rows.slice(1).map(({ values }) => values)).toEqual(cells.map(() => [null, 2]));
  });

  it('takes true and false as 1 and 0, as payloads do', async () => {
    expect((await read('a\nTrue\nfalse\n')).rows.map(({ values }) => values)).toEqual([[1], [0]]);
  });

  it('calls a nameless column after its place and tells equal names apart', async () => {
    expect((await read(',a,a,a\n1,2,3,4\n0,2,3,4\n')).columns).toEqual([
      'column_1',
      'a',
      'a_2',
      'a_3',
    ]);
  });

  it('leaves out columns of words and says so', async () => {
    const found = await read('time,site,v\n2026-01-02,north,1\n2026-01-03,,2\n');
    expect(found).toMatchObject({ columns: ['v'], textColumns: ['site'] });
  });

  it('reads only the columns asked for, and the others may hold anything', async () => {
    const found = await read('a,b\n1,2\n3,oops\n', { take: (column) => column === 'a' });
    expect(found).toMatchObject({ columns: ['a'], rows: [{ values: [1] }, { values: [3] }] });
  });

  it('reads the rows again each time it is asked, and stops when the loop is left', async () => {
    const opened = await readCsv(file('a\n1\n2\n'));
    for (let round = 0; round < 2; round++) {
      for await (const { rows, readBytes } of opened.batches()) {
        expect(rows[0]).toEqual({ time: null, values: [1] });
        expect(readBytes).toBe(opened.sizeBytes);
        break;
      }
    }
  });
});

describe('the time column', () => {
  const day = '2026-01-02 12:00:00';
  it.each([
    ['by a key of readings in any case', `v,TimeStamp\n1,${day}\n`, 'TimeStamp'],
    ['by a date in another column', `v,date\n1,${day}\n`, 'date'],
    ['the named one before another with dates', `date,ts,v\n${day},${day},1\n`, 'ts'],
    ['dates before a falling "t"', `date,t\n${day},21.5\n${day},21.4\n`, 'date'],
    ['dates before a rising "t"', `date,t\n${day},21\n${day},22\n`, 'date'],
    ['epoch numbers in the first column', 'x,v\n1767355200,1\n1767355201,2\n', 'x'],
    ['small numbers that rise under a key', 'v,time\n1,0\n2,0.5\n', 'time'],
  ])('is found %s', async (_, text, column) => {
    expect((await readCsv(file(text))).header.timeColumn).toBe(column);
  });

  it.each([
    ['values that fall under the name "t"', 't,v\n21.5,1\n21.4,2\n'],
    ['measurements in the first column', 'x,v\n5.8,1\n5.9,2\n'],
    ['a single large number', 'x,v\n1767355200,1\n'],
  ])('is not found in %s', async (_, text) => {
    const { timeColumn, rows } = await read(text);
    expect({ timeColumn, time: rows[0]!.time }).toEqual({ timeColumn: null, time: null });
  });

  it.each([
    ['1767355200', noon],
    ['1767355200.25', noon + 250],
    ['1767355200123', noon + 123],
    ['1767355200123456', noon + 123],
    ['1767355200123456789', noon + 123],
    ['2026-01-02T14:00:00+02:00', noon],
    ['2026-01-02T12:00:00.5Z', noon + 500],
    ['2026-01-02T12:00:00.123Z', noon + 123],
    ['2026-01-02 12:00:00.123', noon + 123],
    ['2026-01-02T12:00:00Z', noon],
    ['2026-01-02T12:00:00.123456Z', noon + 123],
    ['2026-01-02T12:00:60Z', noon + 60_000],
    ['20260102T120000Z', noon],
    ['2026-01-02 12:00', noon],
    ['2026-01-02T12:00:00', noon],
  ])('reads %s', async (text, time) => {
    expect((await read(`time,v\n${text},1\n`)).rows[0]!.time).toBe(time);
  });

  it('takes times without an offset in the zone given', async () => {
    const text = 'time,v\n2026-01-02 13:00:00,1\n2026-01-02T12:00:01.000Z,2\n2026-07-02 14:00,3\n';
    const { rows } = await read(text, { timezone: 'Europe/Berlin' });
    expect(rows.map(({ time }) => time)).toEqual([noon, noon + 1000, Date.UTC(2026, 6, 2, 12)]);
  });

  it('can be named, or left out', async () => {
    const text = 'time,seen,v\n2026-01-01,2026-01-02 12:00:00,1\n';
    expect((await read(text, { time: { column: 'seen' } })).rows[0]!.time).toBe(noon);
    expect(await read(text, { time: 'row' })).toMatchObject({ timeColumn: null, columns: ['v'] });
  });

  it.each(['2026-02-30 12:00:00', '2026-01-02 25:00:00', 'soon', '-5'])(
    'refuses %s in a later row with its line',
    async (text) => {
      const path = file(`time,v\n${'2026-01-02 12:00:00,1\n'.repeat(70)}${text},1\n`);
      await expect(rowsOf(path)).rejects.toMatchObject({
        code: 'ERR_DATA_UNREADABLE',
        message: `plant.csv:72: expected a time in column "time", got "${text}"`,
      });
    },
  );
});

describe('what is no table of numbers', () => {
  it('has a code of its own when the file is missing', async () => {
    await expect(readCsv(join(folder, 'absent.csv'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: 'there is no file "absent.csv"',
    });
    await expect(readCsv(join(file('a\n1\n'), 'x.csv'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
    });
  });

  it.each([
    ['an empty file', '', 'plant.csv:1: expected a row of column names, got ""'],
    ['no header', '1,2\n3,4\n', 'plant.csv:1: expected a row of column names, got "1,2"'],
    [
      'no header, but times',
      '2026-01-02,5\n',
      'plant.csv:1: expected a row of column names, got "2026-01-02,5"',
    ],
    ['only a header', 'a,b\n', 'plant.csv:2: expected rows below the column names, got none'],
    ['only words', 'a,b\nx,y\n', 'plant.csv:2: expected a column of numbers, got none'],
    ['too few fields', 'a,b\n1,2\n3\n', 'plant.csv:3: expected 2 fields, got 1'],
    ['too many fields', 'a,b\n1,2\n\n3,4,5\n', 'plant.csv:4: expected 2 fields, got 3'],
    [
      'a word among numbers',
      'a,"b\nc"\n1,2\n3,"x\ny"\n',
      'plant.csv:4: expected a number in column "b\\nc", got "x\\ny"',
    ],
    [
      'a quote that is never closed',
      'a,b\n1,"2\n3,4\n',
      'plant.csv:2: expected closed quotes with a delimiter behind them',
    ],
    [
      'text behind a closing quote',
      'a,b\n"1"x,2\n',
      'plant.csv:2: expected closed quotes with a delimiter behind them',
    ],
  ])('is refused: %s', async (_, text, message) => {
    await expect(rowsOf(file(text))).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message,
    });
  });

  it('is refused when it is a folder, or a row does not end', async () => {
    await expect(readCsv(folder)).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' });
    const long = file(`a,b\n1,2\n1,${'9'.repeat(3_000_000)}\n`, 'long.csv');
    await expect(rowsOf(long)).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: 'long.csv:3: expected rows of at most 1048576 bytes',
    });
  });
});

describe('a compressed file', () => {
  const text = `time,v\n${Array.from({ length: 200_000 }, (_, i) => `${1767355200 + i},${i}`).join('\n')}\n`;

  it('reads like the plain one', async () => {
    const rows = await rowsOf(file(gzipSync(text), 'plant.csv.gz'));
    expect(rows.length).toBe(200_000);
    expect(rows.at(-1)).toEqual({ time: noon + 199_999_000, values: [199_999] });
  });

  it('is refused when it is cut or not compressed', async () => {
    const packed = gzipSync(text);
    const cut = file(packed.subarray(0, packed.length - 1000), 'cut.csv.gz');
    await expect(rowsOf(cut)).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: 'cut.csv.gz: the compressed data end too early',
    });
    await expect(readCsv(file('a\n1\n', 'plain.csv.gz'))).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: 'plain.csv.gz: expected gzip data, got incorrect header check',
    });
  });
});

describe('any table of numbers', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 1000 + 0),
  );
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }),
    );
  const style = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    quoted: fc.boolean(),
  });

  it('comes back as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(table, style, async (rows, { delimiter, lineEnd, quoted }) => {
        const header = rows[0]!.map((_, index) => `c${index}`).join(delimiter);
        const write = (value: number | null) => {
          const text = value === null ? '' : String(value);
          return quoted ? `"${text}"` : text;
        };
        const lines = [header, ...rows.map((row) => row.map(write).join(delimiter))];
        const path = file(lines.join(lineEnd));
        const found = await rowsOf(path, { time: 'row' });
        expect(found.map(({ values }) => values)).toEqual(rows);
      }),
      { numRuns: 100 },
    );
  });

  it('or of any bytes at all either is read or refused with a code', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string().map((s) => Buffer.from(`a,b\n${s}`)),
        ),
        async (bytes) => {
          const outcome = await rowsOf(file(bytes)).then(
            () => 'read',
            (error) => error.code,
          );
          expect(['read', 'ERR_DATA_UNREADABLE']).toContain(outcome);
        },
      ),
      { numRuns: 200 },
    );
  });
});

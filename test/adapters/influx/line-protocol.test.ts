import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineEncoder } from '../../../src/adapters/influx/line-protocol.ts';
import type { InfluxPoint } from '../../../src/pipeline/influx-point.ts';
import { readLines } from './read-lines.ts';

function encode(...points: InfluxPoint[]): string {
  return Buffer.from(new LineEncoder().encode(points).bytes).toString();
}

function point(fields: InfluxPoint['fields'], more: Partial<InfluxPoint> = {}): InfluxPoint {
  return { measurement: 'm', tags: { stream: 's' }, fields, timeMs: 1_795_385_096_123, ...more };
}

describe('LineEncoder', () => {
  it('writes a reading as the schema says', () => {
    const tags = { stream: 'plant/7/temp', site: 'north' };
    const fields = { value: 21.5, expected: 21.25, lower80: 20, upper80: 22, score: 0 };
    expect(encode(point(fields, { measurement: 'inkling_reading', tags }))).toBe(
      'inkling_reading,stream=plant/7/temp,site=north ' +
        'value=21.5,expected=21.25,lower80=20.0,upper80=22.0,score=0.0 1795385096123\n',
    );
  });

  it('writes whole numbers with a point, exactly', () => {
    const fields = { lead: 3600, issued: 1_795_385_096_123, low: -7, zero: -0, most: 2 ** 53 - 1 };
    expect(encode(point(fields))).toBe(
      'm,stream=s lead=3600.0,issued=1795385096123.0,low=-7.0,zero=0.0,most=9007199254740991.0 ' +
        '1795385096123\n',
    );
  });

  it('rounds to the digits asked for, and only what has a fraction', () => {
    const fields = { a: 20.120416999, b: 0.000012345678, c: 123456.789, d: 1_795_385_096_123 };
    expect(encode(point(fields, { digits: 7 }))).toBe(
      'm,stream=s a=20.12042,b=0.00001234568,c=123456.8,d=1795385096123.0 1795385096123\n',
    );
  });

  it('leaves out what is no number', () => {
    const fields = { a: Number.NaN, b: null, c: undefined, d: Number.NEGATIVE_INFINITY, e: 1.5 };
    expect(encode(point(fields))).toBe('m,stream=s e=1.5 1795385096123\n');
  });

  it('makes no line of a point without fields or time, and goes on', () => {
    const points = [
      point({ a: 1 }),
      point({ a: null }),
      point({}),
      point({ a: 2 }, { timeMs: Number.NaN }),
    ];
    const { bytes, ends } = new LineEncoder().encode([...points, point({ a: 3 })]);
    const lines = ['m,stream=s a=1.0 1795385096123\n', 'm,stream=s a=3.0 1795385096123\n'];
    expect(Buffer.from(bytes).toString()).toBe(lines.join(''));
    expect(ends).toEqual([lines[0]!.length, bytes.length]);
  });

  it('escapes names and tags, and keeps texts as they are', () => {
    const tags = { 'a b': 'x=y', 'c,d': 'back\\', e: '', f: 'a\\b' };
    const fields = { 'g h': 'say "hi"\\ \n', ä: 'ö' };
    expect(encode(point(fields, { measurement: 'm, m', tags }))).toBe(
      'm\\,\\ m,a\\ b=x\\=y,c\\,d=back%5C,f=a\\b ' +
        'g\\ h="say \\"hi\\"\\\\ \n",ä="ö" 1795385096123\n',
    );
  });

  it('percent-encodes control characters in tags', () => {
    expect(encode(point({ a: 1 }, { tags: { t: 'a\nb\tc' } }))).toBe(
      'm,t=a%0Ab%09c a=1.0 1795385096123\n',
    );
  });

  it('writes the tags anew when they are others, whether or not it has seen the fields before', () => {
    const encoder = new LineEncoder();
    const tags = { stream: 'a' };
    const points = [
      point({ a: 1 }, { tags }),
      point({ a: 2 }, { tags }),
      point({ b: 3, a: 4 }, { tags }),
      point({ a: 5 }, { tags: { stream: 'b' } }),
      point({ a: 6 }, { measurement: 'n', tags: { stream: 'b' } }),
    ];
    for (let turn = 0; turn < 2; turn++) {
      expect(readLines(Buffer.from(encoder.encode(points).bytes).toString())).toEqual(points);
    }
  });

  it('gives back any strings and numbers when read', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    const name = text.filter((value) => value !== '');
    const special = fc.string({
      unit: fc.constantFrom('\\', ',', '=', ' ', '"', 'n'),
      minLength: 1,
    });
    const anyName = fc.oneof(name, special).filter((value) => !value.startsWith('#'));
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const record = <T>(value: fc.Arbitrary<T>, minKeys: number) =>
      fc.dictionary(anyName, value, { minKeys, maxKeys: 5, noNullPrototype: true });
    const anyPoint = fc.record({
      measurement: anyName,
      tags: record(anyName, 0),
      fields: record(fc.oneof(number, text, special), 1),
      timeMs: fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
    });
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 4 }), (points) => {
        const read = readLines(encode(...points));
        expect(read.map(({ timeMs }) => timeMs)).toEqual(points.map(({ timeMs }) => timeMs));
        read.forEach((line, index) => {
          const { measurement, tags, fields } = points[index]!;
          expect(line.measurement).toBe(asRead(measurement));
          expect(line.tags).toEqual(mapRecord(tags, asRead));
          expect(line.fields).toEqual(mapRecord(fields, (value) => (value === 0 ? 0 : value)));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('rounds as toPrecision does, to one unit of the last digit', () => {
    const digits = fc.integer({ min: 1, max: 15 });
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), digits, (value, count) => {
        const [line] = readLines(encode(point({ value }, { digits: count })));
        const expected = Number.isInteger(value) ? value : Number(value.toPrecision(count));
        const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - count + 1);
        const read = line!.fields['value'] as number;
        expect(Math.abs(read - expected)).toBeLessThanOrEqual(unit * 1.000001);
      }),
      { numRuns: 2_000 },
    );
  });
});

function mapRecord<T, U>(record: Record<string, T>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [asRead(key), map(value)]),
  );
}

/** How a name comes back: what has no escape is percent-encoded. */
function asRead(name: string): string {
  return name.replace(/\p{Cc}/gu, encodeURIComponent).replace(/\\(?=[ ,=]|$)/g, '%5C');
}

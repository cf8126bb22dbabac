import { describe, expect, it } from 'vitest';
import { codesOf, decodePayload, valuesOf } from './message-fixture.ts';

const T = 1_795_385_096_123;

describe('payloads that are one number', () => {
  it.each([
    ['21.5', 21.5],
    ['  -3e2 ', -300],
    ['+.5\r\n', 0.5],
    ['5.', 5],
    ['-0', 0],
    ['\ufeff7', 7],
    ['"21.5"', 21.5],
    ['12345678901234567890', 12_345_678_901_234_567_000],
    ['0.1', 0.1],
    ['true', 1],
    ['FALSE', 0],
    ['on', 1],
    ['OFF', 0],
    ['"ON"', 1],
    ['null', null],
    ['nan', null],
    ['-NaN', null],
    ['None', null],
    ['"None"', null],
    ['inf', null],
    ['-Infinity', null],
    ['1e999', null],
    ['"-1e999"', null],
  ])('reads %j as %d', (payload, value) => {
    const decoded = decodePayload(payload);
    expect(valuesOf(decoded)).toEqual([['s', value]]);
    expect(Object.is(decoded.readings[0]!.value, -0)).toBe(false);
    expect(codesOf(decoded)).toEqual([]);
  });

  it.each(['hello', '21,5', '0x10', '21.5 °C', '1_000', '--1', '1e', '.', '1 2', 'truely'])(
    'cannot read %j',
    (payload) => {
      expect(codesOf(decodePayload(payload))).toEqual(['ERR_PAYLOAD_NOT_READABLE']);
      expect(decodePayload(payload).readings).toEqual([]);
    },
  );
});

describe('objects that are the reading itself', () => {
  it('reads value, time and unit, with the stream named by the topic alone', () => {
    expect(decodePayload(`{"v":21.5,"t":${T},"u":"°C"}`).readings).toEqual([
      { stream: 's', time: T, value: 21.5, unit: '°C', retained: false, labels: null },
    ]);
  });

  it.each([
    ['{"v":21.5}', 21.5],
    ['{"value":"21.5"}', 21.5],
    ['{"v":true,"q":"good"}', 1],
    ['{"value":3,"quality":192,"unit":"bar"}', 3],
    ['{"v":null}', null],
    ['{"v":"nan"}', null],
    ['{"v":"None"}', null],
    ['{"v":1e999}', null],
    ['{"v":NaN}', null],
    ['{"v": -Infinity, "u": "NaN \\" Infinity"}', null],
  ])('reads %s as %d', (payload, value) => {
    expect(valuesOf(decodePayload(payload))).toEqual([['s', value]]);
  });

  it.each(['t', 'ts', 'Time', 'TIMESTAMP', 'epoch', 'UnixTime', 'last_seen', 'dateTime'])(
    'takes the time from %s',
    (key) => {
      expect(valuesOf(decodePayload(`{"v":1,"${key}":${T / 1_000}}`))).toEqual([['s', 1, T]]);
      expect(valuesOf(decodePayload(`{"${key}":"2026-11-22T22:04:56.123Z","v":1}`))).toEqual([
        ['s', 1, Date.UTC(2026, 10, 22, 22, 4, 56, 123)],
      ]);
    },
  );

  it('reads texts without an offset in the zone of the source', () => {
    const payload = '{"v":1,"time":"2026-07-15 12:00:00"}';
    expect(valuesOf(decodePayload(payload, { timezone: 'Europe/Berlin' }))).toEqual([
      ['s', 1, Date.UTC(2026, 6, 15, 10)],
    ]);
  });

  it('takes the first time key that is not null, and none from nulls', () => {
    expect(valuesOf(decodePayload(`{"v":1,"t":null,"ts":${T},"time":5}`))).toEqual([['s', 1, T]]);
    expect(valuesOf(decodePayload('{"v":1,"t":null}'))).toEqual([['s', 1]]);
  });

  it('keeps only units that are short texts', () => {
    expect(decodePayload('{"v":1,"u":7}').readings[0]!.unit).toBeNull();
    expect(decodePayload(`{"v":1,"u":"${'x'.repeat(33)}"}`).readings[0]!.unit).toBeNull();
  });

  it.each(['{"v":1,"t":"soon"}', '{"v":1,"t":-5}', '{"v":1,"t":{}}', '{"v":1,"t":1e13,"ts":5}'])(
    'rejects %s when its time cannot be read',
    (payload) => {
      const decoded = decodePayload(payload);
      expect(decoded.readings).toEqual([]);
      expect(codesOf(decoded)).toEqual(['ERR_READING_TIME']);
    },
  );
});

describe('any other object', () => {
  it.each<[string, unknown[][]]>([
    [
      '{"temp":21.5,"hum":"40"}',
      [
        ['s/temp', 21.5],
        ['s/hum', 40],
      ],
    ],
    [
      '{"a":{"b":1,"c":{"d":false}}}',
      [
        ['s/a.b', 1],
        ['s/a.c.d', 0],
      ],
    ],
    [
      '{"v":1,"temp":2}',
      [
        ['s/v', 1],
        ['s/temp', 2],
      ],
    ],
    [
      '{"v":1,"value":2}',
      [
        ['s/v', 1],
        ['s/value', 2],
      ],
    ],
    ['{"v":{"x":1}}', [['s/v.x', 1]]],
    [
      '{"u":230,"i":4,"q":1}',
      [
        ['s/u', 230],
        ['s/i', 4],
        ['s/q', 1],
      ],
    ],
    ['{"V":1}', [['s/V', 1]]],
    ['{"name":"x","on":"ON","n":1}', [['s/n', 1]]],
    ['{"list":[1,2],"deep":{"list":[{"v":1}]},"n":1}', [['s/n', 1]]],
    [
      '{"t1":null,"t2":"nan","t3":1e999,"empty":"","blank":" "}',
      [
        ['s/t1', null],
        ['s/t2', null],
        ['s/t3', null],
      ],
    ],
    [
      '{"a/b":1,"c d":2,"e%":3,"f#":4,"g.h":5}',
      [
        ['s/a%2Fb', 1],
        ['s/c%20d', 2],
        ['s/e%25', 3],
        ['s/f%23', 4],
        ['s/g.h', 5],
      ],
    ],
    ['{"":1}', [['s', 1]]],
    ['{"Ku\\u0308che":1}', [['s/Küche', 1]]],
  ])('reads %s', (payload, expected) => {
    const decoded = decodePayload(payload);
    expect(valuesOf(decoded)).toEqual(expected);
    expect(codesOf(decoded)).toEqual([]);
  });

  it("gives the object's time to all its leaves, wherever the key stands", () => {
    expect(valuesOf(decodePayload(`{"a":1,"b":{"c":2},"Time":${T}}`))).toEqual([
      ['s/a', 1, T],
      ['s/b.c', 2, T],
    ]);
  });

  it('lets a nested time count for its part', () => {
    const payload = `{"t":${T},"a":1,"b":{"c":2,"ts":${T + 5},"d":{"e":3}},"f":{"t":null,"g":4}}`;
    expect(valuesOf(decodePayload(payload))).toEqual([
      ['s/a', 1, T],
      ['s/b.c', 2, T + 5],
      ['s/b.d.e', 3, T + 5],
      ['s/f.g', 4, T],
    ]);
  });

  it('rejects once the parts whose time cannot be read, and takes the others', () => {
    const decoded = decodePayload('{"a":1,"b":{"t":"x","c":2,"d":3},"e":{"t":"y","f":4}}');
    expect(valuesOf(decoded)).toEqual([['s/a', 1]]);
    expect(codesOf(decoded)).toEqual(['ERR_READING_TIME']);
  });

  it.each(['{}', '{"a":"b"}', '{"t":5}', '{"a":[1]}', '{"a":{"b":{}}}', '"x"', '""'])(
    'finds no reading in %s',
    (payload) => {
      expect(codesOf(decodePayload(payload))).toEqual(['ERR_PAYLOAD_NO_READING']);
    },
  );

  it.each(['{"a":1', '{a:1}', '{"v":NaN', "{'a':1}", '"', '{"a":NaNa}', '[1,,2]'])(
    'cannot read %s',
    (payload) => {
      expect(codesOf(decodePayload(payload))).toEqual(['ERR_PAYLOAD_NOT_READABLE']);
    },
  );

  it('takes names of object properties as names and changes no object by them', () => {
    const payload = '{"__proto__":{"polluted":1,"v":2},"constructor":{"prototype":{"x":3}},"a":4}';
    expect(valuesOf(decodePayload(payload))).toEqual([
      ['s/__proto__.polluted', 1],
      ['s/__proto__.v', 2],
      ['s/constructor.prototype.x', 3],
      ['s/a', 4],
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(valuesOf(decodePayload('{"__proto__":5}'))).toEqual([['s/__proto__', 5]]);
  });

  it('reads 32 levels and refuses the 33rd', () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(valuesOf(decodePayload(nested(32)))).toEqual([[`s/${'a.'.repeat(31)}a`, 1]]);
    expect(codesOf(decodePayload(nested(33)))).toEqual(['ERR_PAYLOAD_TOO_DEEP']);
    expect(codesOf(decodePayload(`{"b":1,"a":${nested(32)}}`))).toEqual(['ERR_PAYLOAD_TOO_DEEP']);
    const bytesMax = 10_000_000;
    expect(codesOf(decodePayload(nested(1_000_000), { bytesMax }))).toEqual([
      'ERR_PAYLOAD_TOO_DEEP',
    ]);
    const brackets = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    expect(codesOf(decodePayload(brackets, { bytesMax }))).toEqual(['ERR_PAYLOAD_NO_READING']);
  });

  it('takes 10,000 leaves and refuses more', () => {
    const wide = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
    const bytesMax = 1_000_000;
    expect(decodePayload(wide(10_000), { bytesMax }).readings).toHaveLength(10_000);
    const refused = decodePayload(wide(10_001), { bytesMax });
    expect(refused.readings).toEqual([]);
    expect(codesOf(refused)).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
    const mixed = `[{"a":1,"b":2},${Array(9_999).fill('{"v":1}').join()}]`;
    expect(codesOf(decodePayload(mixed, { bytesMax }))).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
  });
});

describe('lists', () => {
  it('reads each object as if it had come alone', () => {
    const payload = `[{"t":${T},"v":1},{"v":2,"t":${T + 1},"u":"V"},{"a":3,"t":${T + 2}}]`;
    expect(valuesOf(decodePayload(payload))).toEqual([
      ['s', 1, T],
      ['s', 2, T + 1],
      ['s/a', 3, T + 2],
    ]);
  });

  it('counts each element that cannot be read and takes the others', () => {
    const decoded = decodePayload('[{"v":1},5,{"v":2,"t":"x"},[1],null,{"v":3},{"n":"x"}]');
    expect(valuesOf(decoded)).toEqual([
      ['s', 1],
      ['s', 3],
    ]);
    expect(codesOf(decoded)).toEqual([
      'ERR_PAYLOAD_NO_READING',
      'ERR_READING_TIME',
      'ERR_PAYLOAD_NO_READING',
      'ERR_PAYLOAD_NO_READING',
      'ERR_PAYLOAD_NO_READING',
    ]);
  });

  it('finds no reading in an empty list', () => {
    expect(codesOf(decodePayload('[]'))).toEqual(['ERR_PAYLOAD_NO_READING']);
  });

  it('takes 10,000 readings and refuses more', () => {
    const list = (count: number) => `[${Array(count).fill('{"v":1}').join()}]`;
    const bytesMax = 1_000_000;
    expect(decodePayload(list(10_000), { bytesMax }).readings).toHaveLength(10_000);
    expect(codesOf(decodePayload(list(10_001), { bytesMax }))).toEqual([
      'ERR_PAYLOAD_TOO_MANY_READINGS',
    ]);
    const pairs = `[${Array(5_001).fill('{"a":1,"b":2}').join()}]`;
    const refused = decodePayload(pairs, { bytesMax });
    expect(refused.readings).toEqual([]);
    expect(codesOf(refused)).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
    const mixed = `[{"a":1,"b":2},${Array(9_999).fill('{"v":1}').join()}]`;
    expect(codesOf(decodePayload(mixed, { bytesMax }))).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
  });
});

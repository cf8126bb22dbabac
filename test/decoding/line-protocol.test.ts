import { describe, expect, it } from 'vitest';
import { codesOf, decodePayload, valuesOf } from './message-fixture.ts';

const lines = { decode: 'line-protocol' } as const;
const read = (text: string) => decodePayload(text, lines);

describe('line protocol', () => {
  it.each<[string, unknown[][]]>([
    ['weather temperature=82', [['s/weather.temperature', 82]]],
    [
      'weather temperature=82 1465839830100400200',
      [['s/weather.temperature', 82, 1_465_839_830_100]],
    ],
    ['m a=1 1465839830', [['s/m.a', 1, 1_465_839_830_000]]],
    ['m a=1 1465839830100', [['s/m.a', 1, 1_465_839_830_100]]],
    ['m a=1 1465839830100400', [['s/m.a', 1, 1_465_839_830_100]]],
    [
      'm i=-4i,u=5u,f=-1.5e3',
      [
        ['s/m.i', -4],
        ['s/m.u', 5],
        ['s/m.f', -1_500],
      ],
    ],
    [
      'm a=t,b=TRUE,c=f,d=False',
      [
        ['s/m.a', 1],
        ['s/m.b', 1],
        ['s/m.c', 0],
        ['s/m.d', 0],
      ],
    ],
    [
      'm s="21.5",text="hello",n=1',
      [
        ['s/m.s', 21.5],
        ['s/m.n', 1],
      ],
    ],
    [
      'm a=NaN,b="nan",c=1e999',
      [
        ['s/m.a', null],
        ['s/m.b', null],
        ['s/m.c', null],
      ],
    ],
    ['m text="a, b=\\"c\\" \\\\ \n 5",n=1', [['s/m.n', 1]]],
    ['my\\ m\\,x a\\=b=1', [['s/my%20m,x.a=b', 1]]],
    ['a\\b c=1', [['s/a\\b.c', 1]]],
    ['in/out a=1', [['s/in%2Fout.a', 1]]],
    ['m,host=a,cpu=0 usage=1', [['s/m,cpu=0,host=a.usage', 1]]],
    ['m,cpu=0,host=a\\ b usage=1', [['s/m,cpu=0,host=a%20b.usage', 1]]],
    [
      '# a comment\n\n  m a=1\r\nm a=2  \n',
      [
        ['s/m.a', 1],
        ['s/m.a', 2],
      ],
    ],
  ])('reads %j', (text, expected) => {
    const decoded = read(text);
    expect(valuesOf(decoded)).toEqual(expected);
    expect(codesOf(decoded)).toEqual([]);
    expect(valuesOf(decodePayload(text))).toEqual(expected);
  });

  it.each([
    'm',
    'm ',
    'm a',
    'm a=',
    'm =1',
    ',t=1 a=1',
    'm,t a=1',
    'm,t= a=1',
    'm,=x a=1',
    'm a=1,',
    'm a=hello',
    'm a="open',
    'm a="x"y',
    'm a=1 soon',
    'm a=1 5 6',
    'm a=1i2',
    'm a=1.5i',
  ])('counts the bad line %j once and takes those around it', (bad) => {
    const decoded = read(`m a=1\n${bad}\nm b=2\n`);
    expect(valuesOf(decoded)).toEqual([
      ['s/m.a', 1],
      ['s/m.b', 2],
    ]);
    expect(codesOf(decoded)).toEqual(['ERR_PAYLOAD_NOT_READABLE']);
  });

  it('rejects lines whose time is out of range or that hold only texts', () => {
    expect(codesOf(read('m a=1 -5'))).toEqual(['ERR_READING_TIME']);
    expect(codesOf(read('m a=1 99999999999'))).toEqual(['ERR_READING_TIME']);
    expect(codesOf(read('m a="x"'))).toEqual(['ERR_PAYLOAD_NO_READING']);
    expect(codesOf(read('# only a comment'))).toEqual(['ERR_PAYLOAD_NO_READING']);
  });

  it('puts tags that the template names into the id, and makes them labels', () => {
    const decoded = decodePayload('cpu,host=a/1,core=0 load=1\ncpu load=2\ncpu,host=b load=3', {
      ...lines,
      topics: ['telegraf/+site'],
      topic: 'telegraf/oslo',
      stream: '{site}/{host}/{key}',
    });
    expect(decoded.readings.map(({ stream, labels }) => [stream, labels])).toEqual([
      ['oslo/a%2F1/cpu,core=0.load', { site: 'oslo', host: 'a/1' }],
      ['oslo/cpu.load', { site: 'oslo' }],
      ['oslo/b/cpu.load', { site: 'oslo', host: 'b' }],
    ]);
  });

  it('takes tags named like object properties as tags', () => {
    const decoded = decodePayload('m,__proto__=x,constructor=y a=1', {
      ...lines,
      stream: '{topic}/{__proto__}/{constructor}/{toString}/{key}',
    });
    expect(valuesOf(decoded)).toEqual([['s/x/y/m.a', 1]]);
  });

  it('still takes numbers and JSON', () => {
    expect(valuesOf(read('21.5'))).toEqual([['s', 21.5]]);
    expect(valuesOf(read('{"a":1}'))).toEqual([['s/a', 1]]);
  });

  it('refuses more than 10,000 readings or lines as a whole', () => {
    const many = decodePayload('m a=1,b=2\n'.repeat(5_001), lines);
    expect(many.readings).toEqual([]);
    expect(codesOf(many)).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
    expect(codesOf(read('x\n'.repeat(10_001)))).toEqual(['ERR_PAYLOAD_TOO_MANY_READINGS']);
  });

  it('is not taken from prose when the format has to be guessed', () => {
    for (const text of ['the value is high', 'state = unknown', 'a=b', '{"a"=1}']) {
      expect(codesOf(decodePayload(text))).toEqual(['ERR_PAYLOAD_NOT_READABLE']);
    }
  });
});

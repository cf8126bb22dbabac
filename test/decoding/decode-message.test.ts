import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSource, decodeMessage } from '../../src/decoding/decode-message.ts';
import { codesOf, decodePayload, defaultSource, valuesOf } from './message-fixture.ts';

const text = new TextEncoder();
const message = (topic: string, payload: string) => ({
  topic,
  payload: text.encode(payload),
  retained: false,
});

describe('decodeMessage', () => {
  it('names streams by the template and shares the labels of the topic', () => {
    const { readings } = decodePayload('{"temp":21,"hum":40}', {
      topics: ['plant/+site/+device/telemetry'],
      stream: '{site}/{device}/{key}',
      topic: 'plant/oslo/pump 1/telemetry',
    });
    expect(readings.map((reading) => reading.stream)).toEqual([
      'oslo/pump%201/temp',
      'oslo/pump%201/hum',
    ]);
    expect(readings[0]!.labels).toEqual({ site: 'oslo', device: 'pump 1' });
    expect(readings[1]!.labels).toBe(readings[0]!.labels);
  });

  it('decodes by the first source that takes the topic', () => {
    const sources = [
      compileSource({ ...defaultSource, topics: ['a/b', 'a/+'], stream: 'first/{topic}' }),
      compileSource({ ...defaultSource, topics: ['a/#', 'c'], stream: 'second/{topic}' }),
    ];
    const streamOf = (topic: string) =>
      decodeMessage(sources, message(topic, '1')).readings[0]?.stream;
    expect(streamOf('a/b')).toBe('first/a/b');
    expect(streamOf('a/x')).toBe('first/a/x');
    expect(streamOf('a/x/y')).toBe('second/a/x/y');
    expect(streamOf('c')).toBe('second/c');
  });

  it('answers the same for a topic it has seen, and after 20,000 others', () => {
    const source = compileSource({
      ...defaultSource,
      topics: ['a/+site/#'],
      stream: '{site}/{key}',
    });
    const decodeOf = (topic: string) => decodeMessage([source], message(topic, '{"v":1,"x":2}'));
    const first = decodeOf('a/oslo/x');
    expect(first.readings.map((reading) => reading.stream)).toEqual(['oslo/v', 'oslo/x']);
    expect(decodeOf('a/oslo/x')).toEqual(first);
    expect(decodeOf('b/oslo/x').readings).toEqual([]);
    for (let index = 0; index < 20_000; index++) {
      expect(decodeOf(`a/${index}`).readings[0]!.stream).toBe(`${index}/v`);
    }
    expect(decodeOf('a/oslo/x')).toEqual(first);
    expect(decodeOf('b/oslo/x').readings).toEqual([]);
  });

  it('leaves alone what no source takes, $ topics of the default source included', () => {
    const sources = [compileSource(defaultSource)];
    expect(decodeMessage(sources, message('$SYS/load', 'x'))).toEqual({
      readings: [],
      rejections: [],
    });
  });

  it('takes only included streams and does not count the others', () => {
    const decoded = decodePayload('{"temp":1,"hum":2,"a":{"temp":3}}', {
      include: ['s/temp', '**/a.*'],
    });
    expect(valuesOf(decoded)).toEqual([
      ['s/temp', 1],
      ['s/a.temp', 3],
    ]);
    expect(codesOf(decoded)).toEqual([]);
  });

  it('marks readings of retained messages', () => {
    expect(decodePayload('1', { retained: true }).readings[0]!.retained).toBe(true);
  });

  it('takes only what the format of the source allows', () => {
    expect(codesOf(decodePayload('{"v":1}', { decode: 'number' }))).toEqual([
      'ERR_PAYLOAD_NO_READING',
    ]);
    expect(valuesOf(decodePayload('7', { decode: 'number' }))).toEqual([['s', 7]]);
    expect(valuesOf(decodePayload('{"v":1}', { decode: 'json' }))).toEqual([['s', 1]]);
    expect(codesOf(decodePayload('m a=1', { decode: 'json' }))).toEqual([
      'ERR_PAYLOAD_NOT_READABLE',
    ]);
  });

  it('refuses several keys when the template cannot tell them apart', () => {
    const changes = { stream: '{topic}' };
    expect(valuesOf(decodePayload('{"temp":1}', changes))).toEqual([['s', 1]]);
    expect(valuesOf(decodePayload('[{"v":1},{"v":2}]', changes))).toEqual([
      ['s', 1],
      ['s', 2],
    ]);
    const decoded = decodePayload('{"temp":1,"hum":2}', changes);
    expect(decoded.readings).toEqual([]);
    expect(codesOf(decoded)).toEqual(['ERR_STREAM_ID']);
  });

  it('counts ids that are too long or empty once a message', () => {
    const long = 'k'.repeat(1_023);
    const decoded = decodePayload(`{"${long}":1,"${long}l":2,"a":3}`);
    expect(valuesOf(decoded)).toEqual([['s/a', 3]]);
    expect(codesOf(decoded)).toEqual(['ERR_STREAM_ID']);
    expect(codesOf(decodePayload('5', { stream: '{key}' }))).toEqual(['ERR_STREAM_ID']);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', text.encode(''), 'ERR_PAYLOAD_EMPTY'],
    ['white space', text.encode(' \r\n'), 'ERR_PAYLOAD_EMPTY'],
    ['no UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe), 'ERR_PAYLOAD_NOT_TEXT'],
    ['control characters', Uint8Array.of(0, 1, 2), 'ERR_PAYLOAD_NOT_READABLE'],
    ['too many bytes', text.encode(' '.repeat(65_537)), 'ERR_PAYLOAD_TOO_BIG'],
  ])('rejects a payload of %s', (_, payload, code) => {
    const decoded = decodePayload(payload);
    expect(decoded.readings).toEqual([]);
    expect(codesOf(decoded)).toEqual([code]);
  });

  it('takes payloads up to the limit given', () => {
    expect(codesOf(decodePayload('123', { bytesMax: 2 }))).toEqual(['ERR_PAYLOAD_TOO_BIG']);
    expect(valuesOf(decodePayload('123', { bytesMax: 3 }))).toEqual([['s', 123]]);
  });

  it('shows the first 80 bytes of a refused payload as printable text', () => {
    const sampleOf = (payload: string | Uint8Array) => decodePayload(payload).rejections[0]!.sample;
    expect(sampleOf('hello\u0007\n\u202eworld')).toBe('hello\ufffd\ufffd\ufffdworld');
    expect(sampleOf('x'.repeat(100))).toBe('x'.repeat(80));
    expect(sampleOf(`${'x'.repeat(79)}é`)).toBe('x'.repeat(79));
    expect(sampleOf(Uint8Array.of(0x61, 0xff))).toBe('a\ufffd');
  });

  it('names the topic of a refused payload, cut to 256 characters', () => {
    const topicOf = (topic: string) => decodePayload('', { topic }).rejections[0]!.topic;
    expect(topicOf('a/b')).toBe('a/b');
    expect(topicOf('t'.repeat(9_000))).toBe('t'.repeat(256));
  });

  it('refuses a source without topics, with an empty glob or with an unknown zone', () => {
    for (const changes of [{ topics: [] }, { include: [''] }, { timezone: 'Mars' }]) {
      expect(() => compileSource({ ...defaultSource, ...changes })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
    }
  });

  it('lets a template use only names that every topic gives', () => {
    const topics = ['a/+site/+x', 'b/+site'];
    expect(() => compileSource({ ...defaultSource, topics, stream: '{site}' })).not.toThrow();
    expect(() => compileSource({ ...defaultSource, topics, stream: '{x}' })).toThrow(
      '{x} is not named by all of its topics; known are {topic}, {key}, {site}',
    );
  });
});

describe('decodeMessage, whatever comes', () => {
  const sources = (['auto', 'json', 'number', 'line-protocol'] as const).map((format) =>
    compileSource({ ...defaultSource, decode: format, timezone: 'America/New_York' }),
  );

  function checkAll(topic: string, payload: Uint8Array): void {
    for (const source of sources) {
      const decoded = decodeMessage([source], { topic, payload, retained: false });
      for (const { stream, value, time } of decoded.readings) {
        expect(stream.length).toBeGreaterThan(0);
        expect(stream.length).toBeLessThanOrEqual(1_024);
        expect(value === null || Number.isFinite(value)).toBe(true);
        expect(time === null || Number.isInteger(time)).toBe(true);
      }
      if (!topic.startsWith('$')) {
        expect(decoded.readings.length + decoded.rejections.length).toBeGreaterThan(0);
      }
    }
  }

  const topics = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });

  it('never throws on bytes, and gives each message a reading or a rejection', () => {
    fc.assert(fc.property(topics, fc.uint8Array({ maxLength: 300 }), checkAll), { numRuns: 500 });
  });

  it('never throws on JSON with hostile names, times and numbers', () => {
    const names = fc.oneof(
      fc.constantFrom('v', 'value', 't', 'Time', 'u', 'q', '__proto__', 'constructor', ''),
      fc.string({ maxLength: 8 }),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.oneof(
          fc.double(),
          fc.constantFrom('nan', '1e999', 'None', '2026-02-30', '2026-11-01 01:30', null, true),
          fc.string({ maxLength: 8 }),
        ),
        fc.array(fc.tuple(names, tie('tree')), { maxLength: 6 }).map(Object.fromEntries),
        fc.array(tie('tree'), { maxLength: 6 }),
      ),
    }));
    fc.assert(
      fc.property(topics, tree, (topic, value) => {
        checkAll(topic, text.encode(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on texts that look like line protocol', () => {
    const pieces = fc.constantFrom(
      'm',
      ',',
      '=',
      ' ',
      '"',
      '\\',
      '\n',
      '\r',
      '#',
      '1',
      'i',
      't',
      '-5',
      '1e999',
      '{',
      'NaN',
      'ü',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        checkAll('s', text.encode(parts.join('')));
      }),
      { numRuns: 1_000 },
    );
  });

  it('never takes long over 64 KB, whatever they repeat', () => {
    const pieces = [
      '"',
      '\\"',
      '{"a":"\\',
      '[',
      '1',
      '9.',
      ' ',
      'm a="',
      'm a="\\\n',
      ',',
      '=',
      'NaN',
    ];
    for (const piece of pieces) {
      for (const start of ['', '{"v":NaN,"', '1', 'm,', 'm a=1,']) {
        const payload = text.encode((start + piece.repeat(65_536)).slice(0, 65_536));
        const cpuBefore = process.cpuUsage().user;
        checkAll('s', payload);
        // Four formats; linear work takes some ten milliseconds, quadratic many seconds.
        expect(process.cpuUsage().user - cpuBefore).toBeLessThan(1_500_000);
      }
    }
  });
});

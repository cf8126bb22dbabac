import { describe, expect, it } from 'vitest';
import { parseByteSize } from '../../src/config/byte-sizes.ts';
import { isCronLine } from '../../src/config/cron.ts';
import { parseDuration } from '../../src/config/durations.ts';
import { nearestWord } from '../../src/config/nearest-word.ts';
import { parseRate } from '../../src/config/rates.ts';
import { isTopicFilter, isTopicPrefix, wildcardNames } from '../../src/config/topic-filters.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['5m', 300_000],
    ['5min', 300_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    ['1w', 604_800_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['0s', 0],
  ])('reads %s as %d milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 's', '-5s', '5 s', '5S', '1e3s', '5y', '5s,'])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('parseByteSize', () => {
  it.each([
    ['10GB', 10e9],
    ['64KiB', 65_536],
    ['1.5 MB', 1.5e6],
    ['2TiB', 2 * 2 ** 40],
    ['7B', 7],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', '10', 'GB', '10gb', '-1GB', '10 G B', '1e3MB'])('refuses "%s"', (text) => {
    expect(parseByteSize(text)).toBeNull();
  });
});

describe('parseRate', () => {
  it('gives units of value a millisecond', () => {
    expect(parseRate('5/min')).toBeCloseTo(5 / 60_000, 15);
    expect(parseRate('0.5/s')).toBeCloseTo(0.5 / 1000, 15);
    expect(parseRate('3 / h')).toBeCloseTo(3 / 3_600_000, 15);
  });

  it.each(['', '5', '/min', '0/s', '-1/s', '5/week'])('refuses "%s"', (text) => {
    expect(parseRate(text)).toBeNull();
  });
});

describe('isTopicFilter', () => {
  it.each(['#', '+', 'a/b', 'a/+/b/#', 'plant/+site/+device/telemetry', 'a/#rest', '/a', 'a//b'])(
    'takes %s',
    (filter) => {
      expect(isTopicFilter(filter)).toBe(true);
    },
  );

  it.each(['', 'a/#/b', 'a#', 'a+/b', '#rest/a', '+1', '+a/+a', '++', 'a\0', 'ä'.repeat(40_000)])(
    'refuses %s',
    (filter) => {
      expect(isTopicFilter(filter)).toBe(false);
    },
  );

  it('refuses instructions to the broker, which no topic matches', () => {
    const filters = ['$share/group/plant/#', '$queue/a', '$delayed/5/a', '$exclusive/a', '$SYS'];
    expect(filters.some(isTopicFilter)).toBe(false);
    expect(isTopicFilter('$SYS/broker/#')).toBe(true);
  });

  it('names the wildcards in order', () => {
    expect(wildcardNames('plant/+site/+/x/#rest')).toEqual(['site', 'rest']);
  });

  it('knows what other topics can stand under', () => {
    expect(['inkling', 'a/b'].map(isTopicPrefix)).toEqual([true, true]);
    expect(['', '$SYS', 'a/+', 'a/', '/a', '#'].some(isTopicPrefix)).toBe(false);
  });
});

describe('isCronLine', () => {
  it.each(['0 2 * * 0', '*/5 * * * *', '0 0-6/2 1,15 jan-mar mon-fri', '59 23 31 12 7'])(
    'takes %s',
    (line) => {
      expect(isCronLine(line)).toBe(true);
    },
  );

  it.each(['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8'])(
    'refuses "%s"',
    (line) => {
      expect(isCronLine(line)).toBe(false);
    },
  );

  it.each(['*/0 * * * *', '5-1 * * * *', '1-2-3 * * * *', '*/5/2 * * * *', 'x * * * *'])(
    'refuses "%s" too',
    (line) => {
      expect(isCronLine(line)).toBe(false);
    },
  );
});

describe('nearestWord', () => {
  it('suggests what was likely meant and nothing far-fetched', () => {
    const words = ['match', 'cadence', 'horizon', 'limits'];
    expect(nearestWord('horizn', words)).toBe('horizon');
    expect(nearestWord('Horizon', words)).toBe('horizon');
    expect(nearestWord('limit', words)).toBe('limits');
    expect(nearestWord('elephant', words)).toBeNull();
    expect(nearestWord('', words)).toBeNull();
    expect(nearestWord('h'.repeat(100_000), words)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import {
  droppedCount,
  judgeAnswer,
  retryAfterMs,
  wordsOf,
} from '../../../src/adapters/influx/server-answer.ts';

function verdict(status: number, isFromDatabase = true) {
  return judgeAnswer({ status, message: '', isFromDatabase, retryAfterMs: null });
}

describe('judgeAnswer', () => {
  it.each([
    ['written', [200, 204]],
    ['line', [400, 422]],
    ['size', [413]],
    ['missing', [404]],
    ['later', [408, 429, 500, 502, 503, 504]],
    ['refused', [301, 401, 403, 405]],
  ])('takes as "%s" the statuses %j', (expected, statuses) => {
    for (const status of statuses) expect(verdict(status)).toBe(expected);
  });

  it('tries again later when there was no answer', () => {
    expect(judgeAnswer({ status: null, message: 'connect ECONNREFUSED' })).toBe('later');
  });

  it('gives up no line for the refusal of something that is no database', () => {
    expect(verdict(400, false)).toBe('refused');
  });
});

describe('wordsOf', () => {
  it('reads the words of all versions', () => {
    expect(wordsOf('{"error":"partial write: x dropped=1"}')).toEqual({
      message: 'partial write: x dropped=1',
      isFromDatabase: true,
    });
    expect(wordsOf('{"code":"invalid","message":"bad line"}').message).toBe('bad line');
  });

  it('shows the words of others, shortened', () => {
    const page = `<html>${'x'.repeat(2_000)}`;
    expect(wordsOf(page)).toEqual({ message: page.slice(0, 500), isFromDatabase: false });
    expect(wordsOf('null').isFromDatabase).toBe(false);
    expect(wordsOf('')).toEqual({ message: '', isFromDatabase: false });
  });
});

describe('droppedCount', () => {
  it('reads how many lines a partial write lost, when that is known', () => {
    expect(droppedCount('partial write: type conflict dropped=12')).toBe(12);
    expect(droppedCount("unable to parse 'x' dropped=0")).toBeNull();
    expect(droppedCount('no such thing')).toBeNull();
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, within bounds', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('7', now)).toBe(7_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:09 GMT', now)).toBe(9_000);
    expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs('999999', now)).toBe(600_000);
    expect(retryAfterMs('soon', now)).toBeNull();
    expect(retryAfterMs(undefined, now)).toBeNull();
  });
});

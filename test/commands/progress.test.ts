import { describe, expect, it } from 'vitest';
import { durationText, Progress, progressLine } from '../../src/commands/progress.ts';

function watched(isTTY: boolean) {
  let now = 1_000_000;
  const written: string[] = [];
  const sink = { write: (text: string) => written.push(text), isTTY };
  const progress = new Progress({ sink, clock: { now: () => now }, unit: 'readings' });
  return {
    written,
    progress,
    at: (ms: number, share: number | null, count: number) => {
      now = 1_000_000 + ms;
      progress.update({ share, count });
    },
  };
}

describe('Progress', () => {
  it.each([true, false])('says nothing within two seconds, watched or not: %s', (isTTY) => {
    const { at, progress, written } = watched(isTTY);
    for (let ms = 0; ms < 2_000; ms += 50) at(ms, ms / 2_000, ms);
    progress.end();
    expect(written).toEqual([]);
  });

  it('draws a bar over itself where a person watches, and takes it away', () => {
    const { at, progress, written } = watched(true);
    at(2_000, 0.25, 1_000);
    at(2_100, 0.26, 1_050);
    at(4_000, 0.5, 2_000);
    progress.end();
    progress.end();
    expect(written).toEqual([
      '\r[######------------------]  25 %  1,000 readings  500/s  6 s left\u001b[K',
      '\r[############------------]  50 %  2,000 readings  500/s  4 s left\u001b[K',
      '\r\u001b[K',
    ]);
  });

  it('writes a plain line now and then where nobody watches', () => {
    const { at, progress, written } = watched(false);
    for (let ms = 0; ms <= 12_000; ms += 100) at(ms, ms / 24_000, ms * 10);
    progress.end();
    expect(written).toEqual([
      '  8 %  20,000 readings  10,000/s  22 s left\n',
      ' 29 %  70,000 readings  10,000/s  17 s left\n',
      ' 50 %  120,000 readings  10,000/s  12 s left\n',
    ]);
  });

  it('leaves out share and rest when nobody knows how much there is', () => {
    const { at, written } = watched(true);
    at(3_000, null, 1_234_567);
    expect(written).toEqual(['\r1,234,567 readings  411,522/s\u001b[K']);
  });

  it('knows no rest before anything is done', () => {
    const state = { share: 0, count: 0, unit: 'rows', elapsedMs: 3_000 };
    expect(progressLine(state)).toBe('  0 %  0 rows  0/s');
  });
});

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [449, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [356_400_000, '4 d 3 h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

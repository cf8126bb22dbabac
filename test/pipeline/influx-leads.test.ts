import { describe, expect, it } from 'vitest';
import { LeadBook } from '../../src/pipeline/influx-leads.ts';
import type { ForecastItem } from '../../src/protocol/items.ts';

const step = 60_000;

function forecast(issued: number, targets = [1, 2, 3, 4]): ForecastItem {
  return {
    kind: 'forecast',
    stream: 's',
    issued,
    step,
    targets: targets.map((lead) => issued + lead * step),
    median: targets.map((lead) => lead),
    levels: [],
    model: 'shared@1',
    state: 'ok',
    skill: null,
  };
}

const bounds = (index: number) => ({ lower: index - 10, upper: index + 10 });

describe('LeadBook', () => {
  it('settles each lead with the reading at its target', () => {
    const book = new LeadBook([1, 3], 100);
    for (let issued = 0; issued < 3; issued++) book.keep(forecast(issued * step), bounds);
    expect(book.pending).toBe(6);
    expect(book.settle('s', step, false)).toMatchObject([{ lead: 1, target: step, median: 1 }]);
    expect(book.settle('s', 2 * step, false)).toMatchObject([{ lead: 1, target: 2 * step }]);
    expect(book.settle('s', 3 * step, false)).toMatchObject([
      { lead: 1, target: 3 * step, lower: -10, upper: 10 },
      { lead: 3, target: 3 * step, median: 3, lower: -8, upper: 12 },
    ]);
    expect(book.pending).toBe(2);
  });

  it('takes the first reading within half a step', () => {
    const book = new LeadBook([2], 100);
    book.keep(forecast(0), bounds);
    expect(book.settle('s', 1.4 * step, false)).toEqual([]);
    expect(book.settle('s', 1.6 * step, false).length).toBe(1);
    expect(book.settle('s', 2.0 * step, false)).toEqual([]);
  });

  it('forgets targets that are missing or that readings have passed', () => {
    const book = new LeadBook([1, 2], 100);
    book.keep(forecast(0), bounds);
    expect(book.settle('s', step, true)).toEqual([]);
    expect(book.pending).toBe(1);
    expect(book.settle('s', 9 * step, false)).toEqual([]);
    expect(book.pending).toBe(0);
  });

  it('finds leads among chosen targets, and leaves out those that are not', () => {
    const book = new LeadBook([1, 4], 100);
    book.keep(forecast(0, [2, 4]), bounds);
    expect(book.pending).toBe(1);
    expect(book.settle('s', 4 * step, false)).toMatchObject([{ lead: 4, median: 4 }]);
  });

  it('keeps no more than it may, and counts the rest', () => {
    const book = new LeadBook([1], 2);
    for (let issued = 0; issued < 5; issued++) book.keep(forecast(issued * step), bounds);
    expect(book).toMatchObject({ pending: 2, dropped: 3 });
  });

  it('drops the oldest of a stream whose targets never come', () => {
    const book = new LeadBook([1], 1_000);
    for (let issued = 0; issued < 30; issued++) book.keep(forecast(issued), bounds);
    expect(book).toMatchObject({ pending: 17, dropped: 13 });
  });

  it('forgets a stream', () => {
    const book = new LeadBook([1], 10);
    book.keep(forecast(0), bounds);
    book.forget('s');
    book.forget('t');
    expect(book.pending).toBe(0);
    expect(book.settle('s', step, false)).toEqual([]);
  });
});

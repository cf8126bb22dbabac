import { describe, expect, it } from 'vitest';
import { type DeviceStream, dayMs, hourMs, minuteMs } from '../../src/simulator/device.ts';
import { FaultSchedule, faultyValue } from '../../src/simulator/faults.ts';
import { localHour } from '../../src/simulator/local-time.ts';

const stream: DeviceStream = {
  key: 'level',
  unit: 'm',
  decimals: 3,
  deviation: 2,
  range: [-100, 100],
  faults: ['stuck', 'spike', 'jump', 'drift', 'gap'],
};
const sensor = { id: 'demo/tank/level', stream, intervalMs: minuteMs, offsetMs: 7_000 };
const origin = Date.UTC(2026, 0, 1);
const end = origin + 2000 * dayMs;

describe('the schedule of faults', () => {
  const schedule = new FaultSchedule(4, sensor, origin);
  const labels = schedule.between(origin, end);
  const ofKind = (kind: string) => labels.filter((label) => label.kind === kind);
  const hours = (label: { from: number; to: number }) => (label.to - label.from) / hourMs;

  it('has a fault each four days, of all kinds alike', () => {
    expect(Math.abs(labels.length - 500)).toBeLessThan(3);
    for (const kind of stream.faults) expect(ofKind(kind).length).toBeGreaterThan(60);
  });

  it('begins none in the first two days', () => {
    for (let seed = 0; seed < 100; seed++) {
      const first = new FaultSchedule(seed, sensor, origin).between(0, end)[0]!;
      expect(first.from).toBeGreaterThanOrEqual(origin + 2 * dayMs);
      expect(first.from).toBeLessThan(origin + 8 * dayMs);
    }
  });

  it('never has two at once and begins and ends them at readings', () => {
    labels.forEach((label, i) => {
      expect((label.from - 7_000) % minuteMs).toBe(0);
      expect((label.to - 7_000) % minuteMs).toBe(0);
      expect(label.to).toBeGreaterThanOrEqual(label.from);
      if (i > 0) expect(label.from).toBeGreaterThan(labels[i - 1]!.to + hourMs);
    });
  });

  it('keeps each kind to its length and size', () => {
    for (const spike of ofKind('spike')) {
      expect([0, 1, 2]).toContain((spike.to - spike.from) / minuteMs);
      expect(Math.abs(spike.magnitude)).toBeGreaterThanOrEqual(10 * stream.deviation);
    }
    for (const gap of ofKind('gap')) {
      expect(hours(gap)).toBeGreaterThanOrEqual(9 / 60);
      expect(hours(gap)).toBeLessThanOrEqual(3);
    }
    for (const drift of ofKind('drift')) {
      expect(hours(drift)).toBeGreaterThan(11.9);
      expect(hours(drift)).toBeLessThan(24);
      expect(Math.abs(drift.magnitude)).toBeGreaterThanOrEqual(4 * stream.deviation);
    }
    for (const jump of ofKind('jump')) {
      expect(hours(jump)).toBeGreaterThan(1.9);
      expect(Math.abs(jump.magnitude)).toBeGreaterThanOrEqual(4 * stream.deviation);
    }
    for (const stuck of ofKind('stuck')) expect(hours(stuck)).toBeGreaterThan(1.9);
  });

  it('goes up and down where the quantity can, and only up where it cannot be negative', () => {
    expect(new Set(ofKind('jump').map((label) => Math.sign(label.magnitude))).size).toBe(2);
    const positive = { ...sensor, stream: { ...stream, range: [0, 100] as const } };
    for (const label of new FaultSchedule(4, positive, origin).between(origin, end)) {
      expect(label.magnitude).toBeGreaterThanOrEqual(0);
    }
  });

  it('tells for each moment what the list of all faults says', () => {
    for (let time = origin + 7_000; time < origin + 12 * dayMs; time += minuteMs) {
      const expected = labels.find((label) => time >= label.from && time <= label.to) ?? null;
      expect(schedule.at(time)).toEqual(expected);
    }
  });

  it('keeps to certain hours where the stream asks for it', () => {
    const solar = { ...sensor, stream: { ...stream, faultHours: [10, 12] as const } };
    const kept = new FaultSchedule(4, solar, origin).between(origin, end);
    expect(kept.length).toBeGreaterThan(490);
    kept.forEach((label, i) => {
      expect(localHour(label.from)).toBeGreaterThanOrEqual(10);
      expect(localHour(label.from)).toBeLessThan(12.1);
      if (i > 0) expect(label.from).toBeGreaterThan(kept[i - 1]!.to);
      if (label.kind === 'stuck') expect(localHour(label.to)).toBeLessThan(14.7);
    });
  });
});

describe('what a failing sensor reports', () => {
  const label = { stream: 'x', from: 1000, to: 2000, magnitude: 8 };
  const reading = { time: 1500, healthy: 3, held: 1 };

  it('is nothing, the old value, or the value with something added', () => {
    expect(faultyValue({ ...label, kind: 'gap' }, reading)).toBeNull();
    expect(faultyValue({ ...label, kind: 'stuck' }, reading)).toBe(1);
    expect(faultyValue({ ...label, kind: 'spike' }, reading)).toBe(11);
    expect(faultyValue({ ...label, kind: 'jump' }, reading)).toBe(11);
  });

  it('drifts evenly from nothing to the full magnitude', () => {
    const at = (time: number) => faultyValue({ ...label, kind: 'drift' }, { ...reading, time });
    expect([at(1000), at(1250), at(2000)]).toEqual([3, 5, 11]);
  });
});

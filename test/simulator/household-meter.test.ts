import { describe, expect, it } from 'vitest';
import { drawsOf } from '../../src/simulator/appliances.ts';
import { dayMs, hourMs } from '../../src/simulator/device.ts';
import { createHouseholdMeter } from '../../src/simulator/household-meter.ts';
import { localDayStart } from '../../src/simulator/local-time.ts';
import { mean, recordDevice, valuesWhere } from './record-device.ts';

const from = Date.UTC(2026, 8, 7);
const days = 14;
const meter = createHouseholdMeter({ seed: 2, id: 'meter', offsetMs: 0 });

describe('the household meter', () => {
  const recording = recordDevice(meter, from, days);
  const { power, energy } = recording.columns;

  it('counts energy that always rises', () => {
    const least = Math.min(...energy!.slice(1).map((value, i) => value - energy![i]!));
    expect(least).toBeGreaterThan(0.001);
  });

  it('counts what the power adds up to', () => {
    const counted = energy!.at(-1)! - energy![0]!;
    const added = power!.slice(1).reduce((sum, value) => sum + value, 0) / 60 / 1000;
    expect(Math.abs(added / counted - 1)).toBeLessThan(0.002);
    expect(counted / days).toBeGreaterThan(4);
    expect(counted / days).toBeLessThan(12);
  });

  it('says the same at a time, whenever it was begun', () => {
    const later = recordDevice(meter, from + 5 * dayMs, 3);
    const offset = recording.times.indexOf(later.times[0]!);
    expect(later.columns['energy']).toEqual(energy!.slice(offset, offset + later.times.length));
    expect(later.columns['power']).toEqual(power!.slice(offset, offset + later.times.length));
  });

  it('counts on through a day it was begun before it was mounted', () => {
    const early = recordDevice(meter, Date.UTC(2019, 11, 30), 4).columns['energy']!;
    const steps = early.slice(1).map((value, i) => value - early[i]!);
    expect(Math.min(...steps)).toBeGreaterThan(0.001);
    expect(Math.max(...steps)).toBeLessThan(0.2);
  });

  it('draws little by night and most in the evening', () => {
    const hour = (time: number) => (time / hourMs + 1) % 24;
    const night = valuesWhere(recording, 'power', (t) => hour(t) > 1 && hour(t) < 5);
    const evening = valuesWhere(recording, 'power', (t) => hour(t) > 18 && hour(t) < 21);
    expect(mean(night)).toBeLessThan(200);
    expect(mean(evening)).toBeGreaterThan(2.5 * mean(night));
  });

  it('shows single appliances and stays within a household fuse', () => {
    expect(Math.max(...power!)).toBeGreaterThan(1900);
    expect(Math.max(...power!)).toBeLessThan(9000);
    expect(Math.min(...power!)).toBeGreaterThan(75);
  });
});

describe('the appliances of a day', () => {
  it('begin within their day and end before the next one does', () => {
    for (let day = 20_000; day < 20_500; day++) {
      for (const draw of drawsOf(9, day)) {
        expect(draw.to).toBeGreaterThan(draw.from);
        expect(draw.from).toBeGreaterThanOrEqual(localDayStart(day));
        expect(draw.from).toBeLessThan(localDayStart(day + 1));
        expect(draw.to).toBeLessThan(localDayStart(day + 2));
      }
    }
  });
});

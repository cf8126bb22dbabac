import { describe, expect, it } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/simulator/device.ts';
import { createPump } from '../../src/simulator/pump.ts';
import { mean, recordDevice, valuesWhere } from './record-device.ts';

const monday = Date.UTC(2026, 3, 13);
const pump = createPump({
  seed: 11,
  id: 'pump',
  offsetMs: 0,
  workingPressure: 5.8,
  batchMinutes: 24,
});
const hour = (time: number) => (time / hourMs + 1) % 24;
const day = (time: number) => Math.floor((time + hourMs - monday) / dayMs);

describe('the pump', () => {
  const week = recordDevice(pump, monday, 6.9);
  const { vibration, pressure } = week.columns;
  const running = vibration!.map((value) => value > 0.8);
  const share = (test: (time: number) => boolean) => {
    const chosen = running.filter((_, i) => test(week.times[i]!));
    return chosen.filter((on) => on).length / chosen.length;
  };

  it('works two thirds of the time in shifts and little otherwise', () => {
    const shift = (t: number) => day(t) < 5 && hour(t) >= 6 && hour(t) < 22;
    expect(share(shift)).toBeGreaterThan(0.6);
    expect(share(shift)).toBeLessThan(0.75);
    const rest = share((t) => day(t) === 6 || hour(t) < 5);
    expect(rest).toBeGreaterThan(0.01);
    expect(rest).toBeLessThan(0.06);
    expect(share((t) => day(t) === 5 && hour(t) >= 7 && hour(t) < 13)).toBeGreaterThan(0.6);
    expect(share((t) => day(t) === 5 && hour(t) >= 15 && hour(t) < 21)).toBeLessThan(0.06);
  });

  it('fills a batch every 24 minutes of a shift', () => {
    const starts = week.times.filter(
      (t, i) =>
        i > 0 && running[i] && !running[i - 1] && day(t) === 1 && hour(t) > 7 && hour(t) < 21,
    );
    const gaps = starts.slice(1).map((time, i) => (time - starts[i]!) / minuteMs);
    expect(gaps.length).toBeGreaterThan(25);
    expect(Math.abs(mean(gaps) - 24)).toBeLessThan(0.3);
    expect(Math.min(...gaps)).toBeGreaterThan(22);
    expect(Math.max(...gaps)).toBeLessThan(26);
  });

  it('builds up pressure while it runs and falls back to the column above it', () => {
    const settled = (on: boolean) =>
      pressure!.filter((_, i) => i > 12 && running.slice(i - 12, i + 1).every((r) => r === on));
    expect(Math.max(...settled(true))).toBeLessThan(6.4);
    expect(Math.max(...settled(true))).toBeGreaterThan(5.6);
    expect(Math.abs(mean(settled(false)) - 1.2)).toBeLessThan(0.1);
    expect(Math.min(...pressure!)).toBeGreaterThan(1);
  });

  it('shakes more at the start of a batch than in the middle of it', () => {
    const first = vibration!.filter((_, i) => i > 0 && running[i] && !running[i - 1]);
    const later = vibration!.filter((_, i) => i > 6 && running.slice(i - 6, i + 1).every((r) => r));
    expect(mean(first)).toBeGreaterThan(mean(later) + 0.3);
  });

  it('shakes more the longer ago the bearing was renewed', () => {
    const overhaul = Math.ceil(monday / (90 * dayMs)) * 90 * dayMs;
    const level = (time: number) => {
      const recording = recordDevice(pump, time, 7);
      const values = recording.columns['vibration']!;
      return mean(valuesWhere(recording, 'vibration', (_, i) => values[i]! > 1.6));
    };
    expect(level(overhaul + 80 * dayMs)).toBeGreaterThan(level(overhaul + dayMs) + 0.3);
  });
});

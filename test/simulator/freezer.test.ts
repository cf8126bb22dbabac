import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs } from '../../src/simulator/device.ts';
import { createFreezer } from '../../src/simulator/freezer.ts';
import { mean, recordDevice, valuesWhere } from './record-device.ts';

const from = Date.UTC(2026, 2, 2);
const days = 7;
const freezer = (openingsPerDay: number) =>
  createFreezer({
    seed: 7,
    id: 'freezer',
    offsetMs: 0,
    on: -17,
    off: -19.5,
    compressorPower: 78,
    defrostHour: 2,
    openingsPerDay,
  });

/** Whether the freezer may still be recovering from a defrost. */
const nearDefrost = (time: number) => (time / hourMs - 2) % 12 < 2;

describe('the freezer', () => {
  const closed = recordDevice(freezer(0), from, days);
  const used = recordDevice(freezer(9), from, days);
  const running = used.columns['compressor']!.map((power) => power > 20);
  const starts = used.times.filter((_, i) => i > 0 && running[i]! && !running[i - 1]!);

  it('keeps its air within the hysteresis band when nobody opens it', () => {
    const quiet = valuesWhere(closed, 'temperature', (time) => !nearDefrost(time));
    // The evaporator stays cold for some minutes after the compressor stops; the sensor is noisy.
    expect(Math.min(...quiet)).toBeGreaterThan(-19.5 - 0.5);
    expect(Math.max(...quiet)).toBeLessThan(-17 + 0.4);
    expect(Math.max(...quiet) - Math.min(...quiet)).toBeGreaterThan(2);
  });

  it('starts its compressor about once in three quarters of an hour', () => {
    const cycles = starts.slice(1).map((time, i) => (time - starts[i]!) / minuteMs);
    expect(mean(cycles)).toBeGreaterThan(30);
    expect(mean(cycles)).toBeLessThan(70);
  });

  it('cools while the compressor runs and warms while it rests', () => {
    const { temperature } = used.columns;
    const steady = (i: number) =>
      i > 5 && running.slice(i - 5, i + 1).every((on) => on === running[i]);
    const change = (on: boolean) =>
      mean(
        temperature!.flatMap((value, i) =>
          steady(i) && running[i] === on ? [value - temperature![i - 1]!] : [],
        ),
      );
    expect(change(true)).toBeLessThan(-0.05);
    expect(change(false)).toBeGreaterThan(0.05);
  });

  it('defrosts twice a day, at rest and to well above the band', () => {
    for (
      let defrost = from + 2 * hourMs;
      defrost < from + days * 24 * hourMs;
      defrost += 12 * hourMs
    ) {
      const heated = (time: number) => time > defrost && time <= defrost + 17 * minuteMs;
      expect(Math.max(...valuesWhere(used, 'compressor', heated))).toBeLessThan(3);
      const after = (time: number) => time > defrost && time <= defrost + 40 * minuteMs;
      expect(Math.max(...valuesWhere(used, 'temperature', after))).toBeGreaterThan(-15);
    }
  });

  it('is opened by day more often than by night', () => {
    const warmed = (first: number, last: number) =>
      used.times.filter((time, i) => {
        const hour = (time / hourMs + 1) % 24;
        const rise = used.columns['temperature']![i]! - (used.columns['temperature']![i - 1] ?? 0);
        return hour >= first && hour < last && !nearDefrost(time) && rise > 0.35;
      }).length /
      (last - first);
    expect(warmed(7, 22)).toBeGreaterThan(3 * warmed(0, 6));
    expect(warmed(7, 22)).toBeGreaterThan(0.5);
  });

  it('stays between the plausible extremes', () => {
    expect(Math.min(...used.columns['compressor']!)).toBeGreaterThan(1);
    expect(Math.max(...used.columns['compressor']!)).toBeLessThan(130);
    expect(Math.max(...used.columns['temperature']!)).toBeLessThan(-9);
  });
});

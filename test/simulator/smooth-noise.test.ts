import { describe, expect, it } from 'vitest';
import { SmoothNoise } from '../../src/simulator/smooth-noise.ts';
import { deviation, mean } from './record-device.ts';

describe('smooth noise', () => {
  const period = 1000;
  const times = Array.from({ length: 40_000 }, (_, i) => (i - 20_000) * 70);

  it('gives the same at a time in whatever order it is asked', () => {
    const forward = new SmoothNoise(1, 'a', period);
    const backward = new SmoothNoise(1, 'a', period);
    const ascending = times.slice(0, 500).map((time) => forward.at(time));
    const descending = times
      .slice(0, 500)
      .reverse()
      .map((time) => backward.at(time));
    expect(descending.reverse()).toEqual(ascending);
  });

  it('has mean 0 and a deviation between 0.8 and 1', () => {
    const noise = new SmoothNoise(2, 'b', period);
    const values = times.map((time) => noise.at(time));
    expect(Math.abs(mean(values))).toBeLessThan(0.08);
    expect(deviation(values)).toBeGreaterThan(0.78);
    expect(deviation(values)).toBeLessThan(1.02);
  });

  it('moves without leaps', () => {
    const noise = new SmoothNoise(3, 'c', period);
    const values = Array.from({ length: 50_000 }, (_, i) => noise.at(i * 10));
    const leaps = values.slice(1).map((value, i) => Math.abs(value - values[i]!));
    expect(Math.max(...leaps)).toBeLessThan(0.1);
  });
});

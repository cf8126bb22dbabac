import { describe, expect, it } from 'vitest';
import { sectionsOf } from '../../src/evaluation/presets.ts';

const name = 'plant.csv';

describe('sectionsOf', () => {
  it('takes a fifth of the rows for the scale and scores the last three quarters', () => {
    const sections = sectionsOf('ratio', { rows: 7_588, horizon: 48, name });
    expect(sections).toEqual({ scaleEnd: 1_517, scoredFrom: 1_897, scoredEnd: 7_588 });
  });

  it('takes the rows of the papers', () => {
    const shape = { rows: 60_000, horizon: 48, name };
    expect(sectionsOf('fsnet', shape).scoredEnd).toBe(14_400);
    expect(sectionsOf('dsof', shape).scoredFrom).toBe(14_400);
  });

  it('refuses a file that is too short, and says what it would take', () => {
    const failure = (preset: 'ratio' | 'fsnet', rows: number) => () =>
      sectionsOf(preset, { rows, horizon: 48, name });
    expect(failure('fsnet', 14_399)).toThrow(
      'plant.csv: expected 14400 rows for the preset fsnet, got 14399',
    );
    expect(failure('ratio', 62)).toThrow('plant.csv: expected more rows for a horizon of 48');
    expect(failure('ratio', 63)).not.toThrow();
  });
});

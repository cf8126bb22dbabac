import { InklingError } from '../protocol/errors.ts';

/** Which rows of a recording set the scale of the errors, and which are scored. Rows count from 0. */
export interface Sections {
  /** S: rows [0, S) give the mean and the deviation that errors are measured in. */
  readonly scaleEnd: number;
  /** [A, B): targets; forecasts are judged from row A − 1 on. */
  readonly scoredFrom: number;
  readonly scoredEnd: number;
}

export const presetNames = ['ratio', 'fsnet', 'dsof'] as const;
export type PresetName = (typeof presetNames)[number];

/** The sections that papers on ETT use, which others are compared with. */
const fixedSections: Readonly<Record<Exclude<PresetName, 'ratio'>, Sections>> = {
  fsnet: { scaleEnd: 2_880, scoredFrom: 3_600, scoredEnd: 14_400 },
  dsof: { scaleEnd: 11_520, scoredFrom: 14_400, scoredEnd: 57_600 },
};

/** Fewer scale rows than this say nothing about scale. */
const SCALE_ROWS_MIN = 2;

/** The sections of a file of so many rows; ERR_DATA_UNREADABLE when it is too short for them. */
export function sectionsOf(
  preset: PresetName,
  { rows, horizon, name }: { rows: number; horizon: number; name: string },
): Sections {
  const sections =
    preset === 'ratio'
      ? {
          scaleEnd: Math.floor(0.2 * rows),
          scoredFrom: Math.floor(0.25 * rows),
          scoredEnd: rows,
        }
      : fixedSections[preset];
  const { scaleEnd, scoredFrom, scoredEnd } = sections;
  const isLongEnough =
    scoredEnd <= rows && scaleEnd >= SCALE_ROWS_MIN && scoredEnd - scoredFrom >= horizon;
  if (isLongEnough) return sections;
  const expected =
    preset === 'ratio'
      ? `more rows for a horizon of ${horizon}`
      : `${fixedSections[preset].scoredEnd} rows for the preset ${preset}`;
  const message = `${name}: expected ${expected}, got ${rows}`;
  throw new InklingError('ERR_DATA_UNREADABLE', message);
}

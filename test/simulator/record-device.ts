import { type DeviceModel, dayMs } from '../../src/simulator/device.ts';
import { DeviceCourse } from '../../src/simulator/device-course.ts';

/** The healthy, unrounded values of one device over some days. */
export interface Recording {
  readonly times: number[];
  /** One column per stream, by key. */
  readonly columns: Readonly<Record<string, number[]>>;
}

export function recordDevice(model: DeviceModel, from: number, days: number): Recording {
  const course = new DeviceCourse(model, from);
  const times: number[] = [];
  const columns: Record<string, number[]> = {};
  for (const { key } of model.streams) columns[key] = [];
  while (course.nextTime < from + days * dayMs) {
    times.push(course.nextTime);
    course.next().forEach((value, index) => {
      columns[model.streams[index]!.key]!.push(value);
    });
  }
  return { times, columns };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** The values whose time passes the test. */
export function valuesWhere(
  recording: Recording,
  key: string,
  test: (time: number, index: number) => boolean,
): number[] {
  return recording.columns[key]!.filter((_, index) => test(recording.times[index]!, index));
}

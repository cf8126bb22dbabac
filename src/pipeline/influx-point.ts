/** One point for InfluxDB, before it becomes a line. */
export interface InfluxPoint {
  /** Not empty. */
  readonly measurement: string;
  /** Empty values are left out. Points that follow each other may share one object: it is then written once. */
  readonly tags: Readonly<Record<string, string>>;
  /** All numbers become floats; what is null, undefined or not finite is left out. */
  readonly fields: Readonly<Record<string, InfluxField>>;
  /** Whole milliseconds since 1970. */
  readonly timeMs: number;
  /** Significant digits of numbers with a fraction, 1 to 15; left out: as many as tell doubles apart. */
  readonly digits?: number;
}

export type InfluxField = number | string | null | undefined;

/** Where points go. */
export interface PointSink {
  /** Takes the points at once and never throws; what it cannot keep is counted. */
  write(points: readonly InfluxPoint[]): void;
}

/**
 * Readings of one time bucket become one value when the first reading of a later bucket comes: the
 * stream has a configured cadence then, and each bucket is a step with the bucket's start as its time.
 */

export type Aggregate = 'mean' | 'last' | 'min' | 'max' | 'sum';

export interface BucketColumns {
  /** Start of the open bucket, ms; NaN: none. */
  bucketStart: Float64Array;
  bucketSum: Float64Array;
  bucketCount: Uint32Array;
  bucketMin: Float64Array;
  bucketMax: Float64Array;
  bucketLast: Float64Array;
}

/** Opens a bucket without readings. */
export function openBucket(columns: BucketColumns, row: number, start: number): void {
  columns.bucketStart[row] = start;
  columns.bucketSum[row] = 0;
  columns.bucketCount[row] = 0;
  columns.bucketMin[row] = Number.POSITIVE_INFINITY;
  columns.bucketMax[row] = Number.NEGATIVE_INFINITY;
  columns.bucketLast[row] = Number.NaN;
}

/** Adds a value to the open bucket; a missing one (NaN) is left out. */
export function addToBucket(columns: BucketColumns, row: number, value: number): void {
  if (Number.isNaN(value)) return;
  columns.bucketSum[row] += value;
  columns.bucketCount[row] += 1;
  columns.bucketMin[row] = Math.min(columns.bucketMin[row], value);
  columns.bucketMax[row] = Math.max(columns.bucketMax[row], value);
  columns.bucketLast[row] = value;
}

/** What the open bucket amounts to; NaN when nothing but missing values came. */
export function bucketValue(columns: BucketColumns, row: number, aggregate: Aggregate): number {
  const count = columns.bucketCount[row];
  if (count === 0) return Number.NaN;
  switch (aggregate) {
    case 'mean':
      return columns.bucketSum[row] / count;
    case 'sum':
      return columns.bucketSum[row];
    case 'min':
      return columns.bucketMin[row];
    case 'max':
      return columns.bucketMax[row];
    case 'last':
      return columns.bucketLast[row];
  }
}

import { rowWidth, type TrainingRows } from '../../engine/training/training-rows.ts';

export interface MovableRows {
  readonly rows: TrainingRows;
  readonly bytes: number;
  /** The buffers that move with the message. */
  readonly transfer: ArrayBuffer[];
}

/**
 * Rows whose arrays can move to another thread. An array that is a whole buffer moves as it is; a
 * part of a larger one is copied out first, since a message would take the whole buffer along.
 */
export function movableRows(rows: TrainingRows): MovableRows {
  const stateWidth = 2 * rows.shape.layers * rows.shape.hidden;
  const movable = {
    ...rows,
    rows: whole(rows.rows, rows.count * rowWidth(rows.shape)),
    stateAt: whole(rows.stateAt, 2 * rows.stateCount),
    states: whole(rows.states, rows.stateCount * stateWidth),
  };
  const arrays = [movable.rows, movable.stateAt, movable.states];
  return {
    rows: movable,
    bytes: arrays.reduce((sum, array) => sum + array.byteLength, 0),
    transfer: arrays.map((array) => array.buffer as ArrayBuffer),
  };
}

function whole<T extends Float32Array | Float64Array>(array: T, length: number): T {
  if (array.length === length && array.byteLength === array.buffer.byteLength) return array;
  return array.slice(0, length) as T;
}

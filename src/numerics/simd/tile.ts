/**
 * The loop in which nearly all time is spent: a tile of sums, rows of A times a panel of W.
 *
 *           w:  k ▼ │ v v v v │   four vectors of a panel (or of two panels side by side)
 *   a: row 0  k ▶  s  ·  ·  ·  ·     sums stay in registers from the first k to the last;
 *      row 1  k ▶  s  ·  ·  ·  ·     one number of A is spread over the lanes
 *
 * Two rows and four vectors are eight chains of additions, enough to hide their latency, and leave
 * registers to spare: V8 has fifteen. A single row takes two panels at once for the same reason.
 * Every sum is made in rising k from its start value, so its bits do not depend on the tile's shape.
 */

import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { addInt, type Local, load, loadSplat, notEqual } from './expressions.ts';

export interface TileStrides {
  /** Rows of a tile, 1 or 2. */
  readonly rows: 1 | 2;
  /** Bytes from row to row of A, from k to k of A, and from k to k of W. */
  readonly aRow: number;
  readonly aStep: number;
  readonly wStep: number;
  /** Bytes from row to row of the sums, and of their start values; 0 when all rows share them. */
  readonly zRow: number;
  readonly startRow: number;
}

/**
 * `(n, a, w, wEnd, z, start)`: n tiles, one below the other, over the panel w..wEnd, k = 0, 1, …
 * n ≥ 1 and at least one k. Reads the start values of 16 sums a row and writes the sums to z.
 */
export function defineTile(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  { rows, aRow, aStep, wStep, zRow, startRow }: TileStrides,
): FunctionBuilder {
  return module.define('', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (body, ...parameters) => {
    const [n, a, w, wEnd, z, start] = parameters;
    const [aAt, wAt] = [body.int(), body.int()];
    const sums = Array.from({ length: rows }, () => body.vectors(4));
    const spread = body.vectors(rows);
    const column = body.vector();
    const each = (work: (sum: Local, row: number, v: number) => void) => {
      for (const [m, row] of sums.entries()) for (const [v, sum] of row.entries()) work(sum, m, v);
    };
    body.countDown(n, () => {
      each((sum, m, v) => body.set(sum, load(start, m * startRow + 16 * v)));
      body.set(aAt, a);
      body.set(wAt, w);
      body.doWhile(
        () => {
          for (const [m, value] of spread.entries()) body.set(value, loadSplat(aAt, m * aRow));
          for (let v = 0; v < 4; v++) {
            body.set(column, load(wAt, 16 * v));
            for (const [m, row] of sums.entries()) {
              body.set(row[v], multiplyAdd(spread[m], column, row[v]));
            }
          }
          body.advance(aAt, aStep);
          body.advance(wAt, wStep);
        },
        () => notEqual(wAt, wEnd),
      );
      each((sum, m, v) => body.store(z, sum, m * zRow + 16 * v));
      body.advance(a, rows * aRow);
      body.advance(z, rows * zRow);
      body.advance(start, rows * startRow);
    });
  });
}

/**
 * `(n, a, w, z)`: one row of A over n pairs of panels of K rows and a bias row each; 16 sums a
 * panel go to z, panel after panel. n ≥ 1.
 */
export function definePanelPairs(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  K: number,
): FunctionBuilder {
  const biasAt = 64 * K;
  const panelBytes = biasAt + 64;
  return module.define('', ['i32', 'i32', 'i32', 'i32'], (body, n, a, w, z) => {
    const [aAt, aEnd] = [body.int(), body.int()];
    const sums = body.vectors(8);
    const spread = body.vector();
    const offset = (v: number) => (v < 4 ? 16 * v : panelBytes + 16 * (v - 4));
    body.set(aEnd, addInt(a, 4 * K));
    body.countDown(n, () => {
      for (const [v, sum] of sums.entries()) body.set(sum, load(w, biasAt + offset(v)));
      body.set(aAt, a);
      body.doWhile(
        () => {
          body.set(spread, loadSplat(aAt));
          for (const [v, sum] of sums.entries()) {
            body.set(sum, multiplyAdd(spread, load(w, offset(v)), sum));
          }
          body.advance(aAt, 4);
          body.advance(w, 64);
        },
        () => notEqual(aAt, aEnd),
      );
      for (const [v, sum] of sums.entries()) body.store(z, sum, 16 * v);
      body.advance(w, 64 + panelBytes);
      body.advance(z, 128);
    });
  });
}

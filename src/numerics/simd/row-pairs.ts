import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { addInt, andInt, mulInt, shiftRight } from './expressions.ts';
import { defineTile, type TileStrides } from './tile.ts';

export type RowPairStrides = Omit<TileStrides, 'rows'>;

/**
 * `(n, a, w, wEnd, z, start)`: the sums of n ≥ 1 rows over one panel, two rows at a time and then
 * the odd one; parameters as those of a tile.
 */
export function defineRowPairs(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: RowPairStrides,
): FunctionBuilder {
  const { aRow, zRow, startRow } = strides;
  const pairs = defineTile(module, multiplyAdd, { ...strides, rows: 2 });
  const last = defineTile(module, multiplyAdd, { ...strides, rows: 1 });
  return module.define('', Array(6).fill('i32'), (body, n, a, w, wEnd, z, start) => {
    const even = body.int();
    body.set(even, andInt(n, -2));
    body.when(even, () => body.call(pairs, shiftRight(even, 1), a, w, wEnd, z, start));
    body.when(andInt(n, 1), () => {
      const after = (address: typeof a, row: number) => addInt(address, mulInt(even, row));
      body.call(last, 1, after(a, aRow), w, wEnd, after(z, zRow), after(start, startRow));
    });
  });
}

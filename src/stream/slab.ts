/**
 * A slab holds the numeric state of many streams as columns: one typed array per quantity, one row
 * per stream, so that a snapshot is a handful of writes, memory per stream is known in advance and
 * a kernel can work on the state in place.
 *
 *   column "median", width 3      row 0      row 1      row 2
 *                               ┌──┬──┬──┬──┬──┬──┬──┬──┬──┬─ ─
 *                               │  │  │  │  │  │  │  │  │  │      data[row · width + k]
 *                               └──┴──┴──┴──┴──┴──┴──┴──┴──┴─ ─
 *
 * A slab grows by doubling. Growth replaces the arrays in `columns`: fetch them again afterwards.
 */

type ColumnType = 'f64' | 'f32' | 'u32' | 'u8';

export interface ColumnSpecification {
  readonly type: ColumnType;
  readonly width: number;
  /** What a fresh row holds; 0 when left out. */
  readonly fill?: number;
}

type ColumnData = { f64: Float64Array; f32: Float32Array; u32: Uint32Array; u8: Uint8Array };
export type ColumnArray = ColumnData[ColumnType];
export type Columns<S extends Record<string, ColumnSpecification>> = {
  -readonly [K in keyof S]: ColumnData[S[K]['type']];
};

const constructors = {
  f64: Float64Array,
  f32: Float32Array,
  u32: Uint32Array,
  u8: Uint8Array,
} as const;

const CAPACITY_FIRST = 16;

export class Slab<S extends Record<string, ColumnSpecification>> {
  readonly specification: S;
  /** The arrays, by column name; each (capacity, width). */
  readonly columns: Columns<S>;
  /** Bytes of one row over all columns. */
  readonly rowBytes: number;
  #capacity = CAPACITY_FIRST;

  constructor(specification: S) {
    this.specification = specification;
    const columns: Record<string, ColumnArray> = {};
    let rowBytes = 0;
    for (const [name, column] of Object.entries(specification)) {
      const data = new constructors[column.type](CAPACITY_FIRST * column.width);
      if (column.fill !== undefined) data.fill(column.fill);
      columns[name] = data;
      rowBytes += column.width * data.BYTES_PER_ELEMENT;
    }
    this.columns = columns as Columns<S>;
    this.rowBytes = rowBytes;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Makes room for at least `rows` rows; new rows are fresh, old ones keep their state. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    let capacity = this.#capacity;
    while (capacity < rows) capacity *= 2;
    for (const [name, column] of Object.entries(this.specification)) {
      const old = this.#column(name);
      const data = new constructors[column.type](capacity * column.width);
      if (column.fill !== undefined) data.fill(column.fill, old.length);
      data.set(old);
      (this.columns as Record<string, ColumnArray>)[name] = data;
    }
    this.#capacity = capacity;
  }

  /** Makes one row fresh again. */
  clearRow(row: number): void {
    for (const [name, column] of Object.entries(this.specification)) {
      const start = row * column.width;
      this.#column(name).fill(column.fill ?? 0, start, start + column.width);
    }
  }

  /** The first `rows` rows of every column, as views in the order of the specification. */
  sections(rows: number): { name: string; data: ColumnArray }[] {
    return Object.entries(this.specification).map(([name, column]) => ({
      name,
      data: this.#column(name).subarray(0, rows * column.width),
    }));
  }

  #column(name: string): ColumnArray {
    return (this.columns as Record<string, ColumnArray>)[name] as ColumnArray;
  }
}

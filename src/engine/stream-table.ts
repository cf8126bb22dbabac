import { Slab } from '../stream/slab.ts';
import { type StreamColumns, streamSpecification } from '../stream/stream-columns.ts';

/**
 * All streams: a stream is a number, its row in the slab. Rows of removed streams are given to the
 * next new ones, the one freed last first, so that the same events give the same rows.
 */
export class StreamTable {
  readonly slab = new Slab(streamSpecification);
  readonly #rows = new Map<string, number>();
  #names: (string | null)[] = [];
  #units: (string | null)[] = [];
  #labels: (Readonly<Record<string, string>> | null)[] = [];
  #free: number[] = [];
  /** Ids in ascending order; null after a change, made anew when asked for. */
  #sorted: string[] | null = null;

  get columns(): StreamColumns {
    return this.slab.columns;
  }

  /** Number of streams. */
  get count(): number {
    return this.#rows.size;
  }

  /** Rows ever used: every stream's row is below. */
  get rows(): number {
    return this.#names.length;
  }

  /** The stream's row; undefined when there is no such stream. */
  rowOf(id: string): number | undefined {
    return this.#rows.get(id);
  }

  /** The id of the stream in a row; null when the row is free. */
  idOf(row: number): string | null {
    return this.#names[row] ?? null;
  }

  unitOf(row: number): string | null {
    return this.#units[row] ?? null;
  }

  labelsOf(row: number): Readonly<Record<string, string>> | null {
    return this.#labels[row] ?? null;
  }

  /** Ids in ascending order of code units. */
  ids(): readonly string[] {
    this.#sorted ??= [...this.#rows.keys()].sort();
    return this.#sorted;
  }

  /** Gives a new stream a fresh row. The id must not be there yet. */
  add(id: string, labels: Readonly<Record<string, string>> | null): number {
    const row = this.#free.pop() ?? this.#names.length;
    this.slab.reserve(row + 1);
    this.slab.clearRow(row);
    this.#rows.set(id, row);
    this.#names[row] = id;
    this.#units[row] = null;
    this.#labels[row] = labels;
    this.#sorted = null;
    return row;
  }

  noteUnit(row: number, unit: string): void {
    this.#units[row] = unit;
  }

  /** Frees a stream's row. */
  remove(row: number): void {
    const id = this.#names[row];
    if (id === null) return;
    this.#rows.delete(id);
    this.#names[row] = null;
    this.#units[row] = null;
    this.#labels[row] = null;
    this.#free.push(row);
    this.#sorted = null;
  }

  /** Names and free rows, for a snapshot; `restore` takes it. */
  directory(): StreamTableDirectory {
    return { names: this.#names, units: this.#units, labels: this.#labels, free: this.#free };
  }

  /** Takes the place of everything; the slab's columns are filled by the caller. */
  restore(directory: StreamTableDirectory): void {
    this.#names = [...directory.names];
    this.#units = [...directory.units];
    this.#labels = [...directory.labels];
    this.#free = [...directory.free];
    this.#rows.clear();
    this.#names.forEach((id, row) => {
      if (id !== null) this.#rows.set(id, row);
    });
    this.#sorted = null;
    this.slab.reserve(this.#names.length);
  }
}

export interface StreamTableDirectory {
  readonly names: readonly (string | null)[];
  readonly units: readonly (string | null)[];
  readonly labels: readonly (Readonly<Record<string, string>> | null)[];
  readonly free: readonly number[];
}

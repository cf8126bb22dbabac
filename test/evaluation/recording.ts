import type { CsvFile } from '../../src/evaluation/csv/csv-reader.ts';

export const HOUR = 3_600_000;
/** A Monday, midnight. */
export const START = Date.UTC(2026, 0, 5);

type Value = number | null;

/** A recording in memory: columns of values, hourly from START unless `times` says otherwise. */
export function recordingOf(
  columns: Readonly<Record<string, readonly Value[]>>,
  times?: readonly (number | null)[],
): CsvFile {
  const names = Object.keys(columns);
  const rows = Array.from({ length: columns[names[0]!]!.length }, (_, index) => ({
    time: times === undefined ? START + index * HOUR : times[index]!,
    values: names.map((name) => columns[name]![index]!),
  }));
  return {
    header: { columns: names, timeColumn: 'time', textColumns: [], delimiter: ',' },
    sizeBytes: rows.length,
    async *batches() {
      for (let from = 0; from < rows.length; from += 100) {
        const batch = rows.slice(from, from + 100);
        yield { rows: batch, readBytes: from + batch.length };
      }
    },
  };
}

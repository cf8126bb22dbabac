import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { InklingError } from '../protocol/errors.ts';
import { dayMs } from '../simulator/device.ts';
import type { FaultLabel } from '../simulator/faults.ts';
import { createFleet, type Fleet, type FleetMessage } from '../simulator/fleet.ts';
import type { ProgressState } from './progress.ts';

/**
 * The simulated devices as files of a folder: one table a device, and all injected faults.
 *
 *   freezer-1.csv   time,temperature,power                  stream: demo/<file>/<column>
 *   …               2026-01-01T00:00:02.000Z,-18.4,78       an empty cell: no reading
 *   labels.csv      stream,kind,from,to,magnitude           see `FaultLabel`
 *
 * Time begins at a fixed moment, so that a seed alone gives the same files, byte for byte.
 */

/** Time of the first reading is at or after it. */
export const filesBeginAt = Date.UTC(2026, 0, 1);

export interface SimulatedFilesOptions {
  /** Made when it is not there; files of the same names are overwritten. */
  readonly folder: string;
  readonly seed: number;
  readonly days: number;
  /** Aborted: stop, with whole rows written. */
  readonly signal: AbortSignal;
  readonly onProgress: (state: ProgressState) => void;
}

export interface SimulatedFiles {
  readonly readings: number;
  readonly streams: number;
  readonly faults: number;
}

/** Text gathered before it is written. Characters. */
const gatheredMax = 64 * 1024;
/** Messages between two looks at the signal. */
const messagesPerTurn = 2_000;

/** ERR_DATA_NOT_WRITABLE when the folder or a file cannot be written. */
export async function writeSimulatedFiles(options: SimulatedFilesOptions): Promise<SimulatedFiles> {
  const { folder, seed, days } = options;
  const fleet = createFleet({ seed, from: filesBeginAt });
  try {
    await mkdir(folder, { recursive: true });
    const { readings, until } = await writeReadings(fleet, options);
    const labels = fleet.labels(filesBeginAt, until);
    await writeTable(join(folder, 'labels.csv'), labelLines(labels));
    return { readings, streams: fleet.streams.length, faults: labels.length };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof InklingError || typeof code !== 'string') throw error;
    throw new InklingError(
      'ERR_DATA_NOT_WRITABLE',
      `expected to write ${days} days of readings to ${folder}, but got: ${message}`,
    );
  }
}

async function writeReadings(
  fleet: Fleet,
  { folder, days, signal, onProgress }: SimulatedFilesOptions,
) {
  const end = filesBeginAt + days * dayMs;
  const tables = await openTables(fleet, folder);
  let readings = 0;
  let messages = 0;
  let until = end - 1;
  try {
    while (fleet.nextTime < end) {
      const message = fleet.next();
      readings += message.readings.length;
      const table = tables.get(message.readings[0]!.stream)!;
      if (table.add(message)) await table.flush();
      if (++messages % messagesPerTurn !== 0) continue;
      onProgress({ share: (message.time - filesBeginAt) / (days * dayMs), count: readings });
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal.aborted) continue;
      until = message.time;
      break;
    }
  } finally {
    for (const table of new Set(tables.values())) await table.close();
  }
  return { readings, until };
}

/** The table of each stream; those of one device share one. */
async function openTables(fleet: Fleet, folder: string): Promise<Map<string, DeviceTable>> {
  const streams = new Map<string, string[]>();
  for (const { id } of fleet.streams) {
    const device = id.slice(0, id.lastIndexOf('/'));
    streams.set(device, [...(streams.get(device) ?? []), id]);
  }
  const tables = new Map<string, DeviceTable>();
  for (const [device, ids] of streams) {
    const name = device.slice(device.lastIndexOf('/') + 1);
    const table = new DeviceTable(await open(join(folder, `${name}.csv`), 'w'), ids);
    for (const id of ids) tables.set(id, table);
  }
  return tables;
}

/** One device's file, written in pieces. */
class DeviceTable {
  readonly #file: FileHandle;
  readonly #ids: readonly string[];
  #text: string;

  constructor(file: FileHandle, ids: readonly string[]) {
    this.#file = file;
    this.#ids = ids;
    const columns = ids.map((id) => id.slice(id.lastIndexOf('/') + 1));
    this.#text = `time,${columns.join()}\n`;
  }

  /** True when it is time to flush. */
  add({ time, readings }: FleetMessage): boolean {
    let row = new Date(time).toISOString();
    let next = 0;
    for (const id of this.#ids) {
      // A message names its readings in the order of the device's streams.
      const reading = readings[next];
      row += reading?.stream === id ? `,${reading.value}` : ',';
      if (reading?.stream === id) next++;
    }
    this.#text += `${row}\n`;
    return this.#text.length > gatheredMax;
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    await this.#file.writeFile(text);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }
}

function labelLines(labels: readonly FaultLabel[]): string {
  const lines = labels.map(({ stream, kind, from, to, magnitude }) =>
    [stream, kind, new Date(from).toISOString(), new Date(to).toISOString(), magnitude].join(),
  );
  return ['stream,kind,from,to,magnitude', ...lines, ''].join('\n');
}

async function writeTable(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

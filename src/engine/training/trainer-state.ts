import { crc32c } from '../../numerics/crc32c.ts';
import { parameterCount } from '../../numerics/network-layout.ts';
import type { CellKind, NetworkShape } from '../../numerics/recurrent-kernel.ts';
import { InklingError } from '../../protocol/errors.ts';
import { Trainer, type TrainingKernels } from './trainer.ts';

/**
 * Trainers as bytes, for the snapshot: a decoded trainer goes on bit for bit like the encoded one.
 * Records follow each other, one a trainer; numbers are little-endian, arrays are kept as they lie in
 * memory (the machines Node runs on are little-endian).
 *
 *   ┌──────┬─────────┬─────────────┬────────┬──────────────────────────────────────────────┐
 *   │ INKT │ version │ body length │ CRC32C │ body                                         │
 *   │  u32 │   u32   │     u32     │ u32    │                                              │
 *   └──────┴─────────┴─────────────┴────────┴──────────────────────────────────────────────┘
 *   body: u32 × 12: cell, X, H, L, O, window, slots, replay windows at most, replay windows kept,
 *         units of the group's name, scalars, arrays │ u32 array lengths in bytes │ u16 name units │ f64 scalars │ arrays
 *
 * Nothing is allocated before the checksum holds, the lengths add up to the body, and the sizes in
 * the head ask for no more memory than the body has.
 */
export function encodeTrainers(trainers: Iterable<Trainer>): Uint8Array {
  const records = Array.from(trainers, encodeTrainer);
  const bytes = new Uint8Array(records.reduce((sum, record) => sum + record.length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/**
 * The trainers that `encodeTrainers` wrote. Throws ERR_SNAPSHOT_CORRUPT for bytes that are cut short
 * or changed, ERR_SNAPSHOT_VERSION for those of another version of this format.
 */
export function decodeTrainers(bytes: Uint8Array, kernels: TrainingKernels): Trainer[] {
  const trainers: Trainer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = recordLength(bytes.subarray(at));
    const body = bytes.subarray(at + HEADER_BYTES, at + length);
    trainers.push(decodeBody(body, kernels));
    at += length;
  }
  return trainers;
}

function encodeTrainer(trainer: Trainer): Uint8Array {
  const { group, shape } = trainer;
  const arrays = trainer.arrays();
  const scalars = trainer.scalars();
  const head = [
    CELLS.indexOf(shape.cell),
    shape.inputs,
    shape.hidden,
    shape.layers,
    shape.outputs,
    trainer.window,
    trainer.slots,
    trainer.replayWindows,
    trainer.replays,
    group.length,
    scalars.length,
    arrays.length,
    ...arrays.map((array) => array.byteLength),
  ];
  const contentBytes = arrays.reduce((sum, array) => sum + array.byteLength, 0);
  const prefix = 4 * head.length + 2 * group.length + 8 * scalars.length;
  const record = new Uint8Array(HEADER_BYTES + prefix + contentBytes);
  const view = new DataView(record.buffer);
  let at = HEADER_BYTES;
  for (const value of head) at = put(at, 4, () => view.setUint32(at, value, true));
  for (let k = 0; k < group.length; k++) {
    at = put(at, 2, () => view.setUint16(at, group.charCodeAt(k), true));
  }
  for (const value of scalars) at = put(at, 8, () => view.setFloat64(at, value, true));
  for (const array of arrays) {
    record.set(bytesOf(array), at);
    at += array.byteLength;
  }
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, prefix + contentBytes, true);
  view.setUint32(12, recordChecksum(record), true);
  return record;
}

/** Over the header before the checksum, and the body. */
function recordChecksum(record: Uint8Array): number {
  return crc32c(record.subarray(HEADER_BYTES), crc32c(record.subarray(0, 12)));
}

/** Bytes of the record at the beginning, which is whole and unchanged. */
function recordLength(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) throw corrupt(`${bytes.length} bytes at the end`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt('another beginning');
  const version = view.getUint32(4, true);
  const length = HEADER_BYTES + view.getUint32(8, true);
  if (length > bytes.length) throw corrupt(`${bytes.length} bytes of ${length}`);
  if (view.getUint32(12, true) !== recordChecksum(bytes.subarray(0, length))) {
    throw corrupt('another checksum');
  }
  if (version !== VERSION) {
    throw new InklingError(
      'ERR_SNAPSHOT_VERSION',
      `expected training state of version ${VERSION}, got ${version}.`,
    );
  }
  return length;
}

function decodeBody(body: Uint8Array, kernels: TrainingKernels): Trainer {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const head = readHead(view);
  let at = 4 * (HEAD_FIELDS + head.arrayBytes.length);
  let group = '';
  for (let k = 0; k < head.groupUnits; k++, at += 2) {
    group += String.fromCharCode(view.getUint16(at, true));
  }
  const scalars: number[] = [];
  for (let k = 0; k < head.scalars; k++, at += 8) scalars.push(view.getFloat64(at, true));
  const { shape, window, slots, replayWindows } = head;
  const weights = new Float32Array(parameterCount(shape));
  const trainer = new Trainer(
    { group, shape, window, slots, replayWindows, weights, version: 0, seed: 0 },
    kernels,
  );
  trainer.expectReplays(head.replays);
  const arrays = trainer.arrays();
  const fits = arrays.every((array, index) => array.byteLength === head.arrayBytes[index]);
  if (!fits || arrays.length !== head.arrayBytes.length) throw corrupt('arrays of other sizes');
  if (scalars.length !== trainer.scalars().length) throw corrupt(`${scalars.length} numbers`);
  for (const array of arrays) {
    bytesOf(array).set(body.subarray(at, at + array.byteLength));
    at += array.byteLength;
  }
  trainer.restored(scalars);
  return trainer;
}

interface Head {
  readonly shape: NetworkShape;
  readonly window: number;
  readonly slots: number;
  readonly replayWindows: number;
  readonly replays: number;
  readonly groupUnits: number;
  readonly scalars: number;
  readonly arrayBytes: readonly number[];
}

function readHead(view: DataView): Head {
  if (view.byteLength < 4 * HEAD_FIELDS) throw corrupt('no head');
  const field = (index: number) => view.getUint32(4 * index, true);
  const cell = CELLS[field(0)];
  const [inputs, hidden, layers, outputs] = [field(1), field(2), field(3), field(4)];
  const [window, slots, replayWindows, replays] = [field(5), field(6), field(7), field(8)];
  const [groupUnits, scalars, arrays] = [field(9), field(10), field(11)];
  const prefix = 4 * (HEAD_FIELDS + arrays) + 2 * groupUnits + 8 * scalars;
  if (cell === undefined || prefix > view.byteLength) throw corrupt('an unreadable head');
  const arrayBytes = Array.from({ length: arrays }, (_, k) => field(HEAD_FIELDS + k));
  const content = arrayBytes.reduce((sum, bytes) => sum + bytes, 0);
  const shape = { cell, inputs, hidden, layers, outputs };
  const cells = layers * hidden;
  const needed =
    4 * parameterCount(shape) +
    4 * slots * (window + outputs) * (inputs + 2 * outputs + 4) +
    4 * replays * (window * (inputs + outputs) + 2 * cells);
  if (prefix + content !== view.byteLength || needed > content) throw corrupt('other lengths');
  if (replays > replayWindows) throw corrupt(`${replays} replay windows of ${replayWindows}`);
  return { shape, window, slots, replayWindows, replays, groupUnits, scalars, arrayBytes };
}

function put(at: number, bytes: number, write: () => void): number {
  write();
  return at + bytes;
}

function bytesOf(array: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function corrupt(what: string): InklingError {
  return new InklingError('ERR_SNAPSHOT_CORRUPT', `expected whole training state, got ${what}.`);
}

const CELLS: readonly CellKind[] = ['rnn', 'gru', 'lstm'];
/** "INKT" */
const MAGIC = 0x544b4e49;
const VERSION = 2;
const HEADER_BYTES = 16;
const HEAD_FIELDS = 12;

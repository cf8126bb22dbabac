import { InklingError } from '../protocol/errors.ts';
import type { ColumnSpecification, Slab } from '../stream/slab.ts';
import { compileRules } from '../stream/stream-rule.ts';
import type { Engine } from './engine.ts';
import type { GroupKey, GroupMembership, ModelGroup } from './model-group.ts';
import {
  type DecodedSnapshot,
  encodeSnapshot,
  encodeSnapshotSliced,
  type SectionArray,
  type SnapshotSection,
} from './snapshot-format.ts';
import type { StreamTableDirectory } from './stream-table.ts';

/**
 * An engine's state as a snapshot and back. State is restored group by group; a group whose shape
 * the configuration no longer asks for is left behind, and its streams start there anew.
 */

/** What a snapshot says in words, besides its arrays. */
export interface SnapshotMeta {
  readonly position: number;
  readonly table: StreamTableDirectory;
  readonly groups: readonly GroupMeta[];
}

export interface GroupMeta {
  readonly name: string;
  readonly key: GroupKey;
  readonly version: number;
  readonly loss: number | null;
  /** Kernel that computed h and c. */
  readonly variant: string;
  readonly membership: GroupMembership;
}

/** Sections with this prefix are not the engine's own: state of training, kept by name. */
const EXTRA = 'extra/';

/** What a snapshot is made of. */
interface SnapshotParts {
  readonly meta: SnapshotMeta;
  readonly sections: readonly SnapshotSection[];
}

/** The chunks of a snapshot file. They are views: write or copy them before the next event. */
export function snapshotEngine(
  engine: Engine,
  extras: ReadonlyMap<string, Uint8Array> = new Map(),
): Uint8Array[] {
  const { meta, sections } = partsOf(engine, extras);
  return encodeSnapshot(meta, sections);
}

/** An engine's state at one moment, apart from the engine, which may go on. */
export interface EngineCopy {
  readonly position: number;
  /** The chunks of its snapshot file, worked out in slices; `pause` is awaited between them. */
  encode(pause: () => Promise<void>): Promise<Uint8Array[]>;
}

/**
 * Copies engines' states. It keeps the memory of the last copy for the next one: fresh memory has to
 * be fetched from the system page by page, which takes four times as long as copying.
 */
export class EngineCopier {
  readonly #buffers = new Map<string, ArrayBuffer>();

  /**
   * Copies everything in one go: the time it takes is a pause of the service. The copy before must
   * not be used any more.
   */
  copy(engine: Engine, extras: ReadonlyMap<string, Uint8Array>): EngineCopy {
    const parts = partsOf(engine, extras);
    const meta = copyOfMeta(parts.meta);
    const sections = parts.sections.map(({ name, data }) => ({
      name,
      data: this.#copyOf(name, data),
    }));
    return {
      position: meta.position,
      encode: (pause) => encodeSnapshotSliced(meta, sections, pause),
    };
  }

  #copyOf(name: string, data: SectionArray): SectionArray {
    let buffer = this.#buffers.get(name);
    if (buffer === undefined || buffer.byteLength < data.byteLength) {
      buffer = new ArrayBuffer(data.byteLength);
      this.#buffers.set(name, buffer);
    }
    const ArrayOf = data.constructor as new (
      buffer: ArrayBuffer,
      at: number,
      length: number,
    ) => SectionArray;
    const copy = new ArrayOf(buffer, 0, data.length);
    copy.set(data);
    return copy;
  }
}

function copyOfMeta({ position, table, groups }: SnapshotMeta): SnapshotMeta {
  const { names, units, labels, free } = table;
  return {
    position,
    table: {
      names: names.slice(),
      units: units.slice(),
      labels: labels.slice(),
      free: free.slice(),
    },
    groups: groups.map((group) => ({
      ...group,
      membership: { ...group.membership, free: group.membership.free.slice() },
    })),
  };
}

function partsOf(engine: Engine, extras: ReadonlyMap<string, Uint8Array>): SnapshotParts {
  const { table, membership } = engine;
  const meta: SnapshotMeta = {
    position: engine.position,
    table: table.directory(),
    groups: membership.groups.map((group) => ({
      name: group.name,
      key: group.key,
      version: group.version,
      loss: group.loss,
      variant: group.kernel.variant,
      membership: group.membership(),
    })),
  };
  const sections = table.slab
    .sections(table.rows)
    .map(({ name, data }): SnapshotSection => ({ name: `stream/${name}`, data }));
  for (const group of membership.groups) sections.push(...groupSections(group));
  for (const [name, data] of extras) sections.push({ name: EXTRA + name, data });
  return { meta, sections };
}

function groupSections(group: ModelGroup): SnapshotSection[] {
  const size = group.rows * group.shape.hidden * group.shape.layers;
  const own = group.slab
    .sections(group.rows)
    .map(({ name, data }) => ({ name: `group/${group.name}/${name}`, data }));
  return [
    ...own,
    { name: `group/${group.name}/h`, data: group.kernel.h.subarray(0, size) },
    { name: `group/${group.name}/c`, data: group.kernel.c.subarray(0, size) },
    { name: `group/${group.name}/weights`, data: group.weights },
  ];
}

/** What `restoreEngine` found. */
export interface Restored {
  readonly position: number;
  readonly streams: number;
  /** Groups whose state does not fit the configuration any more. */
  readonly leftBehind: readonly string[];
  /** Groups whose h and c another kernel variant computed: bits may differ from an unbroken run. */
  readonly otherVariant: readonly string[];
  readonly extras: ReadonlyMap<string, Uint8Array>;
}

/** Fills a fresh engine. Throws ERR_SNAPSHOT_CORRUPT when sections are missing or of another size. */
export function restoreEngine(engine: Engine, snapshot: DecodedSnapshot): Restored {
  const meta = snapshot.meta as SnapshotMeta;
  engine.table.restore(meta.table);
  engine.restorePosition(meta.position);
  fillSlab(engine.table.slab, engine.table.rows, 'stream/', snapshot);
  const leftBehind: string[] = [];
  const otherVariant: string[] = [];
  const moved = new Map<number, number>();
  meta.groups.forEach((groupMeta, index) => {
    if (!fitsOptions(engine, groupMeta.key)) {
      leftBehind.push(groupMeta.name);
      return;
    }
    const target = engine.membership.ensure(groupMeta.key);
    const group = engine.membership.groups[target];
    if (group.kernel.variant !== groupMeta.variant) otherVariant.push(group.name);
    fillGroup(group, groupMeta, snapshot);
    moved.set(index + 1, target + 1);
  });
  const { columns, rows } = engine.table;
  const ruleOf = compileRules(engine.options.rules);
  for (let row = 0; row < rows; row++) {
    columns.group[row] = moved.get(columns.group[row]) ?? 0;
    const id = engine.table.idOf(row);
    if (id !== null) columns.rule[row] = ruleOf(id);
  }
  return {
    position: meta.position,
    streams: engine.table.count,
    leftBehind,
    otherVariant,
    extras: extrasOf(snapshot),
  };
}

function fitsOptions(engine: Engine, key: GroupKey): boolean {
  const model = engine.options.models[key.model];
  if (model === undefined || model.cell !== key.cell || model.layers !== key.layers) return false;
  return key.size === 'light'
    ? model.size !== 'full'
    : model.hidden === key.hidden && model.size !== 'light';
}

function fillGroup(group: ModelGroup, meta: GroupMeta, snapshot: DecodedSnapshot): void {
  const prefix = `group/${meta.name}/`;
  group.restoreMembership(meta.membership);
  fillSlab(group.slab, group.rows, prefix, snapshot);
  const size = group.rows * group.shape.hidden * group.shape.layers;
  group.kernel.h.set(section(snapshot, `${prefix}h`, size));
  group.kernel.c.set(section(snapshot, `${prefix}c`, size));
  const weights = section(snapshot, `${prefix}weights`, group.weights.length);
  group.swapWeights(weights as Float32Array, meta.version, meta.loss);
}

function fillSlab<S extends Record<string, ColumnSpecification>>(
  slab: Slab<S>,
  rows: number,
  prefix: string,
  snapshot: DecodedSnapshot,
): void {
  for (const { name, data } of slab.sections(rows)) {
    data.set(section(snapshot, prefix + name, data.length));
  }
}

function section(snapshot: DecodedSnapshot, name: string, length: number): SectionArray {
  const found = snapshot.sections.get(name);
  if (found === undefined || found.length !== length) {
    throw new InklingError(
      'ERR_SNAPSHOT_CORRUPT',
      `Expected ${length} numbers in section "${name}" of the snapshot, got ${found?.length ?? 'none'}.`,
    );
  }
  return found;
}

function extrasOf(snapshot: DecodedSnapshot): Map<string, Uint8Array> {
  const extras = new Map<string, Uint8Array>();
  for (const [name, data] of snapshot.sections) {
    if (name.startsWith(EXTRA) && data instanceof Uint8Array)
      extras.set(name.slice(EXTRA.length), data);
  }
  return extras;
}

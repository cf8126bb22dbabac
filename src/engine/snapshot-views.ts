import { InklingError } from '../protocol/errors.ts';
import { readHistory } from '../stream/history.ts';
import { leadsOf } from '../stream/leads.ts';
import { memberSpecification } from '../stream/member-columns.ts';
import type { ColumnSpecification, Columns } from '../stream/slab.ts';
import { type StreamColumns, streamSpecification } from '../stream/stream-columns.ts';
import { skillOf, trustStates } from '../stream/trust.ts';
import type { GroupMeta, SnapshotMeta } from './engine-snapshot.ts';
import type { DecodedSnapshot } from './snapshot-format.ts';
import type { StreamHistory, StreamSummary } from './stream-views.ts';

/**
 * What a snapshot holds, read from its sections without an engine or a configuration, so that
 * anybody can look into a data folder. It says of a stream what the engine that wrote it said.
 */

/** A snapshot as a whole. */
export interface SnapshotOverview {
  readonly position: number;
  readonly streams: number;
  readonly groups: readonly SnapshotGroup[];
  /** Bytes of what others than the engine keep in it, by name: state of training. */
  readonly extras: Readonly<Record<string, number>>;
}

/** A model group in a snapshot. */
export interface SnapshotGroup {
  readonly name: string;
  readonly version: number;
  readonly cell: string;
  readonly hidden: number;
  readonly layers: number;
  readonly horizon: number;
  readonly levels: readonly number[];
  readonly streams: number;
  readonly loss: number | null;
  /** Kernel that computed its states. */
  readonly variant: string;
  /** Weights and members' states. */
  readonly bytes: number;
}

/** One stream in a snapshot. */
export interface SnapshotStream extends Omit<StreamSummary, 'score'> {
  /** Recurrent steps since the state was last zero. */
  readonly steps: number;
  /** Share of targets inside each interval; null until measured. */
  readonly levels: readonly { readonly level: number; readonly coverage: number | null }[];
  /** The newest readings, ascending in time. */
  readonly history: StreamHistory;
}

export function snapshotOverview(snapshot: DecodedSnapshot): SnapshotOverview {
  const { position, table, groups } = snapshot.meta as SnapshotMeta;
  const extras: Record<string, number> = {};
  for (const [name, data] of snapshot.sections) {
    if (name.startsWith('extra/')) extras[name.slice('extra/'.length)] = data.byteLength;
  }
  return {
    position,
    streams: table.names.filter((name) => name !== null).length,
    groups: groups.map((group) => groupOf(group, snapshot)),
    extras,
  };
}

/** Ids of a snapshot's streams in ascending order of code units. */
export function snapshotIds(snapshot: DecodedSnapshot): string[] {
  const { table } = snapshot.meta as SnapshotMeta;
  return table.names.filter((name) => name !== null).sort();
}

/** Null when there is no such stream. `historyMax` readings are given at most. */
export function snapshotStream(
  snapshot: DecodedSnapshot,
  id: string,
  historyMax: number,
): SnapshotStream | null {
  const { table, groups } = snapshot.meta as SnapshotMeta;
  const row = table.names.indexOf(id);
  if (row < 0) return null;
  const columns: StreamColumns = columnsOf(snapshot, 'stream/', streamSpecification);
  const group = groups[columns.group[row] - 1];
  const member = group === undefined ? null : memberOf(snapshot, group, columns.member[row]);
  return {
    id,
    unit: table.units[row],
    state: columns.stale[row] === 1 ? 'stale' : (member?.state ?? 'warming'),
    cadence: numberOrNull(columns.cadence[row]),
    last: { t: columns.shownTime[row], v: numberOrNull(columns.shownValue[row]) },
    model: group === undefined ? 'none' : `${group.name}@${group.version}`,
    skill: member?.skill ?? null,
    steps: member?.steps ?? 0,
    levels: member?.levels ?? [],
    history: readHistory(
      columns,
      row,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      historyMax,
    ),
  };
}

function groupOf(group: GroupMeta, snapshot: DecodedSnapshot): SnapshotGroup {
  const { name, version, loss, variant, membership, key } = group;
  let bytes = 0;
  for (const [section, data] of snapshot.sections) {
    if (section.startsWith(`group/${name}/`)) bytes += data.byteLength;
  }
  return {
    name,
    version,
    cell: key.cell,
    hidden: key.hidden,
    layers: key.layers,
    horizon: key.horizon,
    levels: key.levels,
    streams: membership.used - membership.free.length,
    loss,
    variant,
    bytes,
  };
}

function memberOf(snapshot: DecodedSnapshot, { name, key }: GroupMeta, member: number) {
  const layout = { leads: leadsOf(key.horizon), levels: Float64Array.from(key.levels) };
  const specification = memberSpecification(layout.leads, key.levels.length);
  const columns = columnsOf(snapshot, `group/${name}/`, specification);
  const isMeasured = columns.coveredCount[member] > 0;
  return {
    state: trustStates[columns.trust[member]] ?? ('warming' as const),
    skill: skillOf(columns, layout, member),
    steps: columns.step[member],
    levels: key.levels.map((level, i) => ({
      level,
      coverage: isMeasured ? columns.covered[member * key.levels.length + i] : null,
    })),
  };
}

/** The columns of a slab as they lie in the snapshot. */
function columnsOf<S extends Record<string, ColumnSpecification>>(
  snapshot: DecodedSnapshot,
  prefix: string,
  specification: S,
): Columns<S> {
  const columns: Record<string, unknown> = {};
  for (const name of Object.keys(specification)) {
    const section = snapshot.sections.get(prefix + name);
    if (section === undefined) {
      const message = `Expected a section "${prefix}${name}" in the snapshot, got none.`;
      throw new InklingError('ERR_SNAPSHOT_CORRUPT', message);
    }
    columns[name] = section;
  }
  return columns as Columns<S>;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

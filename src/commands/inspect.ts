import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SnapshotGroup, SnapshotStream } from '../engine/snapshot-views.ts';
import type { CommandIo } from './command.ts';
import { type FolderReport, inspectFolder } from './inspect-folder.ts';
import { durationText } from './progress.ts';
import { bytesText, textTable } from './text-table.ts';

const help = `
Reads only, so the folder may be in use; what it says is as old as the newest snapshot.

Examples:
  inkling inspect
  inkling inspect /var/lib/inkling --stream plant/7/temperature
  inkling inspect --json | jq .newest.groups`;

/** Segments of the journal that are listed. */
const segmentsMax = 8;

interface InspectArguments {
  readonly stream?: string;
  readonly json?: true;
}

/** The options of `inkling inspect`, and how its findings are written. */
export function addInspectCommand(program: Command, io: CommandIo): void {
  program
    .command('inspect')
    .description('what is in a data folder')
    .argument('[data_dir]', 'the data folder', './data')
    .option('--stream <id>', 'what is known of one stream')
    .option('--json', 'print it as JSON')
    .addHelpText('after', help)
    .action((dir: string, options: InspectArguments) => runInspect(dir, options, io));
}

async function runInspect(dir: string, options: InspectArguments, io: CommandIo): Promise<void> {
  const report = await inspectFolder(resolve(io.workingDirectory, dir), options.stream ?? null);
  if (options.json) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (report.stream !== null) io.stdout.write(streamText(report.stream));
  else io.stdout.write(folderText(report));
}

function folderText(report: FolderReport): string {
  const { dir, format, holder, rooms, snapshots, journal, newest, streams } = report;
  const parts = [
    `Data folder ${dir}\n` +
      `  format ${format.format}, made ${format.created} by Inkling ${format.version}\n` +
      `  ${holder === null ? 'not in use' : `in use by process ${holder}`}\n`,
  ];
  if (rooms.length > 0) {
    const rows = rooms.map(({ name, files, bytes }) => [name, files, bytesText(bytes)]);
    parts.push(textTable(['part', 'files', 'size'], rows));
  }
  if (snapshots.length > 0) {
    const rows = snapshots.map((file) => [
      file.position,
      timeText(file.writtenAt),
      bytesText(file.bytes),
      snapshotState(file, newest?.name),
    ]);
    parts.push(textTable(['snapshot at', 'written', 'size', 'state'], rows));
  }
  if (journal.length > 0) parts.push(journalText(journal));
  if (newest === null) return `${parts.join('\n')}\nNo snapshot was written yet.\n`;
  if (newest.groups.length > 0) parts.push(groupsText(newest.groups));
  const extras = Object.entries(newest.extras).map(
    ([name, bytes]) => `, ${bytesText(bytes)} of ${name} state`,
  );
  const more =
    newest.streams > streams.length ? `  … and ${newest.streams - streams.length} more\n` : '';
  const listed = streams.map((id) => `  ${id}\n`).join('');
  parts.push(
    `${newest.streams} streams at position ${newest.position}${extras.join('')}\n${listed}${more}`,
  );
  return parts.join('\n');
}

/** What was set aside, and the newest of the others. */
function journalText(journal: FolderReport['journal']): string {
  const shown = journal.filter(
    ({ isSetAside }, index) => isSetAside || index >= journal.length - segmentsMax,
  );
  const rows = shown.map((file) => [
    file.first,
    file.begunAt === null ? 'unknown' : timeText(file.begunAt),
    bytesText(file.bytes),
    file.isSetAside ? `set aside: ${file.name}` : file.begunAt === null ? 'unreadable' : 'in place',
  ]);
  const left = journal.length - shown.length;
  const more = left > 0 ? `  … and ${left} older segments\n` : '';
  return textTable(['journal from', 'begun', 'size', 'state'], rows) + more;
}

function snapshotState(file: FolderReport['snapshots'][number], newest: string | undefined) {
  if (file.isSetAside) return `set aside: ${file.name}`;
  return file.problem ?? (file.name === newest ? 'whole' : 'older');
}

function groupsText(groups: readonly SnapshotGroup[]): string {
  const rows = groups.map((group) => [
    `${group.name}@${group.version}`,
    group.cell,
    group.hidden,
    group.layers,
    group.horizon,
    group.streams,
    group.loss === null ? '–' : group.loss.toPrecision(4),
    bytesText(group.bytes),
    group.variant,
  ]);
  const head = ['model group', 'cell', 'hidden', 'layers', 'horizon', 'streams', 'loss', 'size'];
  return textTable([...head, 'kernel'], rows);
}

function streamText(stream: SnapshotStream): string {
  const { id, unit, state, cadence, last, model, skill, steps, levels, history } = stream;
  const unitText = unit === null ? '' : ` ${unit}`;
  const coverage = levels.map(
    (level) =>
      `${percent(level.level)}: ${level.coverage === null ? '–' : percent(level.coverage)}`,
  );
  const lines = [
    ['state', state],
    ['model', `${model}, ${steps} steps`],
    ['skill', skill === null ? 'not measured yet' : skill.toFixed(3)],
    ['cadence', cadence === null ? 'not known yet' : durationText(cadence)],
    [
      'last reading',
      `${valueText(last.v)}${last.v === null ? '' : unitText} at ${timeText(last.t)}`,
    ],
    ['coverage', coverage.length === 0 ? 'not measured yet' : coverage.join(', ')],
  ].map(([name, value]) => `  ${name!.padEnd(14)}${value}\n`);
  const rows = history.t.map((time, index) => [
    timeText(time),
    valueText(history.v[index] ?? null),
  ]);
  const table = rows.length === 0 ? '' : `\n${textTable(['time', `value${unitText}`], rows)}`;
  return `Stream ${id}\n${lines.join('')}${table}`;
}

function timeText(timeMs: number): string {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : 'no time';
}

function valueText(value: number | null): string {
  return value === null ? 'missing' : String(value);
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { readCsv } from '../evaluation/csv/csv-reader.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CommandIo } from './command.ts';
import { takeInterruption } from './interruption.ts';
import { brokerUrlOption, speedOption, wholeNumberOption } from './option-values.ts';
import type { Speed } from './pace.ts';
import { durationText, Progress } from './progress.ts';
import type { Recording } from './replay-recordings.ts';

const help = `
Each column goes to replay/<file>/<column>, as {"v":…,"t":…}; a missing value has v null. The time
column is found by its name (time, timestamp, ts, …) or by its dates; columns of words are left out.
Several files are published one after the other. It gives up when the broker cannot be reached for
10 seconds at first, or for a minute later on; rows are neither lost nor skipped by a reconnection.

Examples:
  inkling replay plant.csv --url mqtt://127.0.0.1:1883
  inkling replay 2025.csv.gz 2026.csv.gz --url mqtt://127.0.0.1 --speed 60
  inkling replay plant.csv --url mqtts://user:secret@broker.example.org --qos 0`;

interface ReplayArguments {
  readonly url: string;
  readonly qos: 0 | 1;
  readonly speed: Speed;
}

/** The options of `inkling replay`; the work is in `replay-recordings.ts`. */
export function addReplayCommand(program: Command, io: CommandIo): void {
  program
    .command('replay')
    .description('publish recorded files as their devices would')
    .argument('<file...>', 'CSV files, also compressed as .csv.gz')
    .requiredOption('--url <url>', 'the broker, as mqtt://host:port', brokerUrlOption('--url'))
    .option('--qos <n>', 'quality of service', wholeNumberOption('--qos', { from: 0, to: 1 }), 1)
    .option(
      '--speed <max|n>',
      'as fast as the broker takes it, or n times as fast as recorded',
      speedOption('--speed'),
      'max',
    )
    .addHelpText('after', help)
    .action((files: string[], options: ReplayArguments) => runReplay(files, options, io));
}

async function runReplay(files: readonly string[], options: ReplayArguments, io: CommandIo) {
  const recordings = await openAll(files, options.speed, io);
  // Only now, so that other commands begin without the MQTT library.
  const { replayRecordings } = await import('./replay-recordings.ts');
  const interruption = takeInterruption();
  const progress = new Progress({ sink: io.stderr, clock: systemClock, unit: 'readings' });
  const startedAt = systemClock.now();
  try {
    const published = await replayRecordings({
      ...options,
      recordings,
      clock: systemClock,
      signal: interruption.signal,
      onProgress: (state) => progress.update(state),
    });
    progress.end();
    const stopped = interruption.signal.aborted ? ', then stopped by a signal' : '';
    const took = durationText(systemClock.now() - startedAt);
    io.stdout.write(`Published ${published} readings in ${took}${stopped}.\n`);
  } finally {
    progress.end();
    interruption.release();
  }
}

/** All files are looked into before anything is published. */
async function openAll(files: readonly string[], speed: Speed, io: CommandIo) {
  const recordings: Recording[] = [];
  for (const name of files) {
    const path = resolve(io.workingDirectory, name);
    const file = await readCsv(path, { name });
    const { textColumns, timeColumn } = file.header;
    if (timeColumn === null && speed !== 'max') {
      const message = `--speed ${speed}: ${JSON.stringify(name)} has no times to go by`;
      throw new InklingError('ERR_USAGE', message, 'Use --speed max.');
    }
    if (textColumns.length > 0) {
      const names = textColumns.map((column) => JSON.stringify(column)).join(', ');
      io.stderr.write(`${name}: left out ${names}: words, not numbers\n`);
    }
    recordings.push({ path, file });
  }
  return recordings;
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { InklingError } from '../protocol/errors.ts';
import { dayMs } from '../simulator/device.ts';
import type { CommandIo } from './command.ts';
import { takeInterruption } from './interruption.ts';
import { brokerUrlOption, pathOption, speedOption, wholeNumberOption } from './option-values.ts';
import type { Speed } from './pace.ts';
import { durationText, Progress } from './progress.ts';

const help = `
With --url the devices publish under demo/, beginning 30 days ago, and go on at real time once they
have reached the present; with --days N they begin N days ago and end when they reach the present.
With --csv they write N days (30 without --days) from 2026-01-01 on: one file a device with a column
a stream, and labels.csv with every injected fault. The same seed gives the same files.

Examples:
  inkling simulate --url mqtt://127.0.0.1:1883
  inkling simulate --url mqtt://127.0.0.1:1883 --speed max --days 7
  inkling simulate --csv recordings --days 90 --seed 7`;

const daysDefault = 30;
const daysMax = 3_650;
const progressMs = 200;

interface SimulateArguments {
  readonly url?: string;
  readonly csv?: string;
  readonly speed: Speed;
  readonly days?: number;
  readonly seed: number;
}

/** The options of `inkling simulate`; the devices are in `simulator/`. */
export function addSimulateCommand(program: Command, io: CommandIo): void {
  program
    .command('simulate')
    .description('the simulated devices alone, over MQTT or as files')
    .option('--url <url>', 'publish to this broker, as mqtt://host:port', brokerUrlOption('--url'))
    .option('--csv <dir>', 'write files into this folder instead', pathOption('--csv'))
    .option(
      '--speed <n|max>',
      'with --url: n times as fast as real time, or as fast as the broker takes it',
      speedOption('--speed'),
      60,
    )
    .option('--days <n>', 'simulated days', wholeNumberOption('--days', { from: 1, to: daysMax }))
    .option(
      '--seed <n>',
      'seed of devices and faults',
      wholeNumberOption('--seed', { from: 0, to: 4_294_967_295 }),
      1,
    )
    .addHelpText('after', help)
    .action((options: SimulateArguments) => runSimulate(options, io));
}

async function runSimulate(options: SimulateArguments, io: CommandIo): Promise<void> {
  const { url, csv } = options;
  if (csv !== undefined && url === undefined) await writeFiles(csv, options, io);
  else if (url !== undefined && csv === undefined) await publish(url, options, io);
  else throw new InklingError('ERR_USAGE', 'expected either --url or --csv');
}

async function writeFiles(csv: string, options: SimulateArguments, io: CommandIo): Promise<void> {
  const { writeSimulatedFiles } = await import('./simulated-files.ts');
  const interruption = takeInterruption();
  const progress = new Progress({ sink: io.stderr, clock: systemClock, unit: 'readings' });
  const startedAt = systemClock.now();
  try {
    const { readings, streams, faults } = await writeSimulatedFiles({
      folder: resolve(io.workingDirectory, csv),
      seed: options.seed,
      days: options.days ?? daysDefault,
      signal: interruption.signal,
      onProgress: (state) => progress.update(state),
    });
    progress.end();
    const took = `${durationText(systemClock.now() - startedAt)}${stopped(interruption.signal)}`;
    const what = `${readings} readings of ${streams} streams with ${faults} faults`;
    io.stdout.write(`Wrote ${what} to ${csv} in ${took}.\n`);
  } finally {
    progress.end();
    interruption.release();
  }
}

async function publish(url: string, options: SimulateArguments, io: CommandIo): Promise<void> {
  const [{ startSimulatedDevices }, { BrokerPatience }] = await Promise.all([
    import('./simulated-devices.ts'),
    import('./broker-patience.ts'),
  ]);
  const { seed, speed, days } = options;
  const now = systemClock.now();
  const from = now - (days ?? daysDefault) * dayMs;
  const interruption = takeInterruption();
  const progress = new Progress({ sink: io.stderr, clock: systemClock, unit: 'messages' });
  const patience = new BrokerPatience(url, () => devices.problem());
  const say = (connected: boolean, sentence: string) => {
    patience.note(connected);
    progress.end();
    io.stderr.write(`${sentence}\n`);
  };
  const devices = startSimulatedDevices({
    url,
    clock: systemClock,
    seed,
    speed,
    from,
    ...(days === undefined ? {} : { until: now }),
    log: { info: (sentence) => say(true, sentence), warn: (sentence) => say(false, sentence) },
  });
  const share = () => Math.min(1, (devices.time() - from) / (now - from));
  const timer = setInterval(() => {
    progress.update({ share: days === undefined ? null : share(), count: devices.published() });
  }, progressMs);
  try {
    const signal = AbortSignal.any([interruption.signal, patience.signal]);
    await Promise.race([devices.done, aborted(signal)]);
  } finally {
    clearInterval(timer);
    patience.end();
    await devices.stop();
    progress.end();
    interruption.release();
  }
  if (patience.signal.aborted) throw patience.signal.reason;
  const took = `${durationText(systemClock.now() - now)}${stopped(interruption.signal)}`;
  io.stdout.write(`Published ${devices.published()} messages in ${took}.\n`);
}

function stopped(signal: AbortSignal): string {
  return signal.aborted ? ', then stopped by a signal' : '';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

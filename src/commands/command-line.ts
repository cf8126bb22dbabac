import { Command, CommanderError } from 'commander';
import { errorCatalogue, InklingError } from '../protocol/errors.ts';
import type { AddCommand, CommandIo } from './command.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addInspectCommand } from './inspect.ts';
import { packageVersion } from './package-version.ts';
import { addReplayCommand } from './replay.ts';
import { addSimulateCommand } from './simulate.ts';
import { addStartCommand } from './start-command.ts';
import { addValidateCommand } from './validate.ts';

/** All commands, in the order of the help. A new one is a file and a line here. */
const addCommands: readonly AddCommand[] = [
  addStartCommand,
  addValidateCommand,
  addEvaluateCommand,
  addReplayCommand,
  addSimulateCommand,
  addInspectCommand,
];

const help = `
Examples:
  inkling start                             embedded broker, simulated devices, page on port 8080
  inkling start --config inkling.yaml
  inkling validate --config inkling.yaml
  inkling evaluate plant.csv
  inkling replay plant.csv --url mqtt://127.0.0.1:1883
  inkling simulate --csv recordings
  inkling inspect ./data
  inkling help start                        what a command does, with examples

Exit codes: 0 done, 64 usage, 65 unreadable data, 66 no such data file, 69 port taken or broker
unreachable, 73 data folder not writable, 75 data folder locked, 78 configuration.`;

/**
 * Runs one command to its end and resolves to the exit code. A failure is one sentence on stderr
 * with its code, as the last output; never a stack trace. `argv` is without the program's own
 * names.
 */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = asInklingError(error);
    io.stderr.write(`inkling: ${failureSentence(failure)}\n`);
    const entry: { exit?: number; status?: number; close?: number } = errorCatalogue[failure.code];
    return entry.exit ?? errorCatalogue.ERR_INTERNAL.exit;
  }
}

/** Message, hint and code on one line: `port 8080 is taken, use --port (ERR_PORT_TAKEN)`. */
function failureSentence({ message, hint, code }: InklingError): string {
  const parts = hint === null ? [message] : [message, lowerFirst(hint)];
  const oneLine = parts.map((part) => part.replace(/\s+/g, ' ').trim().replace(/\.$/, ''));
  return `${oneLine.join(', ')} (${code})`;
}

function createProgram(io: CommandIo): Command {
  const program = new Command('inkling')
    .description('Forecasts sensor streams as they arrive.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print what a command does')
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Usage errors are told once, in our own words, by `runCommandLine`.
      writeErr: () => {},
      getOutHasColors: () => false,
    });
  // Commands take over the settings above when they are added.
  for (const addCommand of addCommands) addCommand(program, io);
  return program;
}

function asInklingError(error: unknown): InklingError {
  if (error instanceof InklingError) return error;
  if (error instanceof CommanderError) return new InklingError('ERR_USAGE', usageMessage(error));
  const message = error instanceof Error ? error.message : String(error);
  return new InklingError('ERR_INTERNAL', `unexpected failure: ${message}`);
}

/** `error: unknown option '--prot'\n(Did you mean --port?)` in our own form. */
function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help') return 'expected a command, see "inkling --help"';
  return error.message
    .replace(/^error: /, '')
    .replace(/\s*\(Did you mean (.*?)\?\)$/s, ', did you mean "$1"?')
    .replace(/\. Expected (\d+) arguments? but got (\d+)\.?$/, ': expected $1, got $2')
    .replace(/'([^']*)'/g, '"$1"');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

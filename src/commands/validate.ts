import type { Command } from 'commander';
import { checkListeners } from '../config/check-listeners.ts';
import type { Configuration } from '../config/configuration.ts';
import { formatProblem } from '../config/problem.ts';
import { remainingStreamsRule } from '../config/resolve-defaults.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CommandIo } from './command.ts';
import { count, loadReading } from './load-configuration.ts';

const help = `
Examples:
  inkling validate --config inkling.yaml
  inkling validate                          the defaults, as start without --config takes them

Problems go to stderr, one a line: file:line: key: expected …, got …`;

export function addValidateCommand(program: Command, io: CommandIo): void {
  program
    .command('validate')
    .description('check a configuration and tell every problem with its line')
    .option('--config <file>', 'the configuration file')
    .addHelpText('after', help)
    .action((options: { config?: string }) => validate(options.config, io));
}

async function validate(file: string | undefined, io: CommandIo): Promise<void> {
  const { configuration, problems } = await loadReading(file, io);
  if (configuration === null) {
    for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`);
    throw new InklingError(
      'ERR_CONFIG_INVALID',
      `${file} has ${count(problems.length, 'problem')}`,
    );
  }
  checkListeners(configuration);
  io.stdout.write(`${file ?? 'The default configuration'} is valid: ${contents(configuration)}.\n`);
}

function contents(configuration: Configuration): string {
  const rules = configuration.streams.filter((rule) => rule !== remainingStreamsRule);
  const sources = count(configuration.sources.length, 'source');
  return `${sources}, ${count(rules.length, 'stream rule')}`;
}

import type { Command } from 'commander';
import { checkListeners } from '../config/check-listeners.ts';
import { applyStartOverrides, type StartOverrides } from './apply-start-overrides.ts';
import type { CommandIo } from './command.ts';
import { loadConfiguration } from './load-configuration.ts';
import { pathOption, wholeNumberOption } from './option-values.ts';

const help = `
Without --config: an embedded broker on 127.0.0.1:1883, the page, HTTP and WebSocket on
http://127.0.0.1:8080, data in ./data, and simulated devices.

Examples:
  inkling start
  inkling start --no-simulate --data /var/lib/inkling
  inkling start --config inkling.yaml --port 8081
  mosquitto_pub -t workshop/temperature -m 21.5      publishes a reading to the embedded broker`;

const portBounds = { from: 0, to: 65_535 };

/** The options of `inkling start`; what the service does is in `start.ts`. */
export function addStartCommand(program: Command, io: CommandIo): void {
  program
    .command('start')
    .description('run the service')
    .option('--config <file>', 'the configuration file')
    .option('--no-simulate', 'no simulated devices')
    .option('--data <dir>', 'folder of what is kept', pathOption('--data'))
    .option(
      '--port <n>',
      'port of HTTP and WebSocket; 0: a free one',
      wholeNumberOption('--port', portBounds),
    )
    .option(
      '--mqtt-port <n>',
      'port of the embedded broker; 0: a free one',
      wholeNumberOption('--mqtt-port', portBounds),
    )
    .option(
      '--seed <n>',
      'seed of the simulated devices and of the first weights',
      wholeNumberOption('--seed', { from: 0, to: 4_294_967_295 }),
    )
    .addHelpText('after', help)
    .action((options: StartOverrides & { config?: string }) => runStart(options, io));
}

async function runStart(options: StartOverrides & { config?: string }, io: CommandIo) {
  const written = await loadConfiguration(options.config, io);
  const configuration = applyStartOverrides(written, options);
  checkListeners(configuration);
  const { start } = await io.loadStart();
  await start({ configuration }, io);
}

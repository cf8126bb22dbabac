import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import { formatProblem } from '../config/problem.ts';
import {
  type ConfigurationReading,
  configurationBytesMax,
  defaultConfiguration,
  readConfiguration,
} from '../config/read-configuration.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CommandIo } from './command.ts';

/** Reads the file named by `--config`, or takes the defaults when there is none. */
export async function loadReading(
  file: string | undefined,
  io: CommandIo,
): Promise<ConfigurationReading> {
  if (file === undefined) return { configuration: defaultConfiguration(), problems: null };
  const bytes = await readBounded(file, resolve(io.workingDirectory, file));
  return readConfiguration({
    file,
    text: decode(bytes, file),
    environment: io.environment,
    readFile: (path) => readFileSync(resolve(io.workingDirectory, path)),
  });
}

/** As `loadReading`, but a broken file is refused with its first problem. */
export async function loadConfiguration(
  file: string | undefined,
  io: CommandIo,
): Promise<Configuration> {
  const { configuration, problems } = await loadReading(file, io);
  if (configuration !== null) return configuration;
  const [first, ...others] = problems;
  const more = others.length === 0 ? '' : `, and ${count(others.length, 'more problem')}`;
  throw new InklingError(
    'ERR_CONFIG_INVALID',
    `${formatProblem(first!)}${more}`,
    `Run "inkling validate --config ${file}".`,
  );
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** One byte more than allowed is read at most, so that a device or a huge file does no harm. */
async function readBounded(file: string, path: string): Promise<Uint8Array> {
  const buffer = new Uint8Array(configurationBytesMax + 1);
  let length = 0;
  try {
    const handle = await open(path);
    try {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) break;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw missing(file, error);
  }
  if (length <= configurationBytesMax) return buffer.subarray(0, length);
  const expected = `expected at most ${configurationBytesMax} bytes, got more`;
  throw new InklingError('ERR_CONFIG_INVALID', `${file}: ${expected}`);
}

function missing(file: string, error: unknown): InklingError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'it may not be read',
  };
  const reason = reasons[code] ?? `it cannot be read: ${code}`;
  return new InklingError(
    'ERR_CONFIG_MISSING',
    `configuration file ${JSON.stringify(file)}: ${reason}`,
  );
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InklingError('ERR_CONFIG_INVALID', `${file}: expected UTF-8 text, got other bytes`);
  }
}

import pino, { type Logger as PinoLogger } from 'pino';
import pretty from 'pino-pretty';

/** Where log lines go: JSON, one object a line, or readable text where a person watches. */
export interface LogOptions {
  readonly level: string;
  /** Readable text with colours instead of JSON. */
  readonly readable: boolean;
  readonly write: (line: string) => void;
}

/** Makes the service's log. Lines are written at once, so that none is lost when the process ends. */
export function createLog(options: LogOptions): PinoLogger {
  const lines = { write: options.write };
  const base = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!options.readable) return pino(base, lines);
  const readable = pretty.prettyFactory({
    colorize: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
  });
  return pino(base, { write: (line) => options.write(readable(JSON.parse(line)) ?? '') });
}

import type { Command } from 'commander';
import type { Environment } from '../config/interpolate-environment.ts';
import type { StartOptions } from './start-options.ts';

/** What a command may touch of the process; tests give their own. */
export interface CommandIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly environment: Environment;
  /** Relative paths are against it. */
  readonly workingDirectory: string;
  /** Brings in the service. Only `start` needs it, so that other commands begin at once. */
  readonly loadStart: () => Promise<{
    start: (options: StartOptions, io: CommandIo) => Promise<void>;
  }>;
}

interface TextSink {
  write(text: string): unknown;
  /** True when a person watches. */
  readonly isTTY?: boolean;
}

/**
 * Adds one command to the program: its options, its help, its action. The action resolves when the
 * command is done and rejects with an `InklingError` when it failed; it never ends the process.
 */
export type AddCommand = (program: Command, io: CommandIo) => void;

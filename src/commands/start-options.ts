import type { Configuration } from '../config/configuration.ts';

/** What the service is started with. */
export interface StartOptions {
  /** Checked, with the overrides of the command line applied. */
  readonly configuration: Configuration;
}

/** And what ends it. */
export interface StoppableStart extends StartOptions {
  /** Resolves when the service is told to stop. */
  readonly stopped: Promise<unknown>;
}

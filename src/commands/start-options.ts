import type { Configuration } from '../config/configuration.ts';

/** What the service is started with. */
export interface StartOptions {
  /** Checked, with the overrides of the command line applied. */
  readonly configuration: Configuration;
}

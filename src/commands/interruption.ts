/** A running command's wish to stop. */
export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the process. */
  release(): void;
}

/**
 * Turns SIGINT and SIGTERM into an aborted signal, once: a second one ends the process as it would
 * without us, since whoever sends it does not want to wait.
 */
export function takeInterruption(): Interruption {
  const controller = new AbortController();
  const release = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = (): void => {
    release();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, release };
}

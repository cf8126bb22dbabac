/**
 * Resolves with the first SIGTERM or SIGINT. A second one ends the process as it would without us:
 * whoever sends it does not want to wait.
 */
export function stopSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      resolve('stopped');
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

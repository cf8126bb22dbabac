import { InklingError } from '../../protocol/errors.ts';

/** Says in one sentence why the port could not be had, and what to do. */
export function listenFailure(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
): InklingError {
  const reason =
    error.code === 'EADDRINUSE'
      ? 'another process has that port'
      : `the system refused it (${error.code ?? error.message})`;
  return new InklingError(
    'ERR_PORT_TAKEN',
    `Expected to listen for MQTT on ${host}:${port}, but ${reason}.`,
    'Choose another port with --mqtt-port or broker.port.',
  );
}

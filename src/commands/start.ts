import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filter, firstValueFrom, map, of } from 'rxjs';
import { ensurePage } from '../adapters/http/page-build.ts';
import { createLog } from '../adapters/log/json-log.ts';
import { RejectionRing } from '../decoding/rejection-ring.ts';
import { Engine } from '../engine/engine.ts';
import type { Logger } from '../pipeline/ports.ts';
import type { CommandIo } from './command.ts';
import { engineOptionsOf } from './engine-options-of.ts';
import { packageVersion } from './package-version.ts';
import { greeting } from './service/greeting.ts';
import { type Outside, takeOutside } from './service/outside.ts';
import { Service } from './service/service.ts';
import type { MeasuredParts } from './service/service-metrics.ts';
import { keysWithoutEffect } from './service/without-effect.ts';
import type { StartOptions } from './start-options.ts';
import { stopSignal } from './stop-signal.ts';

const projectDir = resolve(fileURLToPath(new URL('../..', import.meta.url)));
/** What closing may take before the process ends all the same. */
const CLOSE_TIMEOUT_MS = 4_500;

/**
 * Runs the service until SIGTERM or SIGINT:
 *
 *   folder and ports ─▶ page, state ─▶ doors open ─▶ ready ─▶ … signal ─▶ drain ─▶ state kept
 *
 * Rejects before it has logged anything when the folder or a port is not to be had.
 */
export async function start({ configuration }: StartOptions, io: CommandIo): Promise<void> {
  const log = createLog({
    level: 'info',
    readable: io.stderr.isTTY === true,
    write: (line) => io.stderr.write(line),
  });
  const engine = new Engine(engineOptionsOf(configuration, configuration.simulate.seed));
  const parts: MeasuredParts = {
    engine,
    rejections: new RejectionRing(),
    batches: { batches: 0, seconds: 0 },
    broker: undefined,
    mqtt: undefined,
    websocket: undefined,
    training: undefined,
  };
  let service: Service | null = null;
  const outside = await takeOutside({
    configuration,
    dataDir: resolve(io.workingDirectory, configuration.data.dir),
    pageDir: resolve(projectDir, 'dist'),
    version: packageVersion(),
    log,
    parts,
    readiness: () => readinessOf(service),
  });
  const stopped = stopSignal();
  const ignored = keysWithoutEffect(configuration);
  if (ignored.length > 0) {
    log.warn({ keys: ignored }, 'These keys are checked, but have no effect in this version.');
  }
  try {
    await ensurePage({ projectDir, log });
    const random = Math.random;
    service = await Service.open({ configuration, outside, log, random, parts });
    parts.mqtt = service.messages.mqtt ?? undefined;
    const ready = subscribed(service).then(() => 'ready' as const);
    if ((await Promise.race([ready, stopped])) === 'ready') {
      const { httpPort, mqttPort } = outside;
      const simulated = configuration.simulate.enabled;
      const httpHost = configuration.http.host;
      io.stdout.write(greeting({ httpPort, httpHost, mqttPort, simulated }));
    }
    await stopped;
  } finally {
    await closeInTime(outside, service, log);
  }
}

/** Resolves when the outside broker has answered our SUBSCRIBE; at once without one. */
function subscribed(service: Service): Promise<boolean> {
  const { mqtt } = service.messages;
  if (mqtt === null) return firstValueFrom(of(true));
  const subscribed$ = mqtt.state$.pipe(
    map((state) => state === 'subscribed'),
    filter(Boolean),
  );
  return firstValueFrom(subscribed$, { defaultValue: false });
}

function readinessOf(service: Service | null): { ready: boolean; reasons: string[] } {
  if (service === null) return { ready: false, reasons: ['The service is starting.'] };
  const { mqtt } = service.messages;
  if (mqtt === null || mqtt.state === 'subscribed') return { ready: true, reasons: [] };
  const why = mqtt.problem === null ? '' : ` ${mqtt.problem}`;
  return { ready: false, reasons: [`The broker has not answered our SUBSCRIBE.${why}`] };
}

async function closeInTime(outside: Outside, service: Service | null, log: Logger): Promise<void> {
  const closing = (async () => {
    await service?.close();
    await outside.broker?.close();
    await outside.websocket.close();
    await outside.http.close();
  })();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_TIMEOUT_MS);
  });
  const outcome = await Promise.race([closing, late]).finally(() => clearTimeout(timer));
  if (outcome === 'late') log.error({}, 'Closing took too long; the state may be incomplete.');
  await outside.folder.release();
}

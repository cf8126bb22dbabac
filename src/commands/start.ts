import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filter, firstValueFrom, map } from 'rxjs';
import type { Readiness } from '../adapters/http/health.ts';
import { ensurePage } from '../adapters/http/page-build.ts';
import { createLog } from '../adapters/log/json-log.ts';
import { RejectionRing } from '../decoding/rejection-ring.ts';
import { Engine } from '../engine/engine.ts';
import type { KernelVariant } from '../numerics/kernel-choice.ts';
import type { Logger } from '../pipeline/ports.ts';
import type { CommandIo } from './command.ts';
import { engineOptionsOf } from './engine-options-of.ts';
import { packageVersion } from './package-version.ts';
import { processKernels } from './process-kernels.ts';
import { greeting } from './service/greeting.ts';
import { type Outside, takeOutside } from './service/outside.ts';
import { Service, type ServiceOptions } from './service/service.ts';
import type { MeasuredParts } from './service/service-metrics.ts';
import { keysWithoutEffect } from './service/without-effect.ts';
import type { StoppableStart } from './start-options.ts';

const projectDir = resolve(fileURLToPath(new URL('../..', import.meta.url)));
/** What closing may take before the process ends all the same. */
const CLOSE_TIMEOUT_MS = 4_500;

/**
 * Runs the service until it is told to stop, in the middle of starting too:
 *
 *   folder and ports ─▶ page, state ─▶ doors open ─▶ ready ─▶ … signal ─▶ drain ─▶ state kept
 *
 * Rejects before it has logged anything when the folder or a port is not to be had.
 */
export async function start({ configuration, stopped }: StoppableStart, io: CommandIo) {
  const log = createLog({
    level: 'info',
    readable: io.stderr.isTTY === true,
    write: (line) => io.stderr.write(line),
  });
  const kernels = processKernels();
  const engine = new Engine(engineOptionsOf(configuration, configuration.simulate.seed, kernels));
  const parts: MeasuredParts = {
    engine,
    kernels: kernels.variant,
    rejections: new RejectionRing(),
    batches: { batches: 0, seconds: 0 },
    broker: undefined,
    mqtt: undefined,
    websocket: undefined,
    training: undefined,
    sinks: [],
    journal: undefined,
  };
  const phase: Phase = { service: null, stopping: false };
  const stop = stopped.then(() => {
    phase.stopping = true;
  });
  const outside = await takeOutside({
    configuration,
    dataDir: resolve(io.workingDirectory, configuration.data.dir),
    pageDir: resolve(projectDir, 'dist'),
    version: packageVersion(),
    log,
    parts,
    readiness: () => readinessOf(phase),
  });
  tellOfKernels(kernels.variant, log);
  const opening = open({ configuration, outside, log, random: Math.random, parts }, phase);
  const serving = opening.then(async (service) => {
    if (service !== null && (await subscribed(service)) && !phase.stopping) {
      io.stdout.write(greeting(configuration, outside));
    }
    await stop;
  });
  try {
    await Promise.race([serving, stop]);
  } finally {
    phase.stopping = true;
    await closeInTime(outside, opening, log);
  }
}

/** How far the service has come. */
interface Phase {
  /** Null until its doors are open. */
  service: Service | null;
  stopping: boolean;
}

/** Null: it was told to stop before there was anything to restore. */
async function open(options: ServiceOptions, phase: Phase): Promise<Service | null> {
  const { configuration, log, parts } = options;
  const ignored = keysWithoutEffect(configuration);
  if (ignored.length > 0) {
    log.warn({ keys: ignored }, 'These keys are checked, but have no effect in this version.');
  }
  await ensurePage({ projectDir, log });
  if (phase.stopping) return null;
  const service = await Service.open(options);
  parts.mqtt = service.messages.mqtt ?? undefined;
  phase.service = service;
  return service;
}

/**
 * Resolves with true when the outside broker has answered our SUBSCRIBE, at once without one; with
 * false when it no longer will.
 */
function subscribed(service: Service): Promise<boolean> {
  const { mqtt } = service.messages;
  if (mqtt === null) return Promise.resolve(true);
  const subscribed$ = mqtt.state$.pipe(
    map((state) => state === 'subscribed'),
    filter(Boolean),
  );
  return firstValueFrom(subscribed$, { defaultValue: false });
}

function readinessOf({ service, stopping }: Phase): Readiness {
  if (stopping) return { ready: false, reasons: ['The service is stopping.'] };
  if (service === null) return { ready: false, reasons: ['The service is starting.'] };
  const unwritable = service.journalProblem();
  if (unwritable !== null) {
    const reason = `The journal cannot be written, so nothing is acknowledged: ${unwritable}.`;
    return { ready: false, reasons: [reason] };
  }
  const { mqtt } = service.messages;
  if (mqtt === null || mqtt.state === 'subscribed') {
    return { ready: true, reasons: service.problems() };
  }
  const why = mqtt.problem === null ? '' : ` ${mqtt.problem}`;
  return { ready: false, reasons: [`The broker has not answered our SUBSCRIBE.${why}`] };
}

/** Gives everything back; what is not done in time is left, the lock of the folder never. */
async function closeInTime(
  outside: Outside,
  opening: Promise<Service | null>,
  log: Logger,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_TIMEOUT_MS);
  });
  try {
    const outcome = await Promise.race([close(outside, opening), late]);
    if (outcome === 'late') log.error({}, 'Closing took too long; the state may be incomplete.');
  } finally {
    clearTimeout(timer);
    await outside.folder.release();
  }
}

async function close(outside: Outside, opening: Promise<Service | null>): Promise<void> {
  // Why it did not open is told by whoever waits for it, or of no interest any more.
  const service = await opening.catch(() => null);
  try {
    await service?.close();
  } finally {
    await outside.broker?.close();
    await outside.websocket.close();
    await outside.http.close();
  }
}

/** The readable cells are right and slow: whoever runs on them should know. */
function tellOfKernels(variant: KernelVariant, log: Logger): void {
  if (variant === 'readable') {
    log.warn({ variant }, 'This machine takes no WebAssembly SIMD; the readable cells are used.');
  } else {
    log.info({ variant }, 'The recurrent kernels are chosen.');
  }
}

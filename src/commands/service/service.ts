import { asyncScheduler, interval, type Subscription } from 'rxjs';
import { monotonicSeconds } from '../../adapters/clock/monotonic-clock.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import {
  startTrainingWorker,
  type TrainingWorker,
} from '../../adapters/training-worker/training-worker.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineDirectory } from '../../engine/engine-directory.ts';
import { type ForecastPipeline, forecastPipeline } from '../../pipeline/forecast-pipeline.ts';
import type { Logger, StreamDirectory } from '../../pipeline/ports.ts';
import { trainBesideServing } from '../../pipeline/training-loop.ts';
import type { SimulatedDevices } from '../simulated-devices.ts';
import { startDemonstration } from './demonstration.ts';
import { influxSink } from './influx-sink.ts';
import { ingestReadings } from './ingest.ts';
import { logModels } from './log-models.ts';
import { type MessagesIn, messagesIn } from './messages-in.ts';
import { mqttSink } from './mqtt-sink.ts';
import type { Outside } from './outside.ts';
import { readingsIn } from './readings-in.ts';
import type { BatchCounters, MeasuredParts } from './service-metrics.ts';
import { demandOf, type Sink } from './sink.ts';
import { StateKeeper } from './state-keeper.ts';

const TICK_MS = 1_000;

export interface ServiceOptions {
  readonly configuration: Configuration;
  readonly outside: Outside;
  readonly parts: MeasuredParts;
  readonly log: Logger;
  /** For the pauses between attempts to connect; nothing that is forecast depends on it. */
  readonly random: () => number;
}

/** The running service: everything between what it holds of the world and the engine. */
export class Service {
  readonly messages: MessagesIn;
  readonly #options: ServiceOptions;
  readonly #pipeline: ForecastPipeline;
  readonly #training: TrainingWorker;
  readonly #keeper: StateKeeper;
  readonly #sinks: readonly Sink[];
  readonly #running: Subscription;
  #devices: SimulatedDevices | null = null;

  private constructor(options: ServiceOptions, keeper: StateKeeper, training: TrainingWorker) {
    const { configuration, outside, log } = options;
    const { engine, rejections, batches } = options.parts;
    this.#options = options;
    this.#keeper = keeper;
    this.#training = training;
    this.messages = messagesIn(configuration, outside, log, options.random);
    const { limits } = configuration;
    const incoming = readingsIn({
      sources: this.messages.sources,
      rejections,
      clock: systemClock,
      payloadBytesMax: limits.payloadBytes,
      readingsPerSecondMax: limits.readingsPerSecond,
    });
    const directory = new EngineDirectory(engine);
    this.#sinks = openSinks(options, directory);
    options.parts.sinks = this.#sinks;
    this.#pipeline = forecastPipeline({
      messages$: this.messages.messages$,
      decode: incoming.decode,
      apply: timedApply(engine, batches),
      demand: demandOf([
        { demand: { forecast: outside.websocket.wants, intervals: false } },
        ...this.#sinks,
      ]),
      journal: keeper.journal,
      clock: systemClock,
      afterTurn: setImmediate,
      onUncommitted: (error) => log.error({ error: String(error) }, 'Readings are not kept.'),
    });
    const { outcomes$, committed$, submit } = this.#pipeline;
    committed$.subscribe((outcomes) => {
      for (const sink of this.#sinks) sink.take(outcomes);
    });
    outside.websocket.serve({ directory, feed: { outcomes$ } });
    this.#running = logModels(outcomes$, log);
    engine.openTraining();
    this.#running.add(
      trainBesideServing({
        outcomes$,
        takeRows: () => engine.takeTrainingRows(),
        training,
        submit: (event) => {
          submit(event).catch((error) =>
            log.warn({ error: String(error) }, 'A result of training is dropped.'),
          );
        },
        scheduler: asyncScheduler,
      }),
    );
    this.#running.add(interval(TICK_MS).subscribe(() => this.#tick()));
    this.#running.add(
      interval(configuration.data.snapshotSeconds * 1_000).subscribe(() => {
        void keeper.keep(() => training.state());
      }),
    );
    outside.http.attach({
      directory,
      ingest: async (readings) => {
        const admitted = incoming.admitAll(readings);
        await ingestReadings(admitted, (slice) =>
          submit({ kind: 'readings', arrivedAt: systemClock.now(), readings: slice }),
        );
      },
      remove: async (stream) => {
        await submit({ kind: 'remove', stream, reason: 'deleted' });
      },
      rejections: () => rejections.newest(),
    });
    outside.broker?.open();
    if (configuration.simulate.enabled) {
      this.#devices = startDemonstration(configuration, outside, directory, wordsOnly(log));
    }
  }

  /** Restores what was kept and opens the doors. */
  static async open(options: ServiceOptions): Promise<Service> {
    const { configuration, outside, log, parts } = options;
    const { engine } = parts;
    const keeper = await StateKeeper.open({
      engine,
      path: outside.folder.path,
      retainMs: configuration.data.retain,
      retainBytes: configuration.data.retainBytes,
      log,
      clock: systemClock,
    });
    const { training: kept, journal } = keeper;
    parts.journal = () => journal.state();
    const training = startTrainingWorker({
      seed: engine.options.seed,
      options: configuration.training,
      log,
      clock: systemClock,
    });
    parts.training = training;
    if (kept !== null) {
      await training.restore(kept).catch((error: Error) => {
        log.error({ error: error.message }, 'Training begins anew: its state cannot be read.');
      });
    }
    for (const { name, shape, version, weights } of engine.membership.groups) {
      if (version > 0) training.adopt({ group: name, shape, version, weights });
    }
    return new Service(options, keeper, training);
  }

  /** Takes nothing more in, lets what is on its way through, and keeps the state. */
  async close(): Promise<void> {
    await this.#devices?.stop();
    await this.messages.close();
    // What the last turn brought is folded when the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    this.#running.unsubscribe();
    this.#pipeline.close();
    const { journal } = this.#keeper;
    if (journal.state().isWritable) await journal.whenDurable(this.#options.parts.engine.position);
    await Promise.all(this.#sinks.map((sink) => sink.close()));
    await this.#keeper.close(() => this.#training.state());
    await this.#training.stop();
  }

  /** Why nothing is acknowledged at the moment; null: the journal can be written. */
  journalProblem(): string | null {
    return this.#keeper.journal.state().problem;
  }

  /** What does not work at the moment, although the service is ready. */
  problems(): string[] {
    return this.#sinks.flatMap((sink) => sink.problem() ?? []);
  }

  #tick(): void {
    for (const sink of this.#sinks) sink.tick();
    // While the disk fails, time stands still for the engine, as everything does.
    if (this.#keeper.journal.accepting() !== null) return;
    const { log, parts } = this.#options;
    const { engine } = parts;
    const at = systemClock.now();
    const lost = (error: unknown) => log.error({ error: String(error) }, 'A tick is not kept.');
    this.#pipeline.submit({ kind: 'tick', at }).catch(lost);
    for (const stream of engine.expired(at)) {
      this.#pipeline.submit({ kind: 'remove', stream, reason: 'expired' }).catch(lost);
    }
  }
}

function openSinks(options: ServiceOptions, directory: StreamDirectory): Sink[] {
  const { configuration, outside, log, parts, random } = options;
  const sinks: Sink[] = [];
  if (outside.broker !== null || configuration.mqtt.url !== null) {
    sinks.push(mqttSink(configuration, outside, directory, log, random));
  }
  if (configuration.influx !== null) {
    const folder = outside.folder.path('outbox');
    sinks.push(influxSink(configuration.influx, parts.engine, folder, log, random));
  }
  return sinks;
}

/** `apply` of the engine, with the time it takes. */
function timedApply(engine: Engine, batches: BatchCounters): Engine['apply'] {
  return (event, demand) => {
    const start = monotonicSeconds();
    const outcomes = engine.apply(event, demand);
    batches.batches += 1;
    batches.seconds += monotonicSeconds() - start;
    return outcomes;
  };
}

/** The log for parts that only have sentences. */
function wordsOnly(log: Logger) {
  return {
    info: (message: string) => log.info({}, message),
    warn: (message: string) => log.warn({}, message),
  };
}

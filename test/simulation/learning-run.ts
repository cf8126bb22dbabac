import type { Engine } from '../../src/engine/engine.ts';
import { snapshotEngine } from '../../src/engine/engine-snapshot.ts';
import type { WeightsEvent } from '../../src/engine/event.ts';
import type { OutcomeDemand } from '../../src/engine/outcome.ts';
import { Trainer, type TrainingKernels } from '../../src/engine/training/trainer.ts';
import type { TrainingResult } from '../../src/engine/training/training-result.ts';
import { crc32c } from '../../src/numerics/crc32c.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import { createReadableGradient } from '../../src/numerics/truncated-bptt.ts';
import { createFleet, type Fleet } from '../../src/simulator/fleet.ts';
import { createFreezer } from '../../src/simulator/freezer.ts';
import { createHouseholdMeter } from '../../src/simulator/household-meter.ts';
import { MINUTE, START, smallEngine } from '../engine/engine-under-test.ts';

const HORIZON = 8;
/** In minutes of simulated time. */
const UPDATE_EVERY = 8;
const PUBLISH_EVERY = 8;
const CHECKPOINT_EVERY = 240;
/** The warm-up does so many updates a minute while it has enough data. */
const WARM_UP_UPDATES = 2;

const everything: OutcomeDemand = { forecast: () => true, intervals: false };

/** How well a stream was forecast over a time, in mean absolute errors over all leads. */
interface Score {
  /** Σ of the issued medians' absolute errors, and of those of the last value. */
  issued: number;
  persistence: number;
}

interface Issued {
  readonly base: number;
  readonly median: readonly number[];
}

/**
 * Engine and trainer in step on simulated devices (a freezer and a house's meter, four streams, a
 * reading a minute, no faults): what a minute brings is folded, its rows are learnt from, and what
 * training says is folded at once.
 */
export class LearningRun {
  readonly engine: Engine;
  readonly results: TrainingResult[] = [];
  /** While true, each update climbs the loss instead of descending it. */
  poisoned = false;
  readonly #fleet: Fleet;
  readonly #newest = new Map<string, number>();
  /** Per stream, the forecasts of the last HORIZON readings, the newest first. */
  readonly #issued = new Map<string, Issued[]>();
  #scores = new Map<string, Score>();
  #trainer: Trainer | null = null;
  #minute = 0;

  constructor(seed: number) {
    this.engine = smallEngine(
      { horizon: { steps: HORIZON } },
      { seed, models: { shared: { cell: 'lstm', hidden: 16, layers: 1, size: 'full' } } },
    );
    this.engine.openTraining();
    this.#fleet = createFleet({
      seed,
      from: START,
      faults: false,
      devices: [
        createFreezer({
          seed,
          id: 'freezer',
          offsetMs: 2_000,
          on: -17,
          off: -19.5,
          compressorPower: 78,
          defrostHour: 2,
          openingsPerDay: 9,
        }),
        createHouseholdMeter({ seed, id: 'meter', offsetMs: 43_000 }),
      ],
    });
  }

  /** Lives through so many minutes of simulated time; scores begin anew. */
  run(minutes: number, { learning = true } = {}): ReadonlyMap<string, Score> {
    this.#scores = new Map();
    for (let end = this.#minute + minutes; this.#minute < end; this.#minute++) {
      const until = START + (this.#minute + 1) * MINUTE;
      while (this.#fleet.nextTime < until) this.#take();
      for (const rows of this.engine.takeTrainingRows()) {
        this.#trainer ??= this.#newTrainer();
        this.#trainer.accept(rows);
      }
      if (learning && this.#trainer !== null) this.#learn(this.#trainer);
    }
    return this.#scores;
  }

  /** Folds weights that training knows nothing of. */
  applyWeights(change: (weight: number, index: number) => number): number {
    const group = this.engine.membership.groups[0]!;
    const outcomes = this.engine.apply({
      ...this.#weightsEvent(group.weights.map(change), group.version + 1),
      reason: 'published',
    });
    return outcomes.notices.length;
  }

  get trainer(): Trainer {
    if (this.#trainer === null) throw new Error('no rows came yet');
    return this.#trainer;
  }

  get liveWeights(): Float32Array {
    return this.engine.membership.groups[0]!.weights;
  }

  stateBytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(snapshotEngine(this.engine)));
  }

  forecastOf(stream: string) {
    return this.engine.forecast(this.engine.table.rowOf(stream)!)!;
  }

  #take(): void {
    const { time, readings } = this.#fleet.next();
    const { steps } = this.engine.apply(
      {
        kind: 'readings',
        arrivedAt: time,
        readings: readings.map(({ stream, value }) => {
          return { stream, time, value, unit: null, retained: false, labels: null };
        }),
      },
      everything,
    );
    for (const { stream, value } of readings) this.#score(stream, value);
    for (const { forecast } of steps) {
      if (forecast === null) continue;
      const issued = this.#issued.get(forecast.stream) ?? [];
      issued.unshift({ base: this.#newest.get(forecast.stream)!, median: forecast.median });
      this.#issued.set(forecast.stream, issued.slice(0, HORIZON));
    }
  }

  #score(stream: string, value: number): void {
    this.#newest.set(stream, value);
    const score = this.#scores.get(stream) ?? { issued: 0, persistence: 0 };
    this.#scores.set(stream, score);
    this.#issued.get(stream)?.forEach(({ base, median }, age) => {
      score.issued += Math.abs(value - median[age]!);
      score.persistence += Math.abs(value - base);
    });
  }

  #learn(trainer: Trainer): void {
    const updates = trainer.warmingUp ? WARM_UP_UPDATES : Number(this.#every(UPDATE_EVERY));
    for (let k = 0; k < updates; k++) this.#obey(trainer.update().result);
    if (this.#every(PUBLISH_EVERY)) this.#obey(trainer.publish());
    if (this.#every(CHECKPOINT_EVERY)) this.#obey(trainer.checkpoint());
  }

  #every(minutes: number): boolean {
    return this.#minute % minutes === 0;
  }

  #obey(result: TrainingResult | null): void {
    if (result === null) return;
    this.results.push(result);
    if (result.kind === 'checkpoint') this.engine.apply(result);
    else {
      const { version, weights, kind } = result;
      this.engine.apply({ ...this.#weightsEvent(weights, version), reason: kind });
    }
  }

  #weightsEvent(weights: Float32Array, version: number): WeightsEvent {
    return {
      kind: 'weights',
      group: 'shared',
      version,
      digest: digestOf(weights),
      weights,
      reason: 'published',
      loss: null,
      seconds: null,
    };
  }

  #newTrainer(): Trainer {
    const group = this.engine.membership.groups[0]!;
    const { name, shape, weights, version } = group;
    const { seed } = this.engine.options;
    return new Trainer(
      { group: name, shape, seed, window: 48, weights, version, slots: 8, replayWindows: 256 },
      this.#kernels(),
    );
  }

  #kernels(): TrainingKernels {
    return {
      recurrent: createReadableKernel,
      gradient: (shape) => {
        const real = createReadableGradient(shape);
        return {
          shape,
          gradient: (weights, batch, gradient) => {
            const loss = real.gradient(weights, batch, gradient);
            if (this.poisoned) for (let k = 0; k < gradient.length; k++) gradient[k]! *= -1;
            return loss;
          },
        };
      },
    };
  }
}

/** CRC-32C of the weights' bytes, as the journal names them. */
export function digestOf(weights: Float32Array): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  return crc32c(bytes).toString(16).padStart(8, '0');
}

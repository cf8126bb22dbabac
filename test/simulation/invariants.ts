import type { Engine } from '../../src/engine/engine.ts';
import type { EngineEvent } from '../../src/engine/event.ts';
import type { Outcomes } from '../../src/engine/outcome.ts';
import type { ForecastItem } from '../../src/protocol/items.ts';
import { stateBytes } from '../engine/engine-under-test.ts';

/** Bits are compared after every event that is a multiple of this; outcomes after each. */
const BITS_EVERY = 20;

/**
 * The invariants of the engine, watched beside a reference that folds the same events in one go:
 *
 *  I1  positions rise by one, and forecasts of a stream rise in time
 *  I2  the state has the bits of the reference's, wherever it was restored
 *  I3  no forecast is issued twice
 *  I5  what was told is never changed by what comes later
 *
 * and besides: forecasts are finite, their intervals nested, and each reading is shown or counted.
 */
export class Invariants {
  readonly #reference: Engine;
  readonly #told: { readonly outcomes: Outcomes; readonly text: string }[] = [];
  /** Time of each stream's newest forecast since it was created. */
  readonly #issued = new Map<string, number>();
  #shown = 0;

  constructor(reference: Engine) {
    this.#reference = reference;
  }

  /** Checks one event's outcomes of `engine`; throws with what is broken. */
  check(engine: Engine, event: EngineEvent, outcomes: Outcomes, expected: Outcomes): void {
    const text = JSON.stringify(outcomes);
    demand(engine.position === this.#reference.position, 'I1: another position');
    demand(text === JSON.stringify(expected), 'I2: other outcomes than those of an unbroken run');
    if (engine.position % BITS_EVERY === 0) this.checkBits(engine);
    for (const stream of outcomes.removed) this.#issued.delete(stream);
    for (const { forecast, reading } of outcomes.steps) {
      if (!reading.flags.includes('imputed')) this.#shown += 1;
      if (forecast !== null) this.#checkForecast(forecast);
    }
    this.#checkCounts();
    if (event.kind === 'readings') this.#told.push({ outcomes, text });
  }

  /** I2: the bits. */
  checkBits(engine: Engine): void {
    const same = Buffer.compare(stateBytes(engine), stateBytes(this.#reference)) === 0;
    demand(same, 'I2: other bits than those of an unbroken run');
  }

  /** I5, to be asked at the end. */
  checkTold(): void {
    for (const { outcomes, text } of this.#told) {
      demand(JSON.stringify(outcomes) === text, 'I5: an outcome has changed afterwards');
    }
  }

  #checkForecast(forecast: ForecastItem): void {
    const { stream, issued, targets, median, levels } = forecast;
    const before = this.#issued.get(stream);
    demand(issued !== before, `I3: "${stream}" was forecast twice at ${issued}`);
    demand(!(issued < before!), `I1: "${stream}" was forecast at ${issued} after ${before}`);
    this.#issued.set(stream, issued);
    demand(
      targets.every((time, k) => time > (k === 0 ? issued : targets[k - 1]!)),
      `the targets of "${stream}" do not rise`,
    );
    const numbers = [...median, ...levels.flatMap(({ lower, upper }) => [...lower, ...upper])];
    demand(numbers.every(Number.isFinite), `a forecast of "${stream}" is not finite`);
    let [inner, outer] = [median, median];
    for (const { level, lower, upper } of levels) {
      const nested = median.every((_, k) => lower[k]! <= inner[k]! && upper[k]! >= outer[k]!);
      demand(nested, `the ${level} interval of "${stream}" does not hold the one inside it`);
      [inner, outer] = [lower, upper];
    }
  }

  /** Nothing is lost silently. */
  #checkCounts(): void {
    const { counters } = this.#reference;
    const { readings, duplicates, tooLate, future, retained } = counters;
    const unshown = readings - this.#shown - duplicates - tooLate - future;
    // A retained reading is shown only when it is newer than what is shown.
    demand(
      unshown >= 0 && unshown <= retained,
      `${unshown} readings are neither shown nor counted`,
    );
  }
}

function demand(condition: boolean, broken: string): void {
  if (!condition) throw new Error(broken);
}

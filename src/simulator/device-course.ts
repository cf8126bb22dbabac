import { type DeviceModel, type DeviceRun, dayMs, hourMs } from './device.ts';

/**
 * A device's course as a function of absolute time. Time is cut into chapters of one day; each is
 * simulated on its own from a standard state `burnInMs` before it, so whoever joins at any moment
 * sees exactly what an observer from the beginning sees:
 *
 *     ····burn-in····┃━━━━━━━━ chapter ━━━━━━━━┃
 *                     ····burn-in····           ┃━━━━━━━━ next ━━━
 *
 * Where two chapters meet, the states differ by what the burn-in has not yet forgotten: far less
 * than the sensors' noise. A device without memory is begun once, at the hour before its first
 * message.
 */
export class DeviceCourse {
  readonly #model: DeviceModel;
  #run: DeviceRun | null;
  /** Time of the measurement that the next step gives. */
  #nextTime: number;
  #chapterEnd: number;

  /** The first message is the first one with a time of at least `from`. */
  constructor(model: DeviceModel, from: number) {
    this.#model = model;
    this.#nextTime = Math.ceil((from - model.offsetMs) / model.intervalMs) * model.intervalMs;
    this.#chapterEnd = Number.NEGATIVE_INFINITY;
    this.#run = null;
  }

  /** Time of the next message, whole ms since 1970. */
  get nextTime(): number {
    return this.#nextTime + this.#model.offsetMs;
  }

  /** Measures at `nextTime` and moves on; the array is overwritten by the next call. */
  next(): readonly number[] {
    const run = this.#run === null || this.#nextTime > this.#chapterEnd ? this.#open() : this.#run;
    this.#nextTime += this.#model.intervalMs;
    return run.step();
  }

  /** Begins the chapter that holds `#nextTime`; a chapter holds its end but not its start. */
  #open(): DeviceRun {
    const { intervalMs, chapters } = this.#model;
    let begun = (Math.ceil(this.#nextTime / hourMs) - 1) * hourMs;
    this.#chapterEnd = Number.POSITIVE_INFINITY;
    if (chapters !== null) {
      const chapter = Math.ceil((this.#nextTime - chapters.offsetMs) / dayMs) - 1;
      const start = chapter * dayMs + chapters.offsetMs;
      begun = start - chapters.burnInMs;
      this.#chapterEnd = start + dayMs;
    }
    const run = this.#model.begin(begun);
    // Measuring costs as much as living; only the hour under way must draw its noise in full.
    const hour = (Math.ceil(this.#nextTime / hourMs) - 1) * hourMs;
    for (let time = begun + intervalMs; time < this.#nextTime; time += intervalMs) {
      if (time <= hour) run.advance();
      else run.step();
    }
    this.#run = run;
    return run;
  }
}

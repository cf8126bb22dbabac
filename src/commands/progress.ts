import type { Clock } from '../pipeline/ports.ts';
import type { CommandIo } from './command.ts';

/**
 * How far a long command is, on stderr: a bar that is drawn over itself where a person watches,
 * now and then a line where not, and nothing at all for what is over within two seconds.
 *
 *   [############------------]  48 %  58,320 readings  9,120/s  7 s left
 */

/** Nothing is shown before. */
const quietMs = 2_000;
const redrawMs = 200;
const lineMs = 5_000;
const barWidth = 24;

export interface ProgressOptions {
  readonly sink: CommandIo['stderr'];
  readonly clock: Clock;
  /** What is counted, in the plural: `readings`. */
  readonly unit: string;
}

export interface ProgressState {
  /** 0 to 1; null: nobody knows how much there is. */
  readonly share: number | null;
  /** How much is done, in units. */
  readonly count: number;
}

/** One for each run of a command; it has no timer: tell it as often as you like. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #startedAt: number;
  #shownAt: number;
  #isBarShown: boolean;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#shownAt = Number.NEGATIVE_INFINITY;
    this.#isBarShown = false;
  }

  update(state: ProgressState): void {
    const { sink, clock, unit } = this.#options;
    const now = clock.now();
    const elapsedMs = now - this.#startedAt;
    if (elapsedMs < quietMs) return;
    const isWatched = sink.isTTY === true;
    if (now - this.#shownAt < (isWatched ? redrawMs : lineMs)) return;
    this.#shownAt = now;
    const line = progressLine({ ...state, unit, elapsedMs });
    if (!isWatched) {
      sink.write(`${line}\n`);
      return;
    }
    this.#isBarShown = true;
    sink.write(`\r${barOf(state.share)}${line}\u001b[K`);
  }

  /** Takes the bar away, so that what is written next has the line for itself. May be called twice. */
  end(): void {
    if (this.#isBarShown) this.#options.sink.write('\r\u001b[K');
    this.#isBarShown = false;
  }
}

/** What is done, how fast, and how long it will still take at the rate so far. */
export function progressLine(
  state: ProgressState & { readonly unit: string; readonly elapsedMs: number },
): string {
  const { share, count, unit, elapsedMs } = state;
  const rate = count / (elapsedMs / 1000);
  const parts = [`${grouped(count)} ${unit}`, `${grouped(Math.round(rate))}/s`];
  if (share !== null) {
    parts.unshift(`${String(Math.floor(share * 100)).padStart(3)} %`);
    if (share > 0) parts.push(`${durationText((elapsedMs * (1 - share)) / share)} left`);
  }
  return parts.join('  ');
}

/** A duration in at most two units: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return twoUnits(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'min');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${grouped(large)} ${largeUnit}`;
  return small === 0 ? first : `${first} ${small} ${smallUnit}`;
}

function barOf(share: number | null): string {
  if (share === null) return '';
  const full = Math.min(barWidth, Math.floor(share * barWidth));
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] `;
}

/** 1234567 as 1,234,567, wherever it runs. */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

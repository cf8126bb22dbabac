import { hashSeed, Random } from '../numerics/random.ts';
import { hourMs, minuteMs } from './device.ts';
import { localDay, localDayStart, localWeekday } from './local-time.ts';

/** How a room is used: when people are in it, when they open the window, when they cook. */
export type RoomUse = 'living' | 'office';

/** A span of one local day. `persons` is 0 for an opened window or a cooking pot. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly persons: number;
  readonly kind: 'present' | 'airing' | 'cooking';
}

/** What people do to a room at one moment. */
export interface RoomActivity {
  readonly persons: number;
  readonly windowOpen: boolean;
  readonly cooking: boolean;
}

/**
 * The habits of a room's users: the same hours each weekday give or take half an hour, other hours
 * at the weekend. A day's plan is drawn from seed, name and day when it is first asked for.
 */
export class Occupancy {
  readonly #seed: number;
  readonly #use: RoomUse;
  #day: number;
  #spans: readonly Span[];

  constructor(seed: number, use: RoomUse) {
    this.#seed = seed;
    this.#use = use;
    this.#day = Number.NaN;
    this.#spans = [];
  }

  at(time: number): RoomActivity {
    const day = localDay(time);
    if (day !== this.#day) {
      this.#day = day;
      const random = new Random(hashSeed(this.#seed, `occupancy/${day}`));
      this.#spans = this.#use === 'living' ? livingDay(random, day) : officeDay(random, day);
    }
    let persons = 0;
    let windowOpen = false;
    let cooking = false;
    for (const span of this.#spans) {
      if (time < span.from || time >= span.to) continue;
      persons += span.persons;
      windowOpen ||= span.kind === 'airing';
      cooking ||= span.kind === 'cooking';
    }
    return { persons, windowOpen, cooking };
  }
}

function livingDay(random: Random, day: number): Span[] {
  const midnight = localDayStart(day);
  const around = (hour: number, spread: number) =>
    midnight + (hour + spread * (2 * random.uniform() - 1)) * hourMs;
  const spans: Span[] = [];
  const stay = (from: number, to: number, persons: number) =>
    spans.push({ from, to, persons, kind: 'present' });
  if (localWeekday(day) < 5) {
    stay(around(6.5, 0.25), around(7.7, 0.2), 2);
    stay(around(17.2, 0.5), around(22.7, 0.4), 2);
  } else {
    stay(around(8.4, 0.5), around(12, 0.7), 2);
    stay(around(14.5, 0.8), around(23, 0.4), 3);
  }
  for (const hour of [7.9, 13.2, 20.5]) spans.push(airing(around(hour, 0.3), 8 * minuteMs));
  const cook = around(18.6, 0.4);
  spans.push({ from: cook, to: cook + 35 * minuteMs, persons: 0, kind: 'cooking' });
  return spans;
}

function officeDay(random: Random, day: number): Span[] {
  const midnight = localDayStart(day);
  const around = (hour: number, spread: number) =>
    midnight + (hour + spread * (2 * random.uniform() - 1)) * hourMs;
  if (localWeekday(day) >= 5) return [];
  const present = (from: number, to: number): Span => ({ from, to, persons: 1, kind: 'present' });
  const spans: Span[] = [];
  for (let person = 0; person < 3; person++) {
    const away = random.uniform() < 0.15;
    const morning = present(around(8.2, 0.5), around(12.1, 0.2));
    const afternoon = present(around(12.9, 0.2), around(17.2, 0.6));
    if (!away) spans.push(morning, afternoon);
  }
  spans.push(airing(around(10.2, 0.3), 7 * minuteMs), airing(around(15, 0.3), 7 * minuteMs));
  return spans;
}

function airing(from: number, lengthMs: number): Span {
  return { from, to: from + lengthMs, persons: 0, kind: 'airing' };
}

import { hashSeed, Random } from '../numerics/random.ts';
import { hourMs, minuteMs } from './device.ts';
import { localDayStart, localWeekday, yearPhase } from './local-time.ts';

/** A constant draw for a while: appliances are made of these, so energy adds up exactly. */
export interface Draw {
  /** Ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** W. */
  readonly power: number;
}

/**
 * What a household of three switches on during one local day: lights, screens, kettle, stove,
 * dishwasher, washing machine. A function of seed and day. A draw begins within its day and ends
 * before the next one does.
 */
export function drawsOf(seed: number, day: number): Draw[] {
  const plan = new DayPlan(seed, day);
  const free = localWeekday(day) >= 5;
  // Dusk at about 16:30 in December and 21:00 in June.
  const dusk = 18.7 - 2.2 * Math.cos(2 * Math.PI * yearPhase(localDayStart(day)));
  const bedtime = plan.around(free ? 23.4 : 22.8, 0.4);
  plan.until(plan.around(Math.min(dusk, 21.5), 0.3), bedtime, 110);
  plan.until(plan.around(19.4, 0.6), bedtime - 0.2, 135);
  plan.until(plan.around(free ? 8.3 : 6.4, 0.3), plan.around(free ? 9.4 : 7.6, 0.2), 85);
  if (free) plan.until(plan.around(10, 0.7), plan.around(16.5, 0.8), 120);
  kettle(plan, free);
  cooking(plan, free);
  dishwasher(plan);
  washing(plan, free);
  return plan.draws;
}

function kettle(plan: DayPlan, free: boolean): void {
  for (const hour of free ? [8.6, 11, 15.5, 18] : [6.7, 17.6, 20.3]) {
    plan.add(plan.around(hour, 0.5), 2 + 2 * plan.uniform(), 2000);
  }
}

function cooking(plan: DayPlan, free: boolean): void {
  const meals = free ? [12.2, 18.6] : [18.5];
  for (const hour of meals) {
    const start = plan.around(hour, 0.4);
    const power = 1400 + 800 * plan.uniform();
    plan.add(start, 8, power);
    // The thermostat of stove and oven: on for four minutes of seven.
    const rounds = 2 + Math.floor(4 * plan.uniform());
    for (let round = 0; round < rounds; round++) plan.add(start + (11 + 7 * round) / 60, 4, power);
  }
}

function dishwasher(plan: DayPlan): void {
  const start = plan.around(20.6, 0.5);
  if (plan.uniform() > 0.75) return;
  plan.add(start, 80, 55);
  plan.add(start + 0.1, 17, 1900);
  plan.add(start + 0.95, 13, 1900);
}

function washing(plan: DayPlan, free: boolean): void {
  const start = plan.around(free ? 10.5 : 17.8, 0.9);
  if (plan.uniform() > (free ? 0.8 : 0.3)) return;
  plan.add(start, 95, 160);
  plan.add(start + 0.12, 22, 1850);
  plan.add(start + 1.4, 9, 320);
}

class DayPlan {
  readonly draws: Draw[];
  readonly #midnight: number;
  readonly #random: Random;

  constructor(seed: number, day: number) {
    this.draws = [];
    this.#midnight = localDayStart(day);
    this.#random = new Random(hashSeed(seed, `appliances/${day}`));
  }

  uniform(): number {
    return this.#random.uniform();
  }

  /** A local hour within ± `spread`. */
  around(hour: number, spread: number): number {
    return hour + spread * (2 * this.#random.uniform() - 1);
  }

  add(hour: number, minutes: number, power: number): void {
    const from = this.#midnight + hour * hourMs;
    this.draws.push({ from, to: from + minutes * minuteMs, power });
  }

  until(hour: number, endHour: number, power: number): void {
    if (endHour > hour) this.add(hour, (endHour - hour) * 60, power);
  }
}

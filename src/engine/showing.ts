import type { ReadingFlag } from '../protocol/items.ts';
import type { StreamRule } from '../stream/stream-rule.ts';
import type { Collector } from './collector.ts';
import { boundAt } from './forecast-item.ts';
import type { Membership } from './membership.ts';
import type { OneStepInterval } from './outcome.ts';
import type { MutableOutcome, Stepper } from './stepper.ts';
import type { StreamTable } from './stream-table.ts';

/** Flags of the newest reading as bits of the column `shownFlags`. */
export const flagNames: readonly ReadingFlag[] = ['late', 'imputed', 'retained', 'limit'];

/** A value at a time; NaN: missing. */
interface Shown {
  readonly time: number;
  readonly value: number;
}

/** Turns readings into outcomes, each with what the forecast before it expected. */
export class Showing {
  readonly #table: StreamTable;
  readonly #membership: Membership;
  readonly #stepper: Stepper;
  readonly #rules: readonly StreamRule[];

  constructor(options: {
    table: StreamTable;
    membership: Membership;
    stepper: Stepper;
    rules: readonly StreamRule[];
  }) {
    this.#table = options.table;
    this.#membership = options.membership;
    this.#stepper = options.stepper;
    this.#rules = options.rules;
  }

  /** Makes an outcome of a reading, which becomes the newest one of its stream. */
  show(row: number, shown: Shown, flags: ReadingFlag[], into: Collector): MutableOutcome {
    const outcome = this.pass(row, shown, flags, into);
    const { columns } = this.#table;
    columns.shownTime[row] = shown.time;
    columns.shownValue[row] = shown.value;
    columns.shownExpected[row] = outcome.reading.expected ?? Number.NaN;
    columns.shownFlags[row] = flags.reduce(
      (bits, flag) => bits | (1 << flagNames.indexOf(flag)),
      0,
    );
    return outcome;
  }

  /** Makes an outcome of a reading that is not the newest of its stream, or none at all. */
  pass(row: number, shown: Shown, flags: ReadingFlag[], into: Collector): MutableOutcome {
    const foreseen = !flags.includes('retained') && !flags.includes('late');
    const expected = foreseen ? this.#expected(row) : null;
    const outcome: MutableOutcome = {
      row,
      reading: {
        kind: 'reading',
        stream: this.#table.idOf(row) as string,
        t: shown.time,
        v: Number.isNaN(shown.value) ? null : shown.value,
        flags,
        expected,
        score: null,
      },
      interval: into.demand.intervals && expected !== null ? this.intervals(row) : null,
      forecast: null,
      labels: this.#table.labelsOf(row),
    };
    into.steps.push(outcome);
    return outcome;
  }

  /** Intervals of the one-step forecast issued before, the narrowest first; none: no forecast yet. */
  intervals(row: number): OneStepInterval[] {
    const median = this.#median(row);
    if (median === null) return [];
    const { columns } = this.#table;
    const group = this.#membership.groups[columns.group[row] - 1];
    const member = columns.member[row];
    const { levels } = group.layout;
    return Array.from(levels, (level, i) => ({
      level,
      lower: this.#plausible(row, median + boundAt(group, member, i, 1)),
      upper: this.#plausible(row, median + boundAt(group, member, i + levels.length, 1)),
    }));
  }

  #expected(row: number): number | null {
    const median = this.#median(row);
    return median === null ? null : this.#plausible(row, median);
  }

  /** Median of the one-step forecast issued before; makes sure that it has been issued. */
  #median(row: number): number | null {
    const { columns } = this.#table;
    const index = columns.group[row] - 1;
    if (index < 0) return null;
    this.#stepper.settle(row);
    const group = this.#membership.groups[index];
    const member = columns.member[row];
    if (Number.isNaN(group.columns.issued[member])) return null;
    return columns.origin[row] + group.columns.median[member * group.layout.leads.horizon];
  }

  /** Clamped to the stream's range, as its forecast items are. */
  #plausible(row: number, value: number): number {
    const { range } = this.#rules[this.#table.columns.rule[row]].limits;
    return range === null ? value : Math.max(range[0], Math.min(range[1], value));
  }
}

import type { Aggregate } from './aggregation.ts';
import { compileGlob, type GlobMatcher } from './glob.ts';
import { HORIZON_MAX } from './leads.ts';

/** How the streams that a glob matches are treated; the first rule that matches a stream is its rule. */
export interface StreamRule {
  readonly match: string;
  /** Milliseconds: readings are aggregated to it. `auto`: found, and each reading is a step. */
  readonly cadence: number | 'auto';
  readonly aggregate: Aggregate;
  /** `delta`: a counter, forecast by what is added to it. */
  readonly transform: 'none' | 'delta';
  readonly horizon: { readonly steps: number } | { readonly durationsMs: readonly number[] };
  /** Ascending, each in (0, 1). */
  readonly levels: readonly number[];
  readonly model: string;
  /** Missing steps inserted at most, before the state starts anew. */
  readonly maxGapSteps: number;
  readonly latenessMs: number;
  /** Without readings for that long, by arrival, a stream is removed; null: never. */
  readonly expireMs: number | null;
  readonly limits: StreamLimits;
}

/** What a plausible reading keeps to. */
export interface StreamLimits {
  /** Lowest and highest plausible value. */
  readonly range: readonly [number, number] | null;
  /** Units of value per millisecond. */
  readonly maxRate: number | null;
}

/** Finds the rule of a stream id: its index, or −1 when none matches. */
export function compileRules(rules: readonly StreamRule[]): (id: string) => number {
  const matchers: GlobMatcher[] = rules.map((rule) => compileGlob(rule.match));
  return (id) => matchers.findIndex((matches) => matches(id));
}

/**
 * Leads in steps that a rule asks for at this cadence, ascending, without repeats and at most
 * HORIZON_MAX; null: every step to the horizon.
 */
export function leadsAsked(rule: StreamRule, cadenceMs: number): number[] | null {
  if ('steps' in rule.horizon) return null;
  const steps = rule.horizon.durationsMs.map((ms) =>
    Math.min(HORIZON_MAX, Math.max(1, Math.round(ms / cadenceMs))),
  );
  return [...new Set(steps)].sort((a, b) => a - b);
}

import type { Leads } from './leads.ts';
import type { ColumnSpecification, Columns } from './slab.ts';

/**
 * The forecasting state that a stream has as a member of a model group, besides the recurrent state
 * in the group's kernel. Values are float32 relative to the stream's origin, so that a large
 * level costs no resolution. K knots, L levels, P pending forecasts, H leads.
 *
 * One pending forecast, kept until its target arrives:
 *   ┌──────┬─────────────┬──────────┬────────┬───────────┬───────────┐
 *   │ lstm │ persistence │ seasonal │ median │ lower (L) │ upper (L) │
 *   └──────┴─────────────┴──────────┴────────┴───────────┴───────────┘
 */

/** Forecasts whose errors are recorded side by side: the experts and the issued median. */
export const EXPERTS = 4;
export const LSTM = 0;
export const PERSISTENCE = 1;
export const SEASONAL = 2;
export const MEDIAN = 3;
export const BOUNDS = 4;

/** Numbers of one pending forecast. */
export function pendingWidth(levels: number): number {
  return BOUNDS + 2 * levels;
}

export function memberSpecification(leads: Leads, levels: number) {
  const knots = leads.knots.length;
  const pending = leads.pendingStart[knots];
  const column = (type: 'f32', width: number) => ({ type, width });
  return {
    /** (P, 4 + 2L) */
    pending: column('f32', pending * pendingWidth(levels)),
    /** (P) step that issued it; 0: nothing pending there. */
    pendingStep: { type: 'u32', width: pending },
    /** (K) scored errors so far. */
    scored: { type: 'u32', width: knots },
    /** (K) exponentially weighted mean absolute error of the issued median, at two rates. */
    errorFast: column('f32', knots),
    errorSlow: column('f32', knots),
    /** (K, EXPERTS) exponentially weighted mean absolute error of each expert and the median. */
    expertError: column('f32', knots * EXPERTS),
    /** (K) exponentially weighted mean square of the persistence error. */
    baseSquare: column('f32', knots),
    /** (K, 2L) standardised quantiles of the error: lower bounds, then upper bounds. */
    quantile: column('f32', knots * 2 * levels),
    /** (L) exponentially weighted share of targets inside the level. */
    covered: column('f32', levels),
    coveredCount: { type: 'u32', width: 1 },
    /** (H) the newest forecast, and (K, 2L) its bounds as distances from the median. */
    median: column('f32', leads.horizon),
    bounds: column('f32', knots * 2 * levels),
    /** Time of the reading that the newest forecast follows; NaN before the first. */
    issued: { type: 'f64', width: 1, fill: Number.NaN },
    /** Recurrent steps since the state was last zero. */
    step: { type: 'u32', width: 1 },
    /** Scored one-step errors since the group's weights were first trained. */
    earned: { type: 'u32', width: 1 },
    /** Index into trustStates. */
    trust: { type: 'u8', width: 1 },
    /** A number that no other member of the group ever has. */
    serial: { type: 'u32', width: 1 },
    /** Row in the stream table. */
    stream: { type: 'u32', width: 1 },
  } as const satisfies Record<string, ColumnSpecification>;
}

export type MemberColumns = Columns<ReturnType<typeof memberSpecification>>;

/** What all members of a group have in common. */
export interface MemberLayout {
  readonly leads: Leads;
  /** (L) ascending, each in (0, 1). */
  readonly levels: Float64Array;
}

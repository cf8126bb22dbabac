import {
  EXPERTS,
  LSTM,
  MEDIAN,
  type MemberColumns,
  type MemberLayout,
  PERSISTENCE,
  SEASONAL,
} from './member-columns.ts';

/**
 * Whether the recurrent forecast is used. It starts out `warming`, behind the best naive forecast,
 * and is `ok` once its measured error is clearly below the best naive one's over EARN_STEPS
 * readings since it was first trained; when it then loses it is in `fallback` until it wins again.
 */
export const trustStates = ['warming', 'ok', 'fallback'] as const;
const WARMING = 0;
const OK = 1;
const FALLBACK = 2;

const EARN_STEPS = 64;
/** Scored seasonal errors before the seasonal naive forecast can be the best one. */
const SEASONAL_STEPS = 20;
/** The error ratio at which trust is given, and the one at which it is withdrawn. */
const GIVE_RATIO = 0.98;
const WITHDRAW_RATIO = 1.03;
/** Skill is discounted by n / (n + SKILL_PRIOR) for n scored readings. */
const SKILL_PRIOR = 30;
const SKILL_SCORED_MIN = 8;

/** The better of persistence and seasonal naive at a knot: their index and error. */
export function bestNaive(columns: MemberColumns, record: number): number {
  const persistence = columns.expertError[record * EXPERTS + PERSISTENCE];
  const seasonal = columns.expertError[record * EXPERTS + SEASONAL];
  return columns.scored[record] >= SEASONAL_STEPS && seasonal < persistence
    ? SEASONAL
    : PERSISTENCE;
}

/**
 * Weight of the recurrent forecast at a knot, 0 to 1; the best naive one has the rest:
 * e_naive⁴ / (e_naive⁴ + e_lstm⁴) once it is trusted, which is all but a choice where one is much better.
 */
export function recurrentWeight(columns: MemberColumns, member: number, record: number): number {
  if (columns.trust[member] !== OK) return 0;
  const lstm = columns.expertError[record * EXPERTS + LSTM];
  const naive = columns.expertError[record * EXPERTS + bestNaive(columns, record)];
  if (!(lstm > 0) || !(naive > 0)) return lstm < naive ? 1 : 0;
  return 1 / (1 + (lstm / naive) ** 4);
}

/** Mean over the scored knots of error / error of the best naive forecast; NaN when nothing is scored. */
function errorRatio(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  /** LSTM or MEDIAN. */
  expert: number,
): number {
  const knots = layout.leads.knots.length;
  let sum = 0;
  let count = 0;
  for (let k = 0; k < knots; k++) {
    const record = member * knots + k;
    if (columns.scored[record] < SKILL_SCORED_MIN) continue;
    const naive = columns.expertError[record * EXPERTS + bestNaive(columns, record)];
    const error = columns.expertError[record * EXPERTS + expert];
    if (naive > 0) sum += error / naive;
    else sum += error > 0 ? 2 : 1;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** Gives and withdraws trust after a scored step. `trained`: the group has had weights from training. */
export function reviewTrust(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
  trained: boolean,
): void {
  if (!trained) return;
  columns.earned[member] += 1;
  if (columns.earned[member] < EARN_STEPS) return;
  const ratio = errorRatio(columns, layout, member, LSTM);
  if (columns.trust[member] === OK) {
    if (ratio > WITHDRAW_RATIO) columns.trust[member] = FALLBACK;
  } else if (ratio < GIVE_RATIO) {
    columns.trust[member] = OK;
  }
}

/** Starts to earn trust anew: the state it rested on is gone. */
export function resetTrust(columns: MemberColumns, member: number): void {
  columns.trust[member] = WARMING;
  columns.earned[member] = 0;
}

/** 1 − error / error of the best naive forecast, discounted while few readings are scored; null before that. */
export function skillOf(
  columns: MemberColumns,
  layout: MemberLayout,
  member: number,
): number | null {
  const n = columns.scored[member * layout.leads.knots.length];
  const ratio = errorRatio(columns, layout, member, MEDIAN);
  return Number.isNaN(ratio) ? null : ((1 - ratio) * n) / (n + SKILL_PRIOR);
}

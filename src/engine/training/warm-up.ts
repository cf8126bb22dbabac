/**
 * The first, dense part of training: 500 updates with a falling learning rate, then the steady
 * updates beside the stream. It is done update by update, and
 *
 *  - waits for data: no more than 100 epochs, so that a service that has seen a minute of readings
 *    does not learn them by heart;
 *  - every 25 updates the weights are judged on held-out targets, side by side with the best ones so
 *    far; better ones are worth publishing, and after four judgements in a row without progress the
 *    weights return to the best ones and the warm-up ends, or, as long as there are few data, rests
 *    until there are half as many again.
 */
export interface WarmUp {
  /** 1 until the warm-up has ended. */
  active: number;
  updates: number;
  staleJudgements: number;
  /** It rests until so many steps have been seen. */
  resumeAtSteps: number;
}

export type WarmUpVerdict = 'continue' | 'return';

const UPDATES = 500;

export const WARM_UP = {
  updates: UPDATES,
  /** A schedule, and the rate that training goes on with after it. */
  learningRate: { from: 3e-3, to: 3e-4, rampUpdates: 20, updates: UPDATES, after: 1e-3 },
  windows: 16,
  zeroStateUpdates: 100,
  judgeEvery: 25,
  /** The first judgements happen before the ramp and the zero states have had their effect. */
  judgeableUpdates: 100,
} as const;

export function beginWarmUp(): WarmUp {
  return { active: 1, updates: 0, staleJudgements: 0, resumeAtSteps: 0 };
}

/** Whether the data seen allow another update over windows of `windowSteps`. */
export function warmUpMayGoOn(warmUp: WarmUp, stepsSeen: number, windowSteps: number): boolean {
  if (stepsSeen < warmUp.resumeAtSteps) return false;
  return warmUp.updates * WARM_UP.windows * windowSteps < stepsSeen * EPOCHS_MAX;
}

/**
 * Takes a judgement in and answers whether the weights should return to the best ones. `improved` is
 * null when nothing was held out.
 */
export function judgeWarmUp(
  warmUp: WarmUp,
  improved: boolean | null,
  stepsSeen: number,
): WarmUpVerdict {
  const finished = warmUp.updates >= WARM_UP.updates;
  if (finished) warmUp.active = 0;
  if (improved === null) return 'continue';
  warmUp.staleJudgements = improved ? 0 : warmUp.staleJudgements + 1;
  if (finished) return improved ? 'continue' : 'return';
  if (warmUp.staleJudgements < STALE_MAX || warmUp.updates < WARM_UP.judgeableUpdates) {
    return 'continue';
  }
  warmUp.staleJudgements = 0;
  if (stepsSeen >= FEW_STEPS) warmUp.active = 0;
  else warmUp.resumeAtSteps = stepsSeen * RESUME_GROWTH;
  return 'return';
}

const EPOCHS_MAX = 100;
const STALE_MAX = 4;
const FEW_STEPS = 2048;
const RESUME_GROWTH = 1.5;

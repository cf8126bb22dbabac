import { auditTime, type Observable, type SchedulerLike, Subscription } from 'rxjs';
import type { EngineEvent } from '../engine/event.ts';
import type { Outcomes } from '../engine/outcome.ts';
import type { TrainingRows } from '../engine/training/training-rows.ts';
import type { Training, TrainingReport } from './ports.ts';

/**
 * Learning beside serving, off the path of any reading:
 *
 *   outcomes$ ─▶ (each 100 ms) rows of the tracked streams ─▶ worker ─▶ results ─▶ events
 *
 * Results come back as events of the journal, so that a restart replays them where they happened.
 */

const HAND_OVER_MS = 100;

export interface TrainingLoopOptions {
  readonly outcomes$: Observable<Outcomes>;
  readonly takeRows: () => readonly TrainingRows[];
  readonly training: Training;
  readonly submit: (event: EngineEvent) => void;
  readonly scheduler: SchedulerLike;
}

/** Runs until unsubscribed. */
export function trainBesideServing(options: TrainingLoopOptions): Subscription {
  const { training } = options;
  const running = new Subscription();
  running.add(
    options.outcomes$.pipe(auditTime(HAND_OVER_MS, options.scheduler)).subscribe(() => {
      for (const rows of options.takeRows()) training.send(rows);
    }),
  );
  running.add(training.results$.subscribe((result) => options.submit(eventOf(result))));
  return running;
}

function eventOf(report: TrainingReport): EngineEvent {
  if (report.kind === 'checkpoint') {
    const { group, version, loss } = report;
    return { kind: 'checkpoint', group, version, loss };
  }
  const { group, version, digest, weights, loss, seconds, kind: reason } = report;
  return { kind: 'weights', group, version, digest, weights, reason, loss, seconds };
}

import { type Observable, Subscription } from 'rxjs';
import type { Outcomes } from '../../engine/outcome.ts';
import type { Logger } from '../../pipeline/ports.ts';

const sentences = {
  checkpoint: 'The model has passed its checkpoint.',
  rollback: 'The model has returned to its last good weights.',
  diverged: 'Training has diverged and was set back; forecasts go on with the last good weights.',
} as const;

/** Tells checkpoints, roll-backs and divergences; publications are too many for a log. */
export function logModels(outcomes$: Observable<Outcomes>, log: Logger): Subscription {
  const running = new Subscription();
  running.add(
    outcomes$.subscribe(({ notices }) => {
      for (const notice of notices) {
        if (notice.kind !== 'model' || notice.event === 'published') continue;
        const { model, version, loss, event } = notice;
        const tell = event === 'checkpoint' ? log.info : log.warn;
        tell.call(log, { model, version, loss }, sentences[event]);
      }
    }),
  );
  return running;
}

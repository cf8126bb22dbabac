import { map, merge, type Observable, Subject, share, takeUntil } from 'rxjs';
import type { EngineEvent } from '../engine/event.ts';
import type { OutcomeDemand, Outcomes } from '../engine/outcome.ts';
import { InklingError } from '../protocol/errors.ts';
import type { Reading } from '../stream/reading.ts';
import { type AfterTurn, batchByTurn } from './batch-by-turn.ts';
import { holdWhile } from './hold-while.ts';
import type { Clock, Journal, Message } from './ports.ts';

/**
 * The middle of the house:
 *
 *   messages$ ─▶ decode ─┬─▶ batch ─┐
 *                        │          ├─▶ journal ─▶ engine.apply ─▶ outcomes$ ─┬─▶ WebSocket
 *              rejections (counted) │      │                                  └─▶ training
 *   submit(event) ──────────────────┘      └─▶ acknowledge, committed$ ─▶ InfluxDB, MQTT
 *
 * Every event passes here in one order: it is handed to the journal first and folded into the
 * engine within the same turn; whoever waits for it is told when the journal has it. While the
 * journal accepts nothing, nothing is folded: messages wait, unacknowledged and as they arrived, and
 * submitted events are refused. Nothing on the way throws: what cannot be read is a value by the
 * time it gets here.
 */

/** Readings folded at once, at most: some milliseconds, so that nothing else waits longer. */
export const BATCH_READINGS_MAX = 128;

export interface ForecastPipelineOptions {
  readonly messages$: Observable<Message>;
  /** Readings of a message; counts and keeps what it rejects. */
  readonly decode: (message: Message) => readonly Reading[];
  readonly apply: (event: EngineEvent, demand: OutcomeDemand) => Outcomes;
  /** What the sinks take. */
  readonly demand: OutcomeDemand;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly afterTurn: AfterTurn;
  /** Called when the journal could not take an event; its messages stay unacknowledged. */
  readonly onUncommitted: (error: unknown) => void;
}

export interface ForecastPipeline {
  /** Hot: starts with the first subscriber and folds each event once for all of them. */
  readonly outcomes$: Observable<Outcomes>;
  /** The same outcomes, in the same order, each once the journal has its event. */
  readonly committed$: Observable<Outcomes>;
  /**
   * Folds an event that did not come as a message; resolves with its position once the journal has
   * it. Rejects with ERR_JOURNAL_WRITE, and folds nothing, while the journal accepts nothing.
   */
  submit(event: EngineEvent): Promise<number>;
  /** No further event is taken; completes `outcomes$`. A later `submit` is refused with ERR_NOT_READY. */
  close(): void;
}

interface PendingEvent {
  readonly event: EngineEvent;
  readonly committed: (position: number) => void;
  readonly failed: (error: unknown) => void;
}

interface Decoded {
  readonly readings: readonly Reading[];
  readonly acknowledge: () => void;
}

export function forecastPipeline(options: ForecastPipelineOptions): ForecastPipeline {
  const { clock, journal } = options;
  const submitted$ = new Subject<PendingEvent>();
  const closed$ = new Subject<void>();
  let isClosed = false;
  const committed$ = new Subject<Outcomes>();

  const batches$ = options.messages$.pipe(
    map(
      (message): Decoded => ({
        readings: options.decode(message),
        acknowledge: message.acknowledge,
      }),
    ),
    batchByTurn(
      BATCH_READINGS_MAX,
      ({ readings }) => Math.max(1, readings.length),
      options.afterTurn,
    ),
    map((batch) => pendingBatch(batch, clock.now(), options.onUncommitted)),
    holdWhile(() => journal.accepting()),
  );

  const outcomes$ = merge(batches$, submitted$).pipe(
    takeUntil(closed$),
    map(({ event, committed, failed }) => {
      const position = journal.append(event);
      const outcomes = options.apply(event, options.demand);
      position.then((at) => {
        committed(at);
        committed$.next(outcomes);
      }, failed);
      return outcomes;
    }),
    share(),
  );

  return {
    outcomes$,
    committed$: committed$.asObservable(),
    submit: (event) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw new InklingError('ERR_NOT_READY', 'The service is stopping.');
        if (journal.accepting() !== null) throw notAccepting();
        submitted$.next({ event, committed: resolve, failed: reject });
      }),
    close: () => {
      isClosed = true;
      closed$.next();
    },
  };
}

/** One event out of the messages of one turn; all of them are acknowledged in order once it is durable. */
function pendingBatch(
  batch: readonly Decoded[],
  arrivedAt: number,
  failed: (error: unknown) => void,
): PendingEvent {
  return {
    event: { kind: 'readings', arrivedAt, readings: batch.flatMap(({ readings }) => readings) },
    committed: () => {
      for (const { acknowledge } of batch) acknowledge();
    },
    failed,
  };
}

function notAccepting(): InklingError {
  return new InklingError(
    'ERR_JOURNAL_WRITE',
    'Expected a journal that can be written, but the disk is full, failing or too slow.',
  );
}

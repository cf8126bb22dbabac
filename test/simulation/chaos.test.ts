import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { restoreEngine } from '../../src/engine/engine-snapshot.ts';
import type { EngineEvent } from '../../src/engine/event.ts';
import type { Outcomes } from '../../src/engine/outcome.ts';
import { decodeSnapshot } from '../../src/engine/snapshot-format.ts';
import { Random } from '../../src/numerics/random.ts';
import { all, smallEngine, stateBytes } from '../engine/engine-under-test.ts';
import { chaoticEvents } from './chaotic-events.ts';
import { Invariants } from './invariants.ts';

const EVENTS = 500;
const SEEDS = 12;
/** INKLING_SEED=n runs that seed alone. */
const asked = process.env['INKLING_SEED'];
const seeds = asked === undefined ? Array.from({ length: SEEDS }, (_, k) => k + 1) : [+asked];

/** An engine with four places, whose process may end at any time and goes on from what was kept. */
class JournalledEngine {
  engine = newEngine();
  #snapshot = stateBytes(this.engine);
  #since: EngineEvent[] = [];

  apply(event: EngineEvent): Outcomes {
    this.#since.push(event);
    return this.engine.apply(event, all);
  }

  /** Takes a snapshot. */
  keep(): void {
    this.#snapshot = stateBytes(this.engine);
    this.#since = [];
  }

  /** Restores the snapshot and folds what the journal has since. */
  crash(): void {
    this.engine = newEngine();
    restoreEngine(this.engine, decodeSnapshot(this.#snapshot));
    for (const event of this.replayed(this.#since)) this.engine.apply(event);
  }

  protected replayed(since: readonly EngineEvent[]): readonly EngineEvent[] {
    return since;
  }
}

function newEngine(): Engine {
  return smallEngine({}, { limits: { streams: 4, modelBytes: 1e9 } });
}

/** Lives through what a seed does; throws with the seed and the event when an invariant breaks. */
function live(seed: number, subject: JournalledEngine): Engine {
  const random = new Random(seed + 1e6);
  const reference = newEngine();
  const invariants = new Invariants(reference);
  let index = 0;
  try {
    for (const event of chaoticEvents(seed, EVENTS)) {
      const expected = reference.apply(event, all);
      invariants.check(subject.engine, event, subject.apply(event), expected);
      if (random.uniform() < 0.03) subject.keep();
      if (random.uniform() < 0.03) {
        subject.crash();
        invariants.checkBits(subject.engine);
      }
      index += 1;
    }
    invariants.checkTold();
    return reference;
  } catch (error) {
    throw new Error(`INKLING_SEED=${seed}, event ${index}: ${(error as Error).message}`);
  }
}

describe('an engine in chaos', () => {
  for (const seed of seeds) {
    it(`keeps its invariants through seed ${seed}`, () => {
      const { counters } = live(seed, new JournalledEngine());
      // What was meant to happen did happen.
      const { duplicates, late, tooLate, future, imputed, missing, streamLimit } = counters;
      const { gapRestarts, cadenceChanges, removed, retained } = counters;
      const faults = { duplicates, late, tooLate, future, imputed, missing, streamLimit };
      for (const [name, count] of Object.entries({ ...faults, gapRestarts, cadenceChanges })) {
        expect(count, name).toBeGreaterThan(0);
      }
      expect(removed).toBeGreaterThan(0);
      expect(retained).toBeGreaterThan(0);
    });
  }

  it('is found out when it forgets an event in a restore', () => {
    class Forgetful extends JournalledEngine {
      protected override replayed(since: readonly EngineEvent[]): readonly EngineEvent[] {
        // The position stays right; only the state can tell.
        return since.map((event, k) => (k === 0 ? { kind: 'tick', at: 0 } : event));
      }
    }
    for (const seed of seeds) {
      expect(() => live(seed, new Forgetful())).toThrow(/INKLING_SEED=\d+, event \d+: I2/);
    }
  });

  it('is found out when it changes what it told before', () => {
    class Hindsight extends JournalledEngine {
      #last: Outcomes | null = null;

      override apply(event: EngineEvent): Outcomes {
        const told = this.#last?.steps.find(({ forecast }) => forecast !== null)?.forecast;
        if (told) told.median[0]! += 1e-3;
        this.#last = super.apply(event);
        return this.#last;
      }
    }
    expect(() => live(seeds[0]!, new Hindsight())).toThrow(/I5/);
  });

  it('is found out when it folds an event twice', () => {
    class Repeating extends JournalledEngine {
      override apply(event: EngineEvent): Outcomes {
        const outcomes = super.apply(event);
        if (event.kind === 'tick') super.apply(event);
        return outcomes;
      }
    }
    expect(() => live(seeds[0]!, new Repeating())).toThrow(/I1/);
  });
});

import { describe, expect, it } from 'vitest';
import { digestOf, LearningRun } from './learning-run.ts';

const DAY = 1_440;
/** Streams whose next minutes can be known: the freezer's cycle, and what the meter adds up. */
const LEARNABLE = ['demo/freezer/temperature', 'demo/meter/energy'];

/** After a day of learning and one minute, at whose end the live weights passed a checkpoint. */
function trainedRun(): LearningRun {
  const run = new LearningRun(1);
  run.run(DAY + 1);
  expect(run.results.at(-1)).toMatchObject({ kind: 'checkpoint' });
  return run;
}

function medians(run: LearningRun): number[] {
  return LEARNABLE.flatMap((stream) => run.forecastOf(stream).median);
}

describe('learning in step with the engine', () => {
  it('gives the same weights and the same state for the same seed, and others for another', () => {
    const [first, second, other] = [1, 1, 2].map((seed) => {
      const run = new LearningRun(seed);
      run.run(400);
      expect(run.trainer.version).toBeGreaterThan(3);
      return run;
    });
    expect(second!.results).toEqual(first!.results);
    expect(digestOf(second!.liveWeights)).toBe(digestOf(first!.liveWeights));
    expect(second!.stateBytes()).toEqual(first!.stateBytes());
    expect(digestOf(other!.liveWeights)).not.toBe(digestOf(first!.liveWeights));
  });

  it('beats the naive forecasts where there is something to learn, and nowhere loses to them', () => {
    const run = trainedRun();
    const scores = run.run(DAY / 2);
    for (const stream of LEARNABLE) {
      const { issued, persistence } = scores.get(stream)!;
      expect(issued / persistence, stream).toBeLessThan(0.8);
      const { state, skill } = run.forecastOf(stream);
      expect(state).toBe('ok');
      expect(skill).toBeGreaterThan(0.1);
    }
    for (const { issued, persistence } of scores.values()) {
      expect(issued).toBeLessThan(1.1 * persistence);
    }
  });

  it('refuses weights that are not finite and goes on with those it has', () => {
    const run = trainedRun();
    const [digest, before] = [digestOf(run.liveWeights), medians(run)];
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(run.applyWeights((weight, index) => (index === 7 ? broken : weight))).toBe(0);
    }
    expect(run.engine.counters.weightsRefused).toBe(2);
    expect(digestOf(run.liveWeights)).toBe(digest);
    expect(medians(run)).toEqual(before);
  });

  it('withdraws trust from exploded weights, forecasts finite numbers, then as the naive ones', () => {
    const run = trainedRun();
    expect(run.applyWeights((weight) => 1e30 * weight)).toBe(1);
    let minutes = 0;
    while (LEARNABLE.some((stream) => run.forecastOf(stream).state !== 'fallback')) {
      run.run(1, { learning: false });
      expect(medians(run).every(Number.isFinite)).toBe(true);
      expect(++minutes).toBeLessThan(60);
    }
    run.run(8, { learning: false });
    for (const { issued, persistence } of run.run(240, { learning: false }).values()) {
      expect(issued).toBeLessThan(2 * persistence);
    }
    for (const stream of LEARNABLE) expect(run.forecastOf(stream).state).toBe('fallback');
  });

  it('rolls weights that learning has poisoned back to the last good ones, and recovers', () => {
    const run = trainedRun();
    const good = digestOf(run.liveWeights);
    const { version } = run.trainer;
    run.poisoned = true;
    run.run(DAY / 6 - 1);
    expect(digestOf(run.liveWeights)).not.toBe(good);
    run.poisoned = false;
    run.run(1);
    const last = run.results.at(-1)!;
    expect(last.kind).toBe('rollback');
    expect(last.version).toBeGreaterThan(version + 1);
    expect(digestOf(run.liveWeights)).toBe(good);
    // Trust has to be earned again before the forecasts are as good as they were.
    run.run(DAY / 3);
    const scores = run.run(DAY / 6);
    for (const stream of LEARNABLE) {
      const { issued, persistence } = scores.get(stream)!;
      expect(issued / persistence, stream).toBeLessThan(0.8);
    }
  });
});

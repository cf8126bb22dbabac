import fc from 'fast-check';

/**
 * One seed for every property of a run, so that a run can be repeated. INKLING_SEED picks another:
 * a failure names it, and `INKLING_SEED=<seed> npm run check` shows it again.
 */
fc.configureGlobal({ seed: Number(process.env['INKLING_SEED'] ?? 20260105) });

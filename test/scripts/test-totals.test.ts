import { describe, expect, it } from 'vitest';
import {
  addTotals,
  formatTotals,
  noTests,
  succeeded,
  totalsOfRun,
} from '../../scripts/test-totals.ts';

const report = (counts: object, testResults: object[] = []) =>
  JSON.stringify({
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults,
    ...counts,
  });

describe('totalsOfRun', () => {
  it('counts passed, failed, and what was skipped or is to do', () => {
    const counts = { numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 };
    const totals = totalsOfRun(report(counts), 1);
    expect(formatTotals(totals)).toBe('5 passed, 2 failed, 2 skipped');
    expect(succeeded(totals)).toBe(false);
  });

  it('counts a file that could not be loaded as a failure', () => {
    const unloaded = { status: 'failed', assertionResults: [] };
    const totals = totalsOfRun(report({ numPassedTests: 3 }, [unloaded]), 1);
    expect(totals).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('counts a run that failed although every test passed as a failure', () => {
    expect(totalsOfRun(report({ numPassedTests: 3 }), 1).failed).toBe(1);
    expect(totalsOfRun(null, 134).failed).toBe(1);
    expect(totalsOfRun(null, 0)).toEqual(noTests);
  });
});

describe('succeeded', () => {
  it('takes a sum of no tests for a failure', () => {
    expect(succeeded(noTests)).toBe(false);
    expect(succeeded({ passed: 0, failed: 0, skipped: 4 })).toBe(false);
    expect(succeeded(addTotals(noTests, { passed: 1, failed: 0, skipped: 0 }))).toBe(true);
  });
});

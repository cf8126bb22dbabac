/** The counts of test runs, read from Vitest's JSON reports. */
export interface TestTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What Vitest writes, as far as it is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

export const noTests: TestTotals = { passed: 0, failed: 0, skipped: 0 };

/**
 * The totals of one run. A file that could not even be loaded counts as one failure, and so does a
 * run that failed without a failing test (an error outside tests, a crash before the report).
 * `text` is null when there is no report.
 */
export function totalsOfRun(text: string | null, exitCode: number): TestTotals {
  if (text === null) return { ...noTests, failed: exitCode === 0 ? 0 : 1 };
  const report = JSON.parse(text) as Report;
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + unloaded;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function addTotals(one: TestTotals, other: TestTotals): TestTotals {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

export function formatTotals({ passed, failed, skipped }: TestTotals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A run of no tests is no success. */
export function succeeded({ passed, failed }: TestTotals): boolean {
  return failed === 0 && passed > 0;
}

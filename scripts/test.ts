/**
 * `npm test`: every kind of test, one after the other, and their sum on the last line.
 * `npm test -- FILTER…` runs the files whose path contains a filter.
 *
 * INKLING_DATA: a folder of test data; tests without it use small generated series.
 * INKLING_TEST_WITHOUT=chromium,…: leaves out the tests that need these Debian packages.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DebianPackage, ensureDebianPackages } from './debian-packages.ts';
import { addTotals, formatTotals, noTests, succeeded, totalsOfRun } from './test-totals.ts';

interface Project {
  /** Its name in config/vitest.config.ts. */
  readonly name: string;
  readonly needs: readonly DebianPackage[];
}

const projects: readonly Project[] = [
  { name: 'unit', needs: [] },
  { name: 'simulation', needs: [] },
  { name: 'integration', needs: [] },
  { name: 'browser', needs: [{ name: 'chromium', command: 'chromium' }] },
];

const root = join(import.meta.dirname, '..');

function runProject({ name }: Project, filters: readonly string[], folder: string) {
  const report = join(folder, `${name}.json`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const parameters = [vitest, 'run', '--config', 'config/vitest.config.ts', '--project', name];
  const { status, signal } = spawnSync(
    process.execPath,
    [...parameters, ...reporters, ...filters],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (signal !== null) process.stderr.write(`The ${name} tests were ended by ${signal}.\n`);
  return totalsOfRun(readOrNull(report), status ?? 128 + (signal ? constants.signals[signal] : 0));
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function main(filters: readonly string[]): number {
  const without = new Set((process.env['INKLING_TEST_WITHOUT'] ?? '').split(',').filter(Boolean));
  const wanted = projects.filter(({ needs }) => needs.every(({ name }) => !without.has(name)));
  const missing = ensureDebianPackages(wanted.flatMap(({ needs }) => needs));
  if (missing.length > 0) {
    const names = missing.join(', ');
    process.stderr.write(
      `Missing Debian packages: ${names}. Install them with apt-get, or leave their tests out ` +
        `with INKLING_TEST_WITHOUT=${missing.join(',')}.\n`,
    );
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'inkling-test-'));
  let totals = noTests;
  try {
    for (const project of wanted) {
      totals = addTotals(totals, runProject(project, filters, folder));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const left = projects.filter((project) => !wanted.includes(project));
  if (left.length > 0) {
    process.stdout.write(`Not run: ${left.map(({ name }) => name).join(', ')}.\n`);
  }
  process.stdout.write(`${formatTotals(totals)}\n`);
  return succeeded(totals) ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));

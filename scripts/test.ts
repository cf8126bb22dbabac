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

/** Names in config/vitest.config.ts, in the order in which they run. */
const projects = ['unit', 'simulation', 'integration', 'browser'];

/** Tests that need a program which npm does not bring. */
interface Requirement {
  readonly package: DebianPackage;
  /** Globs over test files. */
  readonly tests: readonly string[];
}

const requirements: readonly Requirement[] = [
  { package: { name: 'chromium', command: 'chromium' }, tests: ['test/browser/**'] },
  {
    package: { name: 'influxdb', command: 'influxd' },
    tests: ['test/integration/*influx*.test.ts'],
  },
  {
    package: { name: 'mosquitto', command: 'mosquitto' },
    tests: ['test/integration/*mosquitto*.test.ts'],
  },
  {
    package: { name: 'openssl', command: 'openssl' },
    tests: ['test/config/check-tls-files.test.ts', 'test/integration/*mosquitto*.test.ts'],
  },
];

const root = join(import.meta.dirname, '..');

interface Run {
  readonly filters: readonly string[];
  /** Globs of tests to leave out. */
  readonly without: readonly string[];
  /** For reports; removed afterwards. */
  readonly folder: string;
}

function runProject(name: string, { filters, without, folder }: Run) {
  const report = join(folder, `${name}.json`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const parameters = [vitest, 'run', '--config', 'config/vitest.config.ts', '--project', name];
  const excluded = without.map((glob) => `--exclude=${glob}`);
  const { status, signal } = spawnSync(
    process.execPath,
    [...parameters, ...reporters, ...excluded, ...filters],
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
  const unwanted = new Set((process.env['INKLING_TEST_WITHOUT'] ?? '').split(',').filter(Boolean));
  const left = requirements.filter((requirement) => unwanted.has(requirement.package.name));
  const wanted = requirements.filter((requirement) => !left.includes(requirement));
  const missing = ensureDebianPackages(wanted.map((requirement) => requirement.package));
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
    const run = { filters, without: left.flatMap(({ tests }) => tests), folder };
    for (const name of projects) totals = addTotals(totals, runProject(name, run));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const { package: needed, tests } of left) {
    process.stdout.write(`Not run, since they need ${needed.name}: ${tests.join(', ')}\n`);
  }
  process.stdout.write(`${formatTotals(totals)}\n`);
  return succeeded(totals) ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));

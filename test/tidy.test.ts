import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemsOfErrorPage } from './tidy/error-page.ts';
import { ruleNames, type SourceFile, violationsOf } from './tidy/rules.ts';

const root = join(import.meta.dirname, '..');
const fixtures = join(import.meta.dirname, 'fixtures/tidy');
const folders = ['src', 'test', 'scripts', 'config', 'docs', '.ci'];
/** Fixtures end in .txt, so that no tool takes them for code. */
const fixtureEnding = '.txt';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.(?:tsbuildinfo|png)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/node_modules/'));
}

function project(): SourceFile[] {
  const top = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:tsbuildinfo|png)$/.test(entry.name))
    .map((entry) => join(root, entry.name));
  const below = folders.flatMap((folder) => filesBelow(join(root, folder)));
  return [...top, ...below]
    .filter((path) => !path.startsWith(fixtures))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

/** A fixture's first line names the rule it breaks; `%WORK%` and `%SHARED%` stand for workplaces. */
function fixture(path: string) {
  const [first, ...rest] = readFileSync(path, 'utf8').split('\n');
  const text = rest
    .join('\n')
    .replaceAll('%WORK%', ['', 'work', ''].join('/'))
    .replaceAll('%SHARED%', ['..', 'shared'].join('/'));
  const name = relative(fixtures, path).slice(0, -fixtureEnding.length);
  return { rule: first!, path: name, text };
}

describe('the source tree', () => {
  it('keeps the rules of writing', () => {
    const files = project();
    expect(files.filter(({ path }) => path.startsWith('src/')).length).toBeGreaterThan(50);
    const found = files.flatMap(violationsOf);
    const lines = found.map(({ path, line, message }) => `${path}:${line} ${message}`);
    expect(lines).toEqual([]);
  });

  it('explains every error code, and none that does not exist', () => {
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    expect(problemsOfErrorPage(page)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const cases = filesBelow(fixtures).map(fixture);

  it.each(cases)('catch $path ($rule)', (file) => {
    const found = new Set(violationsOf(file).map(({ rule }) => rule));
    expect([...found]).toEqual([file.rule]);
  });

  it('are all caught by a fixture', () => {
    expect([...new Set(cases.map(({ rule }) => rule))].sort()).toEqual([...ruleNames].sort());
  });

  it('let what is allowed pass', () => {
    const text = [
      "import { map } from 'rxjs';",
      "import type { Engine } from '../engine/engine.ts';",
      "import { decode } from '../decoding/decode.ts';",
      "import { own } from './own.ts';",
    ].join('\n');
    expect(violationsOf({ path: 'src/pipeline/flow.ts', text })).toEqual([]);
  });

  it('notice every way in which the page of errors can be wrong', () => {
    const catalogue = new Map([
      ['ERR_A', 'exit 1'],
      ['ERR_B', '–'],
      ['ERR_C', '–'],
    ]);
    const page = [
      '| `ERR_A` | meaning | remedy | exit 2 |',
      '| `ERR_B` | meaning |  | – |',
      '| `ERR_B` | meaning | remedy | – |',
      '| `ERR_Z` | meaning | remedy | – |',
    ].join('\n');
    expect(problemsOfErrorPage(page, catalogue)).toEqual([
      'ERR_A ends as "exit 1"',
      'ERR_B is not explained',
      'ERR_B is explained twice',
      'ERR_Z is explained, but does not exist',
      'ERR_C has no row',
    ]);
  });
});

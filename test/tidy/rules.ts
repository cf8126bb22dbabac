import { dirname, join } from 'node:path';
import { objectionToImport, objectionToPackage } from './floors.ts';

/**
 * The rules of writing that a machine can check. Each takes a file and answers with the lines that
 * break it; each has a file in test/fixtures/tidy/ that it must catch.
 */

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly rule: RuleName;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

type Finding = Omit<Violation, 'rule' | 'path'>;
type Rule = (file: SourceFile) => Finding[];

const fileLinesMax = 300;
const testLinesMax = 500;
/** Files that asked for more, because their one idea is that long. */
const longerFiles: Readonly<Record<string, number>> = {
  'src/adapters/websocket/session.ts': 330,
};

const rules = {
  floors: checkImports,
  clock: ban(
    isOutsideClocks,
    /\bDate\.now\(|\bperformance\.now\(|\bnew Date\(\)|\bprocess\.hrtime\b/,
    'take a Clock as a parameter',
  ),
  random: ban(isSource, /\bMath\.random\(/, 'take a seeded random source as a parameter'),
  console: ban(isSource, /\bconsole\./, 'take a Logger as a parameter'),
  'focused-test': ban(
    isTest,
    /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf|fails)\b/,
    'every test runs, or it is deleted',
  ),
  'todo-comment': ban(
    isCode,
    /(?:\/\/|\*).*\b(?:TOD[O]|FIXM[E]|XX[X])\b/,
    'do it, or write an issue',
  ),
  'default-export': ban(isSource, /^export default\b/, 'export it by its name'),
  barrel: checkBarrel,
  'vague-name': checkName,
  'file-length': checkLength,
  workplace: checkWorkplace,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
export const ruleNames = Object.keys(rules) as RuleName[];

/** All that is wrong with one file. */
export function violationsOf(file: SourceFile): Violation[] {
  return ruleNames.flatMap((rule) =>
    rules[rule](file).map((finding) => ({ rule, path: file.path, ...finding })),
  );
}

function isSource({ path }: SourceFile): boolean {
  return path.startsWith('src/') && path.endsWith('.ts');
}

function isTest({ path }: SourceFile): boolean {
  return path.endsWith('.test.ts');
}

function isCode({ path }: SourceFile): boolean {
  return path.endsWith('.ts');
}

/** Real clocks are picked in main.ts and the page's main.ts, and kept in files named after them. */
function isOutsideClocks(file: SourceFile): boolean {
  const { path } = file;
  if (path === 'src/main.ts' || path === 'src/dashboard/main.ts') return false;
  return isSource(file) && !/^src\/adapters\/[^/]+\/[a-z-]*clock\.ts$/.test(path);
}

function ban(applies: (file: SourceFile) => boolean, pattern: RegExp, instead: string): Rule {
  return (file) => (applies(file) ? matches(file, pattern, instead) : []);
}

function matches({ text }: SourceFile, pattern: RegExp, instead: string): Finding[] {
  return text.split('\n').flatMap((content, index) => {
    const found = pattern.exec(content)?.[0];
    return found ? [{ line: index + 1, message: `"${found.trim()}": ${instead}` }] : [];
  });
}

/** Static imports and exports, imports for their effect, dynamic imports and types. */
const importPattern =
  /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function checkImports(file: SourceFile): Finding[] {
  if (!isSource(file)) return [];
  const findings: Finding[] = [];
  for (const match of file.text.matchAll(importPattern)) {
    const name = match[2] ?? match[3] ?? match[4]!;
    const objection = name.startsWith('.')
      ? objectionToImport(file.path, join(dirname(file.path), name), match[1] !== undefined)
      : objectionToPackage(file.path, name);
    const line = file.text.slice(0, match.index).split('\n').length;
    if (objection) findings.push({ line, message: `imports "${name}", but ${objection}` });
  }
  return findings;
}

function checkBarrel({ path }: SourceFile): Finding[] {
  if (!/^src\/(?:.*\/)?index\.ts$/.test(path)) return [];
  return [{ line: 1, message: 'no barrels: import from the file that has it' }];
}

function checkName({ path }: SourceFile): Finding[] {
  const vague = /(?:^|\/)(utils?|helpers?|common|shared|base|manager|misc)(?:\/|\.ts$)/.exec(path);
  if (!isCode({ path, text: '' }) || !vague) return [];
  return [{ line: 1, message: `"${vague[1]}" names nothing: name it after what it is` }];
}

function checkLength(file: SourceFile): Finding[] {
  if (!isCode(file)) return [];
  const usual = file.path.startsWith('test/') ? testLinesMax : fileLinesMax;
  const linesMax = longerFiles[file.path] ?? usual;
  const lines = file.text.trimEnd().split('\n').length;
  if (lines <= linesMax) return [];
  return [{ line: lines, message: `${lines} lines, at most ${linesMax}: split it by ideas` }];
}

/** Spelled in pieces, so that this file does not break its own rule. */
const workplaces = [['', 'work', ''].join('/'), ['..', 'shared'].join('/')];

function checkWorkplace(file: SourceFile): Finding[] {
  if (file.path === '.ci/run') return [];
  return workplaces.flatMap((place) => {
    const pattern = new RegExp(place.replaceAll('.', '\\.'));
    return matches(file, pattern, 'name no path outside the project; use INKLING_DATA for data');
  });
}

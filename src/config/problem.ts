import { nearestWord } from './nearest-word.ts';

/** Keys and list positions from the top of the file to a value. */
export type ValuePath = readonly (string | number)[];

/** Something that is wrong with a configuration file, and where. */
export interface Problem {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** As in `streams[0].horizon`; empty: the file as a whole. */
  path: string;
  /** Follows the word "expected". */
  expected: string;
  /** Follows the word "got"; strings are quoted, secrets are not shown. */
  got: string;
  /** Follows a comma, as in `did you mean "horizon"?`; null: no guess. */
  hint: string | null;
}

/** A problem before its place in the file is known. */
export interface Finding {
  path: ValuePath;
  /** Whether the key itself is wrong, or what it holds. */
  at: 'key' | 'value';
  expected: string;
  got: string;
  hint: string | null;
}

const shownCharactersMax = 60;
const secretKeys = new Set(['password', 'secret', 'token']);

/** One line without a line break and without a full stop. */
export function formatProblem(problem: Problem): string {
  const { file, line, path, expected, got, hint } = problem;
  const place = path === '' ? `${file}:${line}` : `${file}:${line}: ${path}`;
  const sentence = `${place}: expected ${expected}, got ${got}`;
  return hint === null ? sentence : `${sentence}, ${hint}`;
}

export function formatPath(path: ValuePath): string {
  let formatted = '';
  for (const segment of path) {
    if (typeof segment === 'number') formatted += `[${segment}]`;
    else if (!/^[\w-]+$/.test(segment)) formatted += `[${quote(segment)}]`;
    else formatted += formatted === '' ? segment : `.${segment}`;
  }
  return formatted;
}

/** What a value looks like in a problem: short, on one line, without passwords. */
export function describeValue(value: unknown, path: ValuePath): string {
  if (value === undefined || value === null) return 'nothing';
  const key = path.findLast((segment) => typeof segment === 'string');
  if (secretKeys.has(String(key))) return 'a value that is not shown';
  if (typeof value === 'string') return quote(value.replace(/\/\/\S*@/g, '//…@'));
  if (typeof value !== 'object') return String(value);
  if (!Array.isArray(value)) return describeMapping(value);
  const simple = value.every((entry) => typeof entry !== 'object');
  if (!simple || value.length > 9) return `a list of ${value.length}`;
  return `[${value.map((entry) => describeValue(entry, path)).join(', ')}]`;
}

function describeMapping(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty mapping';
  const short = keys.length <= 5 && keys.every((key) => /^\w{1,20}$/.test(key));
  return short ? `{ ${keys.join(', ')} }` : 'a mapping';
}

/** Quoted on one line, shortened when long. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * shownCharactersMax + 2)];
  const short = characters.length > shownCharactersMax;
  return JSON.stringify(short ? `${characters.slice(0, shownCharactersMax).join('')}…` : text);
}

/** `did you mean "horizon"?` when a candidate is near, else null. */
export function suggest(word: unknown, candidates: readonly string[]): string | null {
  if (typeof word !== 'string') return null;
  const nearest = nearestWord(word, candidates);
  return nearest === null ? null : `did you mean ${quote(nearest)}?`;
}

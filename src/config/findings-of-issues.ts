import type { z } from 'zod';
import { describeValue, type Finding, quote, suggest, type ValuePath } from './problem.ts';
import { configurationSchema } from './schema.ts';
import { keysAt } from './schema-at.ts';
import { listed } from './schema-values.ts';
import { unresolved } from './yaml-text.ts';

type Issue = z.core.$ZodIssue;

/** What zod found, as findings; `root` is the value that was parsed. */
export function findingsOfIssues(issues: readonly Issue[], root: unknown): Finding[] {
  return issues.flatMap((issue) => findingsOfIssue(issue, root, []));
}

function findingsOfIssue(issue: Issue, root: unknown, base: ValuePath): Finding[] {
  const path = [...base, ...issue.path].map((segment) =>
    typeof segment === 'symbol' ? String(segment) : segment,
  );
  const value = valueAt(root, path);
  if (value === unresolved) return [];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(path, key));
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    const expected = issue.issues[0]?.message ?? issue.message;
    return [{ path, at: 'key', expected, got: quote(key), hint: null }];
  }
  if (issue.code === 'invalid_union') {
    // One of several forms is meant: where the value has the shape of one, its own faults say more.
    const meant = issue.errors.find((errors) => errors.length > 0 && errors.every(isInside));
    if (meant !== undefined && typeof value === 'object') {
      return meant.flatMap((inner) => findingsOfIssue(inner, root, path));
    }
  }
  const got = describeValue(value, path);
  return [{ path, at: 'value', expected: issue.message, got, hint: hintFor(issue, value) }];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0
    ? !issue.message.startsWith('Invalid')
    : issue.code === 'unrecognized_keys';
}

function unknownKey(path: ValuePath, key: string): Finding {
  const known = keysAt(configurationSchema, path);
  return {
    path: [...path, key],
    at: 'key',
    expected: `a known key (${listed(known)})`,
    got: quote(key),
    hint: suggest(key, known),
  };
}

function hintFor(issue: Issue, value: unknown): string | null {
  if (typeof value === 'number' && /\b(?:duration|rate) /.test(issue.message)) {
    return 'give it a unit';
  }
  if (issue.code === 'invalid_type' && issue.expected === 'string') {
    const scalar = typeof value === 'number' || typeof value === 'boolean';
    return scalar ? 'put it in quotes' : null;
  }
  if (
    issue.code === 'invalid_type' &&
    typeof value === 'string' &&
    isQuoted(value, issue.expected)
  ) {
    return 'leave out the quotes';
  }
  return suggest(value, wordsOf(issue));
}

/** A number, true or false that is text only because of its quotes. */
function isQuoted(value: string, expected: string): boolean {
  if (expected === 'boolean') return value === 'true' || value === 'false';
  return expected === 'number' && /^-?\d+(?:\.\d+)?$/.test(value);
}

/** The words that would have been right. */
function wordsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(wordsOf);
  return [];
}

function valueAt(root: unknown, path: ValuePath): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null)
      return value === unresolved ? value : undefined;
    value = Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : undefined;
  }
  return value;
}

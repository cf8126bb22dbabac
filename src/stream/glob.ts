import picomatch from 'picomatch';

/**
 * Globs over stream ids: `*` stays within one level, `**` crosses slashes.
 * Ids are compared as they are; `**` matches every id, also empty levels and names with a leading dot.
 */
export type GlobMatcher = (id: string) => boolean;

/** May stand in an id, and would mean something else to the matcher: a glob means them as they are. */
const LITERAL = /[()|"\\]/g;

export function compileGlob(pattern: string): GlobMatcher {
  if (pattern === '**') return () => true;
  const matches = picomatch(pattern.replace(LITERAL, '\\$&'), {
    dot: true,
    nonegate: true,
    windows: false,
  });
  return (id) => matches(id);
}

/** True when any of the patterns matches. */
export function compileGlobs(patterns: readonly string[]): GlobMatcher {
  const matchers = patterns.map(compileGlob);
  if (matchers.length === 1) return matchers[0]!;
  return (id) => matchers.some((matches) => matches(id));
}

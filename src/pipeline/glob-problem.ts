/**
 * What is wrong with a glob that somebody outside sends; null when it may be compiled.
 * Globs become regular expressions, and one with many stars can take longer than the universe on
 * one id: those and pattern groups are refused. Globs of the configuration need no such check.
 */
export function globProblem(glob: string): string | null {
  if (/[()]/.test(glob)) return `Expected a glob without pattern groups, got "${glob}".`;
  let globstars = 0;
  for (const segment of glob.split('/')) {
    if (segment === '**') {
      globstars++;
      continue;
    }
    const stars = segment.match(/\*+/g)?.length ?? 0;
    if (stars > STARS_MAX) {
      return `Expected at most ${STARS_MAX} stars between two slashes, got "${glob}".`;
    }
  }
  if (globstars <= GLOBSTARS_MAX) return null;
  return `Expected at most ${GLOBSTARS_MAX} globs "**", got "${glob}".`;
}

const STARS_MAX = 3;
const GLOBSTARS_MAX = 3;

/**
 * What is wrong with a glob that somebody outside sends; null when it may be compiled.
 * Globs become regular expressions, and one with many stars or alternatives can take longer than
 * anyone waits on a single id. Globs of the configuration need no such check.
 */
export function globProblem(glob: string): string | null {
  const segments = glob.split('/');
  const stars = Math.max(...segments.map((segment) => segment.match(/\*+/g)?.length ?? 0));
  if (stars > STARS_MAX) {
    return `Expected at most ${STARS_MAX} stars between two slashes, got "${glob}".`;
  }
  if (segments.filter((segment) => segment.includes('**')).length > GLOBSTARS_MAX) {
    return `Expected at most ${GLOBSTARS_MAX} globs "**", got "${glob}".`;
  }
  if (glob.split('{').length - 1 > GROUPS_MAX) {
    return `Expected at most ${GROUPS_MAX} groups of alternatives, got "${glob}".`;
  }
  return null;
}

const STARS_MAX = 2;
const GLOBSTARS_MAX = 3;
const GROUPS_MAX = 2;

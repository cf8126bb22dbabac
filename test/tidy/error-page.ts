import { errorCatalogue } from '../../src/protocol/errors.ts';

/**
 * Compares docs/errors.md with the catalogue: one row a code, `| \`ERR_X\` | meaning | what to do |
 * ends as |`. Answers with what is missing, unknown, doubled, empty, or ends otherwise.
 */
export function problemsOfErrorPage(page: string, catalogue = catalogueEndings()): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [, code, meaning, remedy, ending] of page.matchAll(rowPattern)) {
    if (seen.has(code!)) problems.push(`${code} is explained twice`);
    seen.add(code!);
    const expected = catalogue.get(code!);
    if (expected === undefined) problems.push(`${code} is explained, but does not exist`);
    else if (ending!.trim() !== expected) problems.push(`${code} ends as "${expected}"`);
    if (meaning!.trim() === '' || remedy!.trim() === '') problems.push(`${code} is not explained`);
  }
  for (const code of catalogue.keys()) {
    if (!seen.has(code)) problems.push(`${code} has no row`);
  }
  return problems;
}

const rowPattern = /^\| `(ERR_\w+)` \|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|$/gm;

/** How each code ends what it ends, as in `exit 69` or `status 429, close 4429`; or a dash. */
function catalogueEndings(): Map<string, string> {
  const entries = Object.entries(errorCatalogue).map(([code, ending]) => {
    const words = Object.entries(ending).map(([kind, number]) => `${kind} ${number}`);
    return [code, words.join(', ') || '–'] as const;
  });
  return new Map(entries);
}

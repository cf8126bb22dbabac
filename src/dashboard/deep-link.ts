/**
 * The part of the address after `#` that names the chosen stream: `#stream=<id>`, percent-encoded.
 */

/** Null when the hash names no stream. */
export function parseDeepLink(hash: string): string | null {
  const match = /^#stream=(.+)$/.exec(hash);
  if (match === null) return null;
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return null;
  }
}

export function formatDeepLink(stream: string): string {
  // Slashes are legal in a fragment, and an address with them can still be read.
  return `#stream=${encodeURIComponent(stream).replaceAll('%2F', '/')}`;
}

/**
 * A glob that matches this id and hardly another: ids hold no `*`, `?` or brackets, and what else
 * globs know becomes `?`, since servers refuse pattern groups. Who subscribes with it still looks
 * at each item's stream.
 */
export function globOfId(stream: string): string {
  return stream.replace(/[()|!\\"$^]/g, '?');
}

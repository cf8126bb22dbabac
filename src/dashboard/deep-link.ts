/** The part of the address after `#` that names the chosen stream: `#stream=<id>`, percent-encoded. */

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

/** A glob that matches this one id: ids hold no `*`, `?` or brackets, but may hold what else globs know. */
export function literalGlob(stream: string): string {
  return stream.replace(/[()|!\\"$^]/g, '\\$&');
}
